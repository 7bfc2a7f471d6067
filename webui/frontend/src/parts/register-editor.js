// A register by its fields: what it says above its columns, and the columns as a list that is put into order. The server writes the file.
import { element, notice } from "../designer/dialogs.js";
import { Refused, Unreachable } from "../designer/server.js";
import { translate } from "../designer/words.js";
import { DraftFile } from "./draft-file.js";
import { Preview } from "./preview.js";
import { bindSorting } from "./sorting.js";

const CASE = [["number", "Number of the case"], ["title", "Title of the case"], ["state", "State"], ["site", "Site"], ["started_at", "Begun at"], ["started_by", "Begun by"], ["ended_at", "Ended at"], ["late", "Anything late"], ["parent", "Case that it belongs to"], ["procedure", "Procedure"], ["file_number", "File number"], ["file_place", "Place of the file"]];
const ROW = [["number", "Number of the line"], ["at", "Entered at"], ["by", "Entered by"]];

export class RegisterEditor {
  constructor(root, server, draft, catalogue) {
    Object.assign(this, { root, server, catalogue, key: root.dataset.key, limits: [], steps: [] });
    this.place = root.querySelector("[data-register]");
    this.file = new DraftFile(root, server, draft, root.dataset.path, (text) => this.took(text));
    this.isReadOnly = this.file.isReadOnly;
    this.preview = new Preview(root.querySelector("[data-preview]"), root.dataset.previewAddress, server.token, () => ({ text: this.file.text }), false);
    root.querySelector('[data-do="undo"]')?.addEventListener("click", () => this.file.undo());
    root.querySelector('[data-do="redo"]')?.addEventListener("click", () => this.file.redo());
    bindSorting(this.place, { isReadOnly: this.isReadOnly, moved: (from, to) => { const columns = this.columns(), [one] = columns.splice(from, 1); columns.splice(to, 0, one); this.put(null, columns, true).then(() => this.place.querySelector(`[data-at="${to}"]`)?.focus()); } });
  }

  async took() {
    if (!this.steps.length) {
      const manual = await this.server.post(`/drafts/${this.server.draftId}/manual`, {}, { background: true });
      Object.assign(this, { steps: manual.steps, limits: manual.limits, clauses: manual.known });
    }
    await this.put(null, null, true);
  }

  columns() {
    return this.state.columns.map((column, place) => ({ place, ...column }));
  }

  /** Let the server write a change; what it makes of it is shown, or only checked while something is being typed. */
  async put(head, columns, isDrawn = false) {
    const before = this.file.text;
    try {
      const state = await this.server.post(`/drafts/${this.server.draftId}/registers/${this.key}`, { text: before, head, columns: columns?.map(whole) ?? null }, { background: true });
      this.state = state;
      this.problem(state.problems);
      if (state.text !== before) this.file.change(state.text);
      if (isDrawn) this.draw();
      this.preview.soon();
    } catch (error) {
      if (error instanceof Refused) this.problem([...(error.problem.errors ?? [{ message: error.message }]).map((each) => each.message)]);
      else if (error instanceof Unreachable) notice(translate("No network. Nothing is lost; try again in a moment."), "warn");
      else throw error;
    }
  }

  problem(list) {
    const bar = this.root.querySelector("[data-problem]");
    bar.hidden = !list.length;
    bar.replaceChildren(...list.map((each) => element("p", {}, each)));
  }

  /** Paths that a column may show, under headings. */
  paths() {
    const words = (list, scope) => list.map(([name, label]) => [`${scope}.${name}`, translate(label)]);
    const rows = this.state.head.rows ?? "", lines = rows ? [[translate("The line"), words(ROW, "row")]] : [];
    return [[translate("The case"), words(CASE, "case")], ...lines, ...this.catalogue.forms.map((form) => [form.title || form.key, form.fields.map((field) => [`${form.key}.${field.name}`, field.title || field.name])]),
      [translate("Who did a step"), this.steps.map((step) => [`who.${step.element_id}`, step.name])], [translate("When a step was done"), this.steps.map((step) => [`when.${step.element_id}`, step.name])],
      [translate("Limits kept"), [...new Map(this.limits.map((limit) => [limit.id, limit.values.name ?? limit.id]))].map(([id, name]) => [`limit.${id}`, name])],
      [translate("Records"), this.catalogue.records.map((record) => [`record.${record.key}`, record.title || record.key])]];
  }

  pick(value, label, act, none) {
    const groups = this.paths(), isKnown = groups.some(([, list]) => list.some(([each]) => each === value));
    const option = ([each, words]) => element("option", { value: each, selected: each === value ? "" : null }, words);
    const input = element("select", { class: "form-select", "aria-label": label }, ...(none ? [element("option", { value: "" }, none)] : []), ...(value && !isKnown ? [option([value, value])] : []),
      ...groups.filter(([, list]) => list.length).map(([heading, list]) => element("optgroup", { label: heading }, ...list.map(option))));
    input.addEventListener("change", () => act(input.value));
    return input;
  }

  draw() {
    const { head } = this.state, id = (name) => `register-${name}`;
    const set = (name, value) => this.put({ ...this.state.head, [name]: value }, null, name === "rows");
    const field = (name, label, input) => { input.id = id(name); return element("div", { class: "parts-field" }, element("label", { class: "form-label", for: id(name) }, label), input); };
    const line = (name, label) => { const input = element("input", { class: "form-control", value: head[name] ?? "", autocomplete: "off" }); input.addEventListener("change", () => set(name, input.value.trim())); return field(name, label, input); };
    const tables = this.catalogue.forms.map((form) => [form.key, form.title || form.key]), rows = element("select", { class: "form-select" }, ...[["", translate("A case")], ...tables, ...(head.rows && head.rows !== "case" && !tables.some(([key]) => key === head.rows) ? [[head.rows, head.rows]] : [])].map(([value, words]) => element("option", { value, selected: value === (head.rows ?? "") ? "" : null }, words)));
    rows.addEventListener("change", () => set("rows", rows.value));
    const roles = element("select", { class: "form-select", multiple: "", size: 5 }, ...this.catalogue.roles.map((role) => element("option", { value: role.id, selected: [head.roles ?? []].flat().includes(role.id) ? "" : null }, role.name)));
    roles.addEventListener("change", () => set("roles", [...roles.selectedOptions].map((each) => each.value)));
    const add = element("button", { type: "button", class: "btn btn-s" }, translate("Add a column"));
    add.addEventListener("click", () => {
      const taken = this.state.columns.map((column) => column.id);
      let number = taken.length + 1;
      while (taken.includes(`column_${number}`)) number += 1;
      this.put(null, [...this.columns(), { place: null, id: `column_${number}`, value: "case.title" }], true).then(() => this.place.querySelector(`[data-at="${taken.length}"] select`)?.focus());
    });
    this.place.replaceChildren(
      line("title", translate("Title")), line("note", translate("Note")), field("rows", translate("A line is"), rows),
      field("period", translate("Its day is"), this.pick(head.period ?? "", translate("Its day is"), (value) => set("period", value), translate("When the case began"))),
      field("unit", translate("Its unit is"), this.pick(head.unit ?? "", translate("Its unit is"), (value) => set("unit", value), translate("None"))),
      line("clause", translate("Clauses")), field("roles", translate("Only for the roles (none: everybody)"), roles),
      element("h2", {}, translate("Columns")), element("p", { class: "sr-only", id: "parts-sort-help" }, translate("Drag, or hold Alt and press the arrow keys, to change the order")),
      element("ol", { class: "parts-columns-list" }, ...this.state.columns.map((column, at) => this.column(column, at))), add);
    if (this.isReadOnly) for (const each of this.place.querySelectorAll("input, select, button")) each.disabled = true;
  }

  column(column, at) {
    const set = (values, isDrawn) => this.put(null, this.columns().map((each, place) => (place === at ? { ...each, ...values } : each)), isDrawn);
    const name = (label) => `${label} ${at + 1}`;
    const title = element("input", { class: "form-control", value: column.title ?? "", placeholder: translate("Heading (else the field’s own)"), "aria-label": name(translate("Heading")) });
    title.addEventListener("change", () => set({ title: title.value.trim() }));
    const code = element("input", { class: "form-control mono", value: column.id, spellcheck: "false", "aria-label": name(translate("Code")) });
    code.addEventListener("change", () => set({ id: code.value.trim() }));
    const flag = (key, label) => { const input = element("input", { type: "checkbox", class: "form-check-input", checked: column[key] ? "" : null }); input.addEventListener("change", () => set({ [key]: input.checked })); return element("label", { class: "form-check" }, input, element("span", { class: "form-check-label" }, label)); };
    const out = element("button", { type: "button", class: "btn btn-s btn-quiet btn-icon", title: translate("Remove"), "aria-label": name(translate("Remove")), disabled: this.state.columns.length === 1 ? "" : null }, "×");
    out.addEventListener("click", () => this.put(null, this.columns().filter((_each, place) => place !== at), true));
    return element("li", { class: "parts-column", "data-at": at, draggable: this.isReadOnly ? null : "true", tabindex: "0", "aria-describedby": "parts-sort-help", "aria-label": name(translate("Column")) },
      element("span", { class: "parts-grip", "aria-hidden": "true" }, "⠿"), this.pick(column.value, name(translate("Shows")), (value) => set({ value })), title, code,
      element("div", { class: "parts-flags" }, flag("filter", translate("Filter")), flag("total", translate("Total")), flag("hidden", translate("Hidden"))), out);
  }
}

/** Only what a column may say. */
function whole({ place, id, value, title = "", share = "", filter = false, total = false, hidden = false }) {
  return { place, id, value, title, share, filter, total, hidden };
}
