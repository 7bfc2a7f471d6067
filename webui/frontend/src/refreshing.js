import htmx from "htmx.org";

// Keeps a list as the server has it, every 20 seconds, without moving anything under the reader's hands.
const EVERY = 20_000;

export function startRefreshing() {
  const list = document.querySelector("[data-refresh]");
  if (!list) return;
  let last = null;
  let tag = list.dataset.tag ?? "";
  let timer = null;

  async function refresh() {
    const address = new URL(list.dataset.refresh, location.href);
    // as many rows as are shown, so that pages loaded by "more" stay
    address.searchParams.set("limit", String(Math.max(25, list.querySelectorAll("tbody tr").length)));
    const response = await fetch(address, {
      headers: { "HX-Request": "true", "X-Background": "1", ...(tag && { "If-None-Match": tag }) }, cache: "no-store",
    });
    if (response.status === 401) return location.reload();
    if (!response.ok) return undefined;
    const text = await response.text();
    if (text === last || isBusy()) return undefined;
    last = text;
    tag = tag && (response.headers.get("ETag") ?? "");
    const focused = document.activeElement?.id;
    const top = scrollY;
    const picked = [...list.querySelectorAll("input[name=item]:checked")].map((box) => box.id);
    list.innerHTML = text;
    htmx.process(list);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    for (const box of picked.map((name) => document.getElementById(name))) if (box) box.checked = true;
    document.dispatchEvent(new CustomEvent("list-refreshed"));
    scrollTo({ top });
    const counts = list.querySelector("[data-counts]");
    if (counts) for (const [name, value] of Object.entries(JSON.parse(counts.dataset.counts))) setCount(name, value);
    return undefined;
  }

  function isBusy() {
    const selection = getSelection();
    return document.querySelector("dialog[open], details.menu[open], details.group[open]") !== null || (selection && !selection.isCollapsed && list.contains(selection.anchorNode));
  }

  function setCount(name, value) {
    for (const element of document.querySelectorAll(`[data-count="${name}"]`)) {
      element.textContent = value;
      element.hidden = value === "0";
    }
  }

  function schedule() {
    clearInterval(timer);
    timer = document.hidden ? null : setInterval(() => refresh().catch(() => {}), EVERY);
  }

  document.addEventListener("visibilitychange", () => {
    schedule();
    if (!document.hidden) refresh().catch(() => {});
  });
  document.addEventListener("refresh-now", () => refresh().catch(() => {}));
  schedule();
}
