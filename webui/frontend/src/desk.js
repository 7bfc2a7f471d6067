// The screen for calls, by keys alone: find, choose by a key, write, Ctrl+Enter. Every part is a page of the server; without this script
// the same screen works by links.
import { clock, draftsOf, dropDraft, keepDraft, readDraft } from "./drafts.js";
import { initForms } from "./forms.js";

// each call that is begun has a draft of its own; which of them this tab is at
const DRAFT = "desk:";
const AT = "desk-call";

export function startDesk() {
  const root = document.querySelector("[data-desk]");
  if (root) new Screen(root);
}

class Screen {
  constructor(root) {
    this.root = root;
    this.finder = root.querySelector("#desk-find");
    this.beside = root.querySelector("[data-desk-place]");
    this.holder = root.querySelector("[data-desk-form]");
    this.place = placeIn(location.search);
    this.asked = 0;
    if (document.querySelector("[data-draft-done=desk]")) {
      dropDraft(DRAFT + sessionStorage.getItem(AT));
      sessionStorage.removeItem(AT);
    }
    // a page that comes back with errors is still the same call
    this.id = this.call ? sessionStorage.getItem(AT) : null;
    this.finder.addEventListener("picked", (event) => this.found(event.detail));
    this.finder.form.addEventListener("submit", (event) => event.preventDefault());
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("change", (event) => this.changed(event));
    root.addEventListener("input", () => this.keep());
    document.addEventListener("keydown", (event) => this.pressed(event));
    this.offerDrafts();
    for (const button of root.querySelectorAll("[data-desk-another]")) button.hidden = false;
    if (this.call) this.look();
  }

  get call() {
    return this.holder.querySelector("[data-desk-call]");
  }

  async found(entry) {
    this.place = { unit: entry.unit, tenant: entry.tenant, label: entry.label };
    const address = this.with(this.root.dataset.placeAddress);
    if (this.call) fillPlace(this.call, entry);
    const first = this.call ? this.next(null) : this.root.querySelector("[data-procedure][data-key]");
    first?.focus();
    this.keep();
    this.beside.innerHTML = await part(address);
    if (this.call) this.look();
  }

  async choose(link) {
    this.asked += 1;
    const mine = this.asked;
    const before = this.call ? spoken(this.call) : new Map();
    const html = await part(this.with(link.dataset.formAddress));
    if (mine !== this.asked) return;
    for (const each of this.root.querySelectorAll("[data-procedure][data-key]")) each.classList.toggle("is-chosen", each === link);
    this.root.dataset.procedure = link.dataset.procedure;
    this.holder.innerHTML = html;
    restore(this.call, before);
    initForms(this.holder);
    for (const button of this.holder.querySelectorAll("[data-desk-another]")) button.hidden = false;
    document.dispatchEvent(new CustomEvent("content-added", { detail: this.holder }));
    this.next(null)?.focus();
    this.look();
  }

  // the first list without a choice, else what the caller says
  next(after) {
    const lists = [...this.holder.querySelectorAll(".desk-keys")];
    const open = lists.slice(after ? lists.indexOf(after) + 1 : 0).find((list) => !list.querySelector(":checked"));
    if (open) return open.querySelector("input");
    return this.holder.querySelector("[data-desk-part=words] textarea, [data-desk-part=words] input") ?? this.holder.querySelector("textarea");
  }

  clicked(event) {
    if (event.target.closest("[data-desk-another]")) {
      this.keepNow();
      location.assign(this.finder.form.action);
      return;
    }
    const link = event.target.closest("[data-procedure][data-key]");
    if (link && !event.ctrlKey && !event.metaKey && event.button === 0) {
      event.preventDefault();
      this.choose(link).catch(() => location.assign(link.href));
    }
  }

  changed(event) {
    if (event.target.closest("[data-desk-part=category]")) this.look();
    if (event.target.closest("[data-kind=unit]")) this.look();
  }

  pressed(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && this.call) {
      event.preventDefault();
      this.call.requestSubmit(this.call.querySelector("[data-desk-save]"));
      return;
    }
    if (event.altKey && /^[1-9]$/.test(event.key)) {
      const join = this.holder.querySelector(`[data-alt="${event.key}"]`);
      if (join) {
        event.preventDefault();
        this.call.requestSubmit(join);
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const list = event.target.closest?.("[data-keys]");
    const chosen = list?.querySelector(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!chosen) return;
    event.preventDefault();
    if (chosen.matches("a")) {
      chosen.click();
      return;
    }
    chosen.checked = true;
    chosen.dispatchEvent(new Event("input", { bubbles: true }));
    chosen.dispatchEvent(new Event("change", { bubbles: true }));
    this.next(chosen.closest(".desk-keys"))?.focus();
  }

  // cases that this call may be about
  async look() {
    const call = this.call;
    const box = call?.querySelector("[data-desk-alike]");
    if (!box) return;
    const address = new URL(this.with(call.dataset.alikeAddress), location.href);
    const unit = call.querySelector("[data-kind=unit] input[type=hidden][id$=-id]")?.value;
    if (unit) address.searchParams.set("unit", unit);
    const category = call.querySelector("[data-desk-part=category] :checked")?.value;
    if (category) address.searchParams.set("category", category);
    const html = await part(address);
    if (call !== this.call) return;
    box.innerHTML = html;
    // what came in above must not push what is being written out of sight
    if (html.trim() && call.contains(document.activeElement)) document.activeElement.scrollIntoView({ block: "nearest" });
  }

  with(address) {
    const full = new URL(address, location.href);
    for (const name of ["unit", "tenant"]) if (this.place?.[name]) full.searchParams.set(name, this.place[name]);
    return full;
  }

  keep() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keepNow(), 500);
  }

  keepNow() {
    clearTimeout(this.timer);
    if (!this.call) return;
    this.id ??= `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 6)}`;
    sessionStorage.setItem(AT, this.id);
    const words = this.call.querySelector("[data-desk-part=words] :is(textarea, input)")?.value ?? "";
    keepDraft(DRAFT + this.id, this.call, { place: this.place, procedure: this.root.dataset.procedure, label: this.finder.value, words: words.slice(0, 60) });
  }

  offerDrafts() {
    const template = document.querySelector("[data-desk-draft]");
    if (!template || this.call) return;
    for (const name of draftsOf(DRAFT).reverse()) {
      const kept = readDraft(name);
      const note = template.content.cloneNode(true).firstElementChild;
      note.querySelector("[data-draft-about]").textContent = [clock(kept.at), kept.label, kept.words].filter(Boolean).join(" · ");
      note.querySelector("[data-draft-take]").addEventListener("click", () => {
        note.remove();
        // what is open stays a draft, too
        this.keepNow();
        this.id = name.slice(DRAFT.length);
        sessionStorage.setItem(AT, this.id);
        this.take(kept);
      });
      note.querySelector("[data-draft-drop]").addEventListener("click", () => {
        dropDraft(name);
        note.remove();
      });
      template.after(note);
    }
  }

  async take(kept) {
    this.place = kept.place ?? {};
    this.finder.value = kept.label ?? "";
    this.beside.innerHTML = await part(this.with(this.root.dataset.placeAddress));
    const link = this.root.querySelector(`[data-procedure="${CSS.escape(kept.procedure ?? "")}"][data-key]`);
    if (!link) return;
    await this.choose(link);
    restore(this.call, new Map(), kept.fields);
    this.look();
  }
}

async function part(address) {
  const response = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!response.ok) throw new Error(String(response.status));
  return response.text();
}

function placeIn(search) {
  const given = new URLSearchParams(search);
  return { unit: given.get("unit"), tenant: given.get("tenant") };
}

function typing(target) {
  return target.matches?.("textarea, select, input:not([type=radio]):not([type=checkbox])");
}

// what was said already is not asked again when the matter turns out to be another
function spoken(call) {
  const said = new Map();
  for (const box of call.querySelectorAll("[data-desk-part=words], [data-desk-part=caller], [data-desk-part=phone], [data-desk-part=time]")) {
    const input = box.querySelector("input, textarea");
    if (input?.value) said.set(box.dataset.deskPart, input.value);
  }
  return said;
}

function restore(call, said, fields = []) {
  for (const [name, value] of said) {
    const input = call.querySelector(`[data-desk-part=${name}] input, [data-desk-part=${name}] textarea`);
    if (input) input.value = value;
  }
  for (const [name, value] of fields) {
    for (const input of call.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (input.type === "radio" || input.type === "checkbox") input.checked = input.checked || input.value === value;
      else if (input.type !== "file") input.value = value;
    }
  }
}

function fillPlace(call, entry) {
  for (const kind of ["unit", "tenant"]) {
    const box = call.querySelector(`[data-kind=${kind}]`);
    const input = box?.querySelector("input[data-picker]");
    if (!input) continue;
    const id = document.getElementById(input.dataset.target);
    input.value = entry[`${kind}_label`] ?? "";
    id.value = entry[kind] ?? "";
    document.getElementById(id.id.replace(/-id$/, "-label")).value = input.value;
  }
  for (const name of ["caller", "phone"]) {
    const input = call.querySelector(`[data-desk-part=${name}] input`);
    if (input) input.value = entry[name] ?? "";
  }
}
