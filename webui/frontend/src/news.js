// Keeps the numbers of the frame as they are: told by a stream while the page is looked at, else asked for every now and then.
const EVERY = 20_000;

export function startNews() {
  const bell = document.querySelector("[data-news]");
  if (!bell) return;
  let stream = null;
  let timer = null;
  let shown = null;
  let asking = null;

  async function ask() {
    const response = await fetch(bell.dataset.news, { headers: { "X-Background": "1" } });
    if (response.status === 401) return location.reload();
    if (!response.ok) return undefined;
    const { counts } = await response.json();
    for (const [name, value] of Object.entries(counts)) setCount(name, value);
    const now = JSON.stringify(counts);
    if (shown !== null && shown !== now) document.dispatchEvent(new CustomEvent("refresh-now"));
    shown = now;
    return undefined;
  }

  function soon() {
    document.dispatchEvent(new CustomEvent("news"));
    // several at once are one; and not every page of a role asks in the same moment
    clearTimeout(asking);
    asking = setTimeout(() => ask().catch(() => {}), Math.random() * 300);
  }

  function listen() {
    // one a page that is looked at: browsers keep few connections to one server
    stream = new EventSource(bell.dataset.stream);
    stream.addEventListener("news", soon);
    stream.onerror = () => {
      // refused for good, not just cut off: ask instead
      if (stream?.readyState === EventSource.CLOSED) {
        stream = null;
        timer ??= setInterval(() => ask().catch(() => {}), EVERY);
      }
    };
  }

  function rest() {
    stream?.close();
    stream = null;
    clearInterval(timer);
    timer = null;
  }

  function attend() {
    rest();
    if (document.hidden) return;
    ask().catch(() => {});
    listen();
  }

  document.addEventListener("visibilitychange", attend);
  addEventListener("pagehide", rest);
  addEventListener("pageshow", (event) => event.persisted && attend());
  attend();
}

function setCount(name, value) {
  for (const element of document.querySelectorAll(`[data-count="${name}"]`)) {
    element.textContent = value;
    element.hidden = value === "0";
  }
}
