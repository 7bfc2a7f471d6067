// The page's side of the phone: installs the worker, tells it whose phone it is and what to keep, shows what waits.
import { dropDrafts } from "./drafts.js";
import { entries, isOpen, needsPerson } from "./phone/store.js";
import { startQueuePage } from "./phone/queue.js";

const AGAIN = 30_000;
// bytes that a later page of a visit may spend on what is nobody's yet
const ONE_PAGE = 1024;
const WHOLE = 48 * 1024;
const MOST_OTHERS = 20;

export function startPhone() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  // papers are no pages of the application
  const manifest = document.querySelector("link[rel=manifest]");
  if (!manifest) return;
  const script = new URL("sw.js", manifest.href);
  navigator.serviceWorker.register(script).catch(() => {});
  const owner = document.body.dataset.phone;
  if (document.querySelector("form[data-signed-out]")) clear();
  if (!owner) return;
  navigator.serviceWorker.ready.then(async () => {
    await ask({ type: "mine", owner });
    await ask({ type: "keep", ...worthKeeping() });
    await ask({ type: "send" });
    setTimeout(keepMore, AGAIN);
  }).catch(() => {});
  navigator.serviceWorker.addEventListener("message", (event) => event.data?.type === "queue" && showStrip());
  window.addEventListener("online", () => {
    showStrip();
    ask({ type: "send" });
  });
  window.addEventListener("offline", () => showStrip());
  setInterval(() => navigator.onLine && !document.hidden && ask({ type: "send" }), AGAIN);
  showStrip();
  startSigningOut();
  startQueuePage(ask);
}

/** Nobody is signed in here: nothing stays that could be read. What waits to be sent stays, locked. */
function clear() {
  dropDrafts();
  navigator.serviceWorker.ready.then(() => ask({ type: "forget" })).catch(() => {});
}

/** Further forms of steps ahead, while nothing else happens and the line costs nothing. */
function keepMore() {
  const line = navigator.connection;
  if (document.hidden || !navigator.onLine || line?.saveData || line?.type === "cellular") return;
  ask({ type: "keep", ...worthKeeping(WHOLE) });
}

/** A message to the worker, and its "done". */
async function ask(message) {
  const { active } = await navigator.serviceWorker.ready;
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = resolve;
    active.postMessage(message, [channel.port2]);
  });
}

/** The first page of a visit brings a stock; those after it bring what is new, and a little of what a colleague might take first. */
function worthKeeping(most) {
  const here = location.search ? [] : [location.pathname];
  // who pays by the megabyte keeps what was opened, and no more
  if (navigator.connection?.saveData) return { own: here };
  const items = (part) => [...document.querySelectorAll(`main .list tr${part} a.lead`)].map((link) => new URL(link.href).pathname).filter((path) => /\/items\/\d+$/.test(path));
  const seen = JSON.parse(sessionStorage.getItem("stocked") ?? "null");
  const others = items(":not([data-mine])").slice(0, MOST_OTHERS);
  const fresh = seen ? others.filter((path) => !seen.includes(path)) : [];
  if (others.length || !seen) sessionStorage.setItem("stocked", JSON.stringify([...(seen ?? []), ...others].slice(-5 * MOST_OTHERS)));
  return { own: [...here, ...items("[data-mine]"), ...fresh], others: others.filter((path) => !fresh.includes(path)), most: most ?? (seen ? ONE_PAGE : undefined) };
}

async function mine() {
  const owner = document.body.dataset.phone;
  return (await entries()).filter((each) => each.owner === owner && isOpen(each));
}

async function showStrip() {
  const strip = document.querySelector("[data-queue-strip]");
  if (!strip) return;
  const waiting = await mine().catch(() => []);
  const trouble = waiting.filter(needsPerson).length;
  const words = [];
  if (!navigator.onLine) words.push(strip.dataset.offline);
  if (trouble) words.push(strip.dataset.trouble.replace("{n}", trouble));
  if (waiting.length > trouble) words.push(strip.dataset.waiting.replace("{n}", waiting.length - trouble));
  strip.querySelector("span").textContent = words.join(" · ");
  strip.classList.toggle("is-bad", trouble > 0);
  strip.hidden = !words.length;
}

function startSigningOut() {
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.dataset.signOut || form.dataset.asked) return;
    event.preventDefault();
    const waiting = await mine().catch(() => []);
    if (waiting.length && !(await confirmed(form, waiting.length))) return;
    form.dataset.asked = "1";
    // without the key and the pages the phone can be handed on
    dropDrafts();
    await ask({ type: "forget" }).catch(() => {});
    form.requestSubmit();
  }, true);
}

function confirmed(form, count) {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "queue-ask";
    const text = document.createElement("p");
    text.textContent = form.dataset.signOut.replace("{n}", count);
    const acts = document.createElement("div");
    acts.className = "actions";
    for (const [word, answer, look] of [[form.dataset.stay, false, "btn"], [form.dataset.leave, true, "btn btn-danger"]]) {
      const button = document.createElement("button");
      button.className = look;
      button.type = "button";
      button.textContent = word;
      button.addEventListener("click", () => {
        dialog.close();
        dialog.remove();
        resolve(answer);
      });
      acts.append(button);
    }
    const sheet = document.createElement("div");
    sheet.className = "sheet";
    sheet.append(text, acts);
    dialog.append(sheet);
    dialog.addEventListener("cancel", () => resolve(false));
    document.body.append(dialog);
    dialog.showModal();
  });
}

