// What is typed into a form survives a closed tab, a lost network and a change of device until it was sent: kept in this browser at
// once, and of a work item's form also on the server soon after. What only this browser has goes before what the server has.
const PREFIX = "draft:";
const KEEP = 3 * 24 * 3600 * 1000;
const SOON = 600;
const SERVER_AFTER = 1500;

export function startDrafts() {
  forget();
  for (const done of document.querySelectorAll("[data-draft-done]")) localStorage.removeItem(PREFIX + done.dataset.draftDone);
  const form = document.querySelector("form[data-draft]");
  if (form) new Drafts(form);
}

class Drafts {
  constructor(form) {
    this.form = form;
    this.key = PREFIX + form.dataset.draft;
    this.address = form.dataset.draftAddress;
    this.offers = document.querySelector("[data-draft-offers]");
    this.saved = document.querySelector("[data-draft-saved]");
    this.last = null;
    // a page that comes back with errors carries what was typed already
    if (this.offers && !form.hasAttribute("data-filled")) this.offer();
    form.addEventListener("input", () => this.typed());
    form.addEventListener("submit", () => this.stop());
    document.addEventListener("keep-draft", () => this.keep());
    // the last moment at which a phone still lets a page do something
    document.addEventListener("visibilitychange", () => document.hidden && this.waiting && this.send(true));
  }

  offer() {
    const here = read(this.key);
    const there = this.offers.dataset.at ? { at: Number(this.offers.dataset.at), fields: JSON.parse(this.offers.dataset.fields) } : null;
    if (there) this.show(there, this.offers.dataset.there, () => this.dropServer());
    // what the server has already need not be offered twice
    if (here && !(there && (here.synced || same(here.fields, there.fields)))) {
      this.show(here, this.offers.dataset.here.replace("{time}", clock(here.at)), () => localStorage.removeItem(this.key));
    }
  }

  show(kept, where, drop) {
    const note = document.querySelector("[data-draft-offer-template]").content.cloneNode(true).firstElementChild;
    note.querySelector("[data-draft-where]").textContent = where;
    note.querySelector("[data-draft-take]").addEventListener("click", () => {
      fill(this.form, kept.fields);
      this.offers.replaceChildren();
    });
    note.querySelector("[data-draft-drop]").addEventListener("click", () => {
      drop();
      note.remove();
    });
    this.offers.append(note);
  }

  typed() {
    this.waiting = true;
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.keep(), SOON);
    if (!this.address) return;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.send(), SERVER_AFTER);
  }

  stop() {
    clearTimeout(this.soon);
    clearTimeout(this.later);
    this.waiting = false;
  }

  keep(synced = false) {
    const fields = fieldsOf(this.form);
    try {
      localStorage.setItem(this.key, JSON.stringify({ at: Date.now(), fields, synced }));
      if (!synced) this.say(this.saved?.dataset.here);
    } catch {
      // a full or forbidden store costs the draft, not the page
    }
  }

  async send(isLast = false) {
    const body = new URLSearchParams(fieldsOf(this.form));
    const text = body.toString();
    if (text === this.last) return;
    this.waiting = false;
    body.append("csrf_token", this.form.elements.csrf_token.value);
    try {
      const response = await fetch(this.address, { method: "POST", body, keepalive: isLast && text.length < 60_000, headers: { "X-Background": "1" } });
      if (!response.ok) return;
      const { saved } = await response.json();
      this.last = text;
      this.say(this.saved?.dataset.there.replace("{time}", saved));
      if (new URLSearchParams(fieldsOf(this.form)).toString() === text) this.keep(true);
    } catch {
      // without a network this browser's own copy does
      this.waiting = true;
    }
  }

  dropServer() {
    const body = new URLSearchParams({ csrf_token: this.form.elements.csrf_token.value });
    fetch(`${this.address}/discard`, { method: "POST", body }).catch(() => {});
    localStorage.removeItem(this.key);
  }

  say(text) {
    if (!this.saved || !text) return;
    this.saved.textContent = text;
    this.saved.hidden = false;
  }
}

// of a screen that keeps what it needs to find its form again beside it
export function keepDraft(name, form, beside) {
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify({ at: Date.now(), fields: fieldsOf(form), ...beside }));
    const saved = form.querySelector("[data-draft-saved]");
    if (saved) saved.hidden = false;
  } catch {
    // a full or forbidden store costs the draft, not the page
  }
}

export function readDraft(name) {
  return read(PREFIX + name);
}

/** Names of those that begin so, the newest first. */
export function draftsOf(beginning) {
  const names = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX + beginning)).map((key) => key.slice(PREFIX.length));
  return names.filter(readDraft).sort((one, other) => readDraft(other).at - readDraft(one).at);
}

export function dropDraft(name) {
  localStorage.removeItem(PREFIX + name);
}

/** Of everybody: the person has signed out, or was signed out. */
export function dropDrafts() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

export function fieldsOf(form) {
  const fields = [];
  for (const [name, value] of new FormData(form)) {
    const isOurs = typeof value === "string" && value && value.length < 20_000 && !name.startsWith("_") && name !== "csrf_token";
    // a signature is given when the form is sent, not before
    if (isOurs && !value.startsWith("data:")) fields.push([name, value]);
  }
  return fields;
}

export function fill(form, fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  form.dispatchEvent(new CustomEvent("draft-taken", { detail: [...values.keys()] }));
  for (const field of form.elements) {
    if (!field.name || !values.has(field.name) || field.type === "file") continue;
    const given = values.get(field.name);
    if (field.type === "checkbox" || field.type === "radio") field.checked = given.includes(field.value);
    else field.value = given.length > 1 ? given.shift() : given[0];
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return kept && kept.fields.length ? kept : null;
  } catch {
    return null;
  }
}

function same(one, other) {
  const text = (fields) => JSON.stringify([...fields].sort());
  return text(one) === text(other);
}

export function clock(at) {
  return new Date(at).toLocaleString(document.documentElement.lang, { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

function forget() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const kept = read(key);
    if (!kept || Date.now() - kept.at > KEEP) localStorage.removeItem(key);
  }
}
