import htmx from "htmx.org";
import { startGiving } from "./board-giving.js";

// The dispatcher's board: refreshes by itself, keeps selection and scroll, is worked by keys. An unchanged board is answered 304.
const EVERY = 10_000;
const TICK = 15_000;
// several events of one step are one refresh
const AFTER_NEWS = 250;

export function startBoard() {
  const root = document.getElementById("board");
  if (!root) return;
  const words = JSON.parse(root.dataset.words);
  let tag = root.dataset.tag;
  let chosen = null;
  let timer = null;
  let told = null;
  const giving = startGiving(root, () => refresh());

  async function refresh() {
    const address = new URL(root.dataset.board, location.href);
    // as many cards as are shown, so that those loaded by "more" stay
    const most = Math.max(...[...root.querySelectorAll("[data-column]")].map((column) => column.querySelectorAll("[data-card]").length));
    address.searchParams.set("limit", String(Math.min(200, Math.ceil(most / 20) * 20)));
    const response = await fetch(address, { headers: { "HX-Request": "true", "X-Background": "1", "If-None-Match": tag }, cache: "no-store" });
    if (response.status === 401) return location.reload();
    if (response.status !== 200 || isBusy()) return undefined;
    show(await response.text());
    tag = response.headers.get("ETag") ?? "";
    return undefined;
  }

  function show(text) {
    const scrolled = new Map([...root.querySelectorAll("[data-column] .board-cards, .board-columns, .workers")].map((part) => [keyOf(part), [part.scrollTop, part.scrollLeft]]));
    const focused = document.activeElement?.closest("#board [id]")?.id;
    const top = scrollY;
    root.innerHTML = text;
    htmx.process(root);
    for (const part of root.querySelectorAll("[data-column] .board-cards, .board-columns, .workers")) {
      const place = scrolled.get(keyOf(part));
      if (place) [part.scrollTop, part.scrollLeft] = place;
    }
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    select(document.getElementById(chosen), false);
    scrollTo({ top });
  }

  function keyOf(part) {
    return part.closest("[data-column]")?.id ?? part.className;
  }

  function isBusy() {
    return root.querySelector(".is-dragged") !== null || document.querySelector("dialog[open]") !== null;
  }

  function select(card, focus = true) {
    root.querySelector(".card-item.is-selected")?.classList.remove("is-selected");
    chosen = card?.id ?? chosen;
    if (!card) return;
    card.classList.add("is-selected");
    if (focus) card.focus();
  }

  function move(across, down) {
    const columns = [...root.querySelectorAll("[data-column]")].map((column) => [...column.querySelectorAll("[data-card]")]);
    const here = document.getElementById(chosen);
    let column = columns.findIndex((cards) => cards.includes(here));
    if (column < 0) return select(columns.find((cards) => cards.length)?.[0]);
    const row = columns[column].indexOf(here);
    if (down) return select(columns[column][Math.min(columns[column].length - 1, Math.max(0, row + down))]);
    do column += across; while (columns[column] && !columns[column].length);
    return columns[column] && select(columns[column][Math.min(row, columns[column].length - 1)]);
  }

  const KEYS = {
    j: () => move(0, 1), ArrowDown: () => move(0, 1), k: () => move(0, -1), ArrowUp: () => move(0, -1),
    h: () => move(-1, 0), ArrowLeft: () => move(-1, 0), l: () => move(1, 0), ArrowRight: () => move(1, 0),
    a: () => giving.choose(document.getElementById(chosen)), u: () => giving.undo(),
    "/": () => document.querySelector(".filters input[type=search]").focus(),
    Enter: () => document.getElementById(chosen)?.querySelector("a.lead").click(),
  };
  document.addEventListener("keydown", (event) => {
    const target = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input, select, textarea, dialog, details[open]")) return;
    if (event.key === "Enter" && !target.matches(".card-item")) return;
    if (event.key.startsWith("Arrow") && !target.closest(".card-item") && target !== document.body) return;
    const act = KEYS[event.key] ?? (/^[1-9]$/.test(event.key) ? () => giving.giveTo(document.getElementById(chosen), Number(event.key)) : null);
    if (!act) return;
    event.preventDefault();
    act();
  });
  root.addEventListener("focusin", (event) => select(event.target.closest("[data-card]"), false));
  root.addEventListener("click", (event) => {
    const card = event.target.closest("[data-card]");
    if (card && !event.target.closest("a, button")) select(card);
  });

  function tick() {
    for (const clock of root.querySelectorAll(".clock[data-at]")) tell(clock, words);
    for (const card of root.querySelectorAll("[data-due]")) {
      const level = levelOf(card.dataset.due);
      card.classList.toggle("is-late", level === "late");
      card.classList.toggle("is-soon", level === "soon");
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
  // the page's stream says that something happened; what it does not tell of is found by asking every now and then
  document.addEventListener("news", () => {
    clearTimeout(told);
    told = setTimeout(() => refresh().catch(() => {}), AFTER_NEWS);
  });
  setInterval(tick, TICK);
  schedule();
}

function levelOf(at, warn) {
  const left = Date.parse(at) - Date.now();
  if (left <= 0) return "late";
  return left < 30 * 60_000 || (warn && Date.now() >= Date.parse(warn)) ? "soon" : "fine";
}

// as the server says it, so that an idle board needs nothing from there
function tell(clock, words) {
  const left = Date.parse(clock.dataset.at) - Date.now();
  // a server whose clock is elsewhere (a test's) tells the time itself
  if (Math.abs(left) > 400 * 86_400_000) return;
  const level = levelOf(clock.dataset.at, clock.dataset.warn);
  clock.className = `clock is-${level}`;
  clock.querySelector("b").textContent = fill(level === "late" ? words.late : words.left, { duration: duration(Math.abs(left), words) });
}

function duration(milliseconds, words) {
  const minutes = Math.floor(milliseconds / 60_000);
  if (minutes < 60) return minutes ? fill(words.minutes, { n: minutes }) : words.none;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 && hours < 6 ? fill(words.hours_minutes, { h: hours, m: minutes % 60 }) : fill(words.hours, { n: hours });
  const days = Math.floor(hours / 24);
  return hours % 24 && days < 3 ? fill(words.days_hours, { d: days, h: hours % 24 }) : fill(words.days, { n: days });
}

function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
