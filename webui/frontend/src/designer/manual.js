// The written manual beside the canvas: choose a clause and its steps light up, choose a step and its clauses are marked. What carries a
// clause out and what shows it is the server's to say.
import { is } from "bpmn-js/lib/util/ModelUtil";
import { element, notice } from "./dialogs.js";
import { editClause, editLimit, removeClause } from "./manual-forms.js";
import { owner, property } from "./properties.js";
import { Refused, Unreachable } from "./server.js";
import { translate } from "./words.js";

const LIT = "is-of-clause", WHOLE = "is-of-clause-whole", REST = 900;

export class ManualPanel {
  constructor(session, root) {
    Object.assign(this, { session, root, server: session.server, catalogue: session.catalogue, procedure: session.draft.procedure });
    this.isReadOnly = "readOnly" in session.root.dataset;
    this.tab = "clauses";
    this.chosen = null;
    this.seen = null;
    const events = session.canvas.get("eventBus");
    events.on("selection.changed", ({ newSelection }) => this.ofSelection(newSelection));
    events.on("import.done", () => this.light());
    events.on("commandStack.changed", () => this.soon());
    root.addEventListener("click", (event) => this.clicked(event));
    root.addEventListener("input", (event) => event.target.matches("[data-manual-find]") && this.narrow());
    session.root.querySelector('[data-do="manual"]')?.addEventListener("click", () => this.toggle());
    if (localStorage.getItem("designer-manual") === "1" && matchMedia("(min-width: 1000px)").matches) this.toggle();
  }

  get isShown() {
    return this.session.root.classList.contains("shows-manual");
  }

  async toggle() {
    let shown = false;
    this.session.canvas.resizing(() => {
      shown = this.session.root.classList.toggle("shows-manual");
    });
    this.session.root.querySelector('[data-do="manual"]')?.setAttribute("aria-expanded", String(shown));
    localStorage.setItem("designer-manual", shown ? "1" : "0");
    if (shown) await this.refresh();
    else this.light();
  }

  soon() {
    if (!this.isShown) return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.refresh(), REST);
  }

  /** Ask anew; `isTold` where this browser has just saved one of the files. */
  async refresh(isTold = false) {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    try {
      if (isTold) await this.learn();
      this.seen = await this.server.post(`/drafts/${this.server.draftId}/manual`, { files: await this.session.changedTexts() }, { signal: asking.signal, background: !isTold });
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      if (!this.seen) this.root.replaceChildren(element("p", { class: "designer-manual-empty" }, error.message || translate("No network. Nothing is lost; try again in a moment.")));
      return;
    }
    this.draw();
  }

  /** The draft has another revision now, by our own doing. */
  async learn() {
    this.session.draft = await this.server.draft();
    this.session.autosave.draftRevision = this.session.draft.revision;
    await this.session.learn();
    this.session.findings.soon();
  }

  async clicked(event) {
    const on = event.target.closest("[data-act]");
    if (!on) return;
    const { act, number, at } = on.dataset, clause = this.seen?.clauses.find((each) => each.number === number);
    try {
      if (act === "tab") { this.tab = on.dataset.tab; this.draw(); this.root.querySelector(`[data-tab="${this.tab}"]`).focus(); }
      else if (act === "choose") this.choose(this.chosen === number ? null : number);
      else if (act === "go") await this.go(clause.places[Number(at)]);
      else if (act === "add-clause" && (await editClause(this, null))) await this.refresh(true);
      else if (act === "edit-clause" && (await editClause(this, clause))) await this.refresh(true);
      else if (act === "remove-clause" && (await removeClause(this, clause))) await this.refresh(true);
      else if (act === "add-limit" && (await editLimit(this, null))) await this.refresh(true);
      else if (act === "edit-limit" && (await editLimit(this, this.seen.limits[Number(at)]))) await this.refresh(true);
      else if (act === "gaps") { this.onlyGaps = !this.onlyGaps; this.draw(); this.root.querySelector('[data-act="gaps"]').focus(); }
    } catch (error) {
      if (error instanceof Unreachable) notice(translate("No network. Nothing is lost; try again in a moment."), "warn");
      else if (error instanceof Refused) notice(error.message, "bad");
      else throw error;
    }
  }

  choose(number) {
    this.chosen = number;
    this.draw();
    const row = this.root.querySelector('[data-act="choose"][aria-expanded="true"]');
    row?.focus();
    const first = this.light()[0];
    if (first) this.session.canvas.get("canvas").scrollToElement(first, { top: 120, bottom: 120, left: 160, right: 160 });
  }

  /** Mark the steps of the chosen clause; gives them. */
  light() {
    const { canvas } = this.session, registry = canvas.get("elementRegistry"), marks = canvas.get("canvas");
    for (const mark of [LIT, WHOLE]) for (const shape of registry.filter((each) => marks.hasMarker(each, mark))) marks.removeMarker(shape, mark);
    if (!this.chosen || !this.isShown) return [];
    const lit = registry.filter((each) => each.type !== "label" && each.businessObject && each.parent && clausesOf(each).includes(this.chosen));
    for (const shape of lit) marks.addMarker(shape, is(shape, "bpmn:Participant") ? WHOLE : LIT);
    return lit.filter((shape) => !is(shape, "bpmn:Participant"));
  }

  /** Somebody has chosen steps on the canvas: mark their clauses. */
  ofSelection(selection) {
    this.ofSteps = new Set(selection.flatMap(clausesOf));
    if (!this.isShown || !this.seen) return;
    for (const row of this.root.querySelectorAll("[data-clause]")) row.classList.toggle("is-of-step", this.ofSteps.has(row.dataset.clause));
    this.root.querySelector(".is-of-step")?.scrollIntoView({ block: "nearest" });
  }

  async go(place) {
    if (place.file && place.file !== this.session.path) await this.session.open(place.file);
    if (place.element_id) this.session.canvas.reveal(place.element_id);
    this.light();
  }

  narrow() {
    const wanted = (this.root.querySelector("[data-manual-find]")?.value ?? "").trim().toLowerCase();
    this.wanted = wanted;
    for (const row of this.root.querySelectorAll("[data-words]")) row.hidden = Boolean(wanted) && !row.dataset.words.includes(wanted);
  }

  draw() {
    const isClauses = this.tab === "clauses", top = this.root.scrollTop;
    const tab = (name, label, count) => element("button", { type: "button", class: "designer-manual-tab", "data-act": "tab", "data-tab": name, "aria-pressed": String(this.tab === name) }, label, element("span", { class: "faint" }, ` ${count}`));
    const find = element("input", { class: "form-control", type: "search", "data-manual-find": "", "aria-label": translate("Find in the manual"), placeholder: translate("Find in the manual"), value: this.wanted ?? "" });
    const gaps = this.seen.clauses.filter((each) => each.lacks_carrier || each.lacks_scenario);
    const add = this.isReadOnly ? [] : [button(isClauses ? "add-clause" : "add-limit", translate(isClauses ? "New clause" : "New limit"), "btn btn-s")];
    const filter = isClauses && gaps.length ? [element("button", { type: "button", class: "btn btn-s btn-quiet", "data-act": "gaps", "aria-pressed": String(Boolean(this.onlyGaps)) }, translate("With gaps: {count}", { count: gaps.length }))] : [];
    const shown = isClauses ? (this.onlyGaps ? gaps : this.seen.clauses).map((each) => this.clause(each)) : this.seen.limits.map((each, at) => this.limit(each, at));
    this.root.replaceChildren(
      element("div", { class: "designer-manual-head" }, element("div", { class: "designer-manual-tabs" }, tab("clauses", translate("Clauses"), this.seen.clauses.length), tab("limits", translate("Limits"), this.seen.limits.length)),
        find, element("div", { class: "designer-manual-tools" }, ...add, ...filter)),
      ...this.seen.findings.map((each) => element("p", { class: "note note-bad" }, each.message)),
      shown.length ? element("ul", { class: "designer-manual-list" }, ...shown)
        : element("p", { class: "designer-manual-empty" }, translate(isClauses ? "No clauses yet. Write down what the manual asks for, then name it at the steps." : "No limits yet. A limit is a promise of the manual that is measured.")));
    this.narrow();
    this.light();
    this.root.scrollTop = top;
  }

  clause(each) {
    const isChosen = each.number === this.chosen, chips = [];
    if (each.lacks_carrier) chips.push(element("span", { class: "chip chip-late" }, translate("no step")));
    if (each.lacks_scenario) chips.push(element("span", { class: "chip chip-soon" }, translate("no scenario")));
    if (!each.is_executable) chips.push(element("span", { class: "chip" }, translate("nothing to do")));
    const row = element("li", { "data-clause": each.number, "data-words": `${each.number} ${each.text}`.toLowerCase(), class: this.ofSteps?.has(each.number) ? "is-of-step" : "" },
      element("button", { type: "button", class: "designer-clause", "data-act": "choose", "data-number": each.number, "aria-expanded": String(isChosen) },
        element("b", {}, each.number), ...chips, element("span", {}, each.text)));
    if (isChosen) row.append(this.detail(each));
    return row;
  }

  detail(each) {
    const part = (label, nodes) => (nodes.length ? [element("dt", {}, label), element("dd", {}, ...nodes)] : []);
    const places = each.places.map((place, at) => (place.file
      ? button("go", place.name || place.element_id || place.process, "designer-place", { "data-number": each.number, "data-at": at, title: place.file === this.session.path ? place.element_id : place.file })
      : element("span", { class: "chip" }, `${place.name || place.element_id} (${place.process})`)));
    const tools = this.isReadOnly ? [] : [element("div", { class: "designer-manual-tools" },
      button("edit-clause", translate("Edit"), "btn btn-s", { "data-number": each.number }), button("remove-clause", translate("Remove"), "btn btn-s btn-quiet", { "data-number": each.number }))];
    return element("div", { class: "designer-clause-detail" }, element("dl", {}, ...part(translate("Carried out by"), places),
      ...part(translate("Measured by"), each.limits.map((id) => element("span", { class: "chip" }, id))),
      ...part(translate("Shown by"), each.scenarios.map((file) => element("span", { class: "chip" }, file.replace(/^scenarios\/|\.yaml$/g, ""))))), ...tools);
  }

  limit(each, at) {
    const { values } = each, target = values.target ?? (values.by_day ? translate("by day {day}", { day: values.by_day }) : values.kind === "never" ? "0" : "");
    const inside = [element("b", {}, values.name ?? each.id), ...(target ? [element("span", { class: "chip" }, target)] : []),
      ...(each.effective_from ? [element("span", { class: "chip chip-info" }, translate("from {day}", { day: each.effective_from }))] : []), element("span", { class: "faint" }, `${values.clause ?? ""} · ${each.id}`)];
    const holder = this.isReadOnly ? element("div", { class: "designer-clause" }, ...inside) : element("button", { type: "button", class: "designer-clause", "data-act": "edit-limit", "data-at": at }, ...inside);
    return element("li", { "data-words": `${each.id} ${values.name} ${values.clause}`.toLowerCase() }, holder);
  }
}

function button(act, label, look, more = {}) {
  return element("button", { type: "button", class: look, "data-act": act, ...more }, label);
}

function clausesOf(shape) {
  return property(owner(shape), "clause").split(/[,，]/).map((each) => each.trim()).filter(Boolean);
}
