import htmx from "htmx.org";

// Lists by keyboard (j, k, x, Enter), what is done to many at once with its progress, and which columns are shown.
const AT_ONCE = 20;
// rows that come by themselves as one scrolls; what is further down is asked for
const BY_THEMSELVES = 100;
// milliseconds until a thumb that rests on a card chooses it
const HELD = 500;

export function startLists() {
  startKeys();
  startPicking();
  startRun();
  startMore();
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.confirm && !confirm(form.dataset.confirm)) event.preventDefault();
    if (form.classList.contains("choose-columns")) form.elements.cols.value = [...form.querySelectorAll("[data-column]:checked")].map((box) => box.value).join(",");
  }, true);
}

function startKeys() {
  const list = document.querySelector("[data-list]");
  if (!list) return;
  let here = null;
  const rows = () => [...list.querySelectorAll("tbody tr")].filter((row) => row.offsetParent !== null);

  function go(step) {
    const all = rows();
    const now = all.findIndex((row) => row.querySelector("a.lead")?.id === here);
    const next = all[Math.min(all.length - 1, Math.max(0, now < 0 ? 0 : now + step))];
    const link = next?.querySelector("a.lead");
    if (!link) return;
    here = link.id;
    link.focus();
  }
  list.addEventListener("focusin", (event) => {
    here = event.target.closest("tr")?.querySelector("a.lead")?.id ?? here;
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input:not([type=checkbox]), select, textarea, dialog, details.menu[open]")) return;
    if (event.key === "j" || event.key === "k") {
      event.preventDefault();
      go(event.key === "j" ? 1 : -1);
    }
    const box = event.key === "x" && here && document.getElementById(here)?.closest("tr")?.querySelector("input[name=item]");
    if (box) {
      event.preventDefault();
      box.click();
    }
  });
}

// the next rows go below those that are there, so that nothing moves and what is chosen stays chosen
function startMore() {
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const rows = entry.target.closest(".more").previousElementSibling?.querySelectorAll("tbody tr").length ?? BY_THEMSELVES;
      if (entry.isIntersecting && rows < BY_THEMSELVES) append(entry.target);
    }
  }, { rootMargin: "300px" });
  const watch = () => {
    seen.disconnect();
    for (const link of document.querySelectorAll("[data-more]")) seen.observe(link);
  };

  async function append(link) {
    if (link.ariaBusy === "true") return;
    link.ariaBusy = "true";
    const response = await fetch(link.href, { headers: { "HX-Request": "true" } }).catch(() => null);
    link.ariaBusy = "false";
    // the list may have been read anew meanwhile
    if (!link.isConnected) return;
    if (!response?.ok) return void seen.unobserve(link);
    const page = document.createElement("div");
    page.innerHTML = await response.text();
    const rows = [...page.querySelectorAll("tbody tr")].filter((row) => !row.id || !document.getElementById(row.id));
    const more = link.closest(".more");
    more.previousElementSibling.querySelector("tbody").append(...rows);
    for (const row of rows) htmx.process(row);
    const next = page.querySelector(".more");
    if (next) more.replaceWith(next);
    else more.remove();
    document.dispatchEvent(new CustomEvent("list-refreshed"));
  }
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    append(link);
  });
  document.addEventListener("list-refreshed", watch);
  document.addEventListener("htmx:afterSettle", watch);
  watch();
}

function startPicking() {
  const form = document.querySelector("[data-bulk]");
  if (!form) return;
  const words = form.querySelector("[data-picked]");
  const nothing = words.textContent;
  const boxes = () => [...document.querySelectorAll("input[name=item]")];

  function count() {
    const picked = boxes().filter((box) => box.checked).length;
    words.textContent = picked ? words.dataset.picked.replace("{n}", picked) : nothing;
    form.classList.toggle("is-on", picked > 0);
    const all = document.querySelector("[data-pick-all]");
    if (all) all.checked = picked > 0 && picked === boxes().length;
  }
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-pick-all]")) {
      const scope = event.target.closest("table");
      for (const box of scope.querySelectorAll("input[name=item]")) box.checked = event.target.checked;
    }
    if (event.target.matches("[data-pick-all], input[name=item]")) count();
  });
  document.addEventListener("list-refreshed", count);
  form.querySelector("[data-unpick]").addEventListener("click", () => {
    for (const box of boxes()) box.checked = false;
    count();
    pickByThumb(false);
  });
  document.querySelector("[data-pick-mode]")?.addEventListener("click", () => pickByThumb(!document.body.classList.contains("is-picking")));
  startHolding(count);
  count();
}

// on a phone boxes take room, so they appear once somebody wants to choose; then a tap anywhere on a card chooses it
function pickByThumb(isOn) {
  document.body.classList.toggle("is-picking", isOn);
  document.querySelector("[data-pick-mode]")?.setAttribute("aria-pressed", String(isOn));
}

function stopper() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

function startHolding(count) {
  const phone = matchMedia("(max-width: 760px)");
  let timer = null;
  const boxOf = (event) => event.target.closest?.("[data-list] tbody tr")?.querySelector("input[name=item]");
  const stop = () => clearTimeout(timer);

  document.addEventListener("pointerdown", (event) => {
    const box = phone.matches && event.pointerType === "touch" ? boxOf(event) : null;
    stop();
    if (!box) return;
    timer = setTimeout(() => {
      pickByThumb(true);
      box.checked = true;
      count();
      // lifting the thumb is no tap on the link below it; some phones send one, some do not
      const { signal, abort } = stopper();
      addEventListener("click", (click) => { click.preventDefault(); click.stopPropagation(); }, { capture: true, signal });
      for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, () => setTimeout(abort, 60), { once: true });
    }, HELD);
  });
  for (const kind of ["pointerup", "pointercancel", "pointermove"]) document.addEventListener(kind, stop);
  document.addEventListener("contextmenu", (event) => { if (phone.matches && boxOf(event)) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const box = phone.matches && document.body.classList.contains("is-picking") ? boxOf(event) : null;
    if (!box || event.target === box) return;
    event.preventDefault();
    box.click();
  });
}

// some at a time, so that hundreds show how far they are and a broken connection loses nothing that was done
function startRun() {
  const form = document.querySelector("[data-bulk-run]");
  if (!form) return;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    const items = [...form.querySelectorAll("input[name=item]")].map((field) => field.value);
    const progress = form.querySelector("progress");
    const button = form.querySelector("button");
    button.disabled = true;
    progress.hidden = false;
    let refused = 0;
    for (let start = 0; start < items.length; start += AT_ONCE) {
      const body = new URLSearchParams([...new FormData(form)].filter(([name]) => name !== "item"));
      for (const item of items.slice(start, start + AT_ONCE)) body.append("item", item);
      const response = await fetch(form.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
      if (!response?.ok) {
        document.getElementById("notices").insertAdjacentHTML("afterbegin", response ? await response.text() : "");
        // what is left can be sent again
        for (const field of [...form.querySelectorAll("input[name=item]")].slice(0, start)) field.remove();
        button.disabled = false;
        return;
      }
      const told = document.createElement("tbody");
      told.innerHTML = await response.text();
      for (const row of [...told.children]) {
        if (row.dataset.refused) refused += 1;
        document.getElementById(row.id)?.replaceWith(row);
      }
      progress.value = Math.min(items.length, start + AT_ONCE);
    }
    const summary = document.querySelector("[data-summary]");
    summary.textContent = summary.dataset.summary.replace("{done}", items.length - refused).replace("{refused}", refused);
    button.remove();
    form.querySelector("a.btn").classList.add("btn-primary");
    form.querySelector("a.btn").textContent = document.querySelector(".crumbs a").textContent;
    form.querySelector("a.btn").focus();
  }, true);
}
