// The form editor: palette and list on the left, what is chosen in the middle, the page as people will see it on the right.
import { ask, element, notice } from "../designer/dialogs.js";
import { Refused, Unreachable } from "../designer/server.js";
import { translate } from "../designer/words.js";
import { DraftFile } from "./draft-file.js";
import * as model from "./form-model.js";
import { drawField, drawForm, drawHeading } from "./form-pane.js";
import { bindSorting } from "./sorting.js";
import { Preview } from "./preview.js";
import { write } from "./stable-json.js";
import { tellUsage } from "./usage.js";

const SIGNS = { text: "Aa", long_text: "¶", choice: "◉", choices: "☑", yes_no: "?", date_time: "◷", date: "▦", time: "◴", integer: "1", number: "1.5", money: "¥", phone: "☎", email: "@", person: "웃", unit: "⌂", tenant: "⚑", photos: "▣", files: "≡", signature: "✎", rows: "▤" };

export class FormEditor {
  constructor(root, server, draft, catalogue) {
    Object.assign(this, { root, server, catalogue, key: root.dataset.key, path: `forms/${root.dataset.key}.json`, chosen: "", words: new Map(), usages: {}, problem: null });
    this.list = root.querySelector("[data-list]");
    this.pane = root.querySelector("[data-pane]");
    this.file = new DraftFile(root, server, draft, this.path, (text) => this.took(text));
    this.isReadOnly = this.file.isReadOnly;
    this.preview = new Preview(root.querySelector("[data-preview]"), root.dataset.previewAddress, server.token,
      () => this.schema && { text: this.file.text, english: JSON.stringify(Object.fromEntries([...this.words].map(([source, word]) => [source, word.english]))) });
    root.querySelector("[data-palette]").append(...Object.entries(model.KINDS).map(([kind, [label]]) => {
      const button = element("button", { type: "button", class: "parts-kind", "data-kind": kind }, element("span", { "aria-hidden": "true" }, SIGNS[kind]), translate(label));
      button.addEventListener("click", () => this.add(kind));
      return button;
    }));
    const on = (name, act) => root.querySelector(`[data-do="${name}"]`)?.addEventListener("click", act);
    on("undo", () => this.file.undo());
    on("redo", () => this.file.redo());
    on("heading", () => this.addHeading());
    document.addEventListener("keydown", (event) => this.pressed(event));
    bindSorting(this.list, { moved: (from, to) => this.moved(from, to), isReadOnly: this.isReadOnly });
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("[data-path]");
      if (row) this.choose(row.dataset.path);
    });
  }

  /** Another text is in hand: read, undone, somebody else's. */
  took(text) {
    try {
      this.schema = JSON.parse(text);
      if (!this.schema?.properties) throw new SyntaxError(translate("It has no fields."));
    } catch (error) {
      this.schema = null;
      this.pane.replaceChildren(element("p", { class: "note note-bad" }, translate("This file is no form: {reason}", { reason: error.message })));
      return;
    }
    if (this.chosen && !this.chosen.startsWith("#") && !model.fieldAt(this.schema, this.chosen)) this.chosen = "";
    this.draw();
    this.look(0);
  }

  /** The form is another one now; `name` is what is being typed at, so that undo takes it back as one. */
  change(schema, name = "", isDrawn = true) {
    if (this.isReadOnly) return;
    this.schema = schema;
    this.file.change(write(schema, this.file.text), name);
    if (isDrawn) this.draw();
    else this.drawList();
    this.look();
  }

  pressed(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || document.querySelector("dialog[open]") || event.target.closest("input, textarea, select")) return;
    const name = event.key.toLowerCase();
    if (name === "z" || name === "y") {
      event.preventDefault();
      if (name === "y" || event.shiftKey) this.file.redo();
      else this.file.undo();
    }
  }

  // ---- the list

  choose(path) {
    this.chosen = path;
    this.draw();
    this.root.dataset.view = "pane";
  }

  add(kind) {
    const [schema, path] = model.added(this.schema, kind, this.chosen.startsWith("#") ? "" : this.chosen);
    this.chosen = path;
    this.change(schema);
    this.root.dataset.view = "pane";
    const title = this.pane.querySelector('[data-key="title"]');
    title?.focus();
    title?.select();
  }

  addHeading() {
    const sequence = model.listed(this.schema), at = sequence.findIndex((each) => each.name === this.chosen.split(".")[0]);
    sequence.splice(at < 0 ? 0 : at, 0, { heading: translate("Heading") });
    this.change(model.arranged(this.schema, sequence));
    this.choose(`#${sequence.slice(0, at < 0 ? 1 : at + 1).filter((each) => each.heading !== undefined).length - 1}`);
  }

  moved(from, to) {
    const rows = this.rows(), moving = rows[from], target = rows[to];
    if (!moving || !target || moving === target) return;
    const [table, column] = moving.path.split(".");
    if (column !== undefined) {
      if (!target.path.startsWith(`${table}.`)) return;
      const field = this.schema.properties[table], names = shifted(Object.keys(field.items.properties), column, target.path.split(".")[1]);
      const items = { ...field.items, properties: Object.fromEntries(names.map((each) => [each, field.items.properties[each]])) };
      this.change({ ...this.schema, properties: { ...this.schema.properties, [table]: { ...field, items } } });
    } else {
      if (moving.at === target.at) return;
      const sequence = model.listed(this.schema), [taken] = sequence.splice(moving.at, 1);
      sequence.splice(target.at, 0, taken);
      this.change(model.arranged(this.schema, sequence));
    }
    this.list.querySelector(`[data-path="${CSS.escape(moving.path)}"]`)?.focus();
  }

  /** What stands in the list, columns under their table; `at` is the place among headings and fields. */
  rows() {
    let headings = -1;
    return model.listed(this.schema).flatMap((entry, at) => {
      if (entry.heading !== undefined) return [{ path: `#${(headings += 1)}`, at, entry, title: entry.heading || translate("Without a heading"), isHeading: true }];
      const field = this.schema.properties[entry.name], kind = model.kindOf(field);
      const columns = kind === "rows" ? Object.entries(field.items.properties ?? {}).map(([name, column]) => ({ path: `${entry.name}.${name}`, at, field: column, title: column.title })) : [];
      return [{ path: entry.name, at, field, title: field.title }, ...columns];
    });
  }

  draw() {
    this.drawList();
    const heading = this.chosen.startsWith("#");
    if (heading) drawHeading(this, Number(this.chosen.slice(1)));
    else if (this.chosen) drawField(this, this.chosen);
    else drawForm(this);
    this.showProblem();
  }

  drawList() {
    const focused = document.activeElement?.closest?.("[data-path]")?.dataset.path, isHere = this.list.contains(document.activeElement);
    const top = element("li", {}, element("button", { type: "button", class: "parts-row is-form", "data-path": "", "aria-current": this.chosen === "" ? "true" : null }, element("b", {}, this.said(this.schema.title) || this.key), element("span", { class: "faint" }, translate("The form itself"))));
    this.list.replaceChildren(top, ...this.rows().map((row, at) => {
      const column = row.path.includes("."), kind = row.field ? model.kindOf(row.field) : "";
      const marks = [row.field && model.isRequired(this.schema, row.path) ? "*" : "", row.field?.["ui:show_if"] ? "◇" : ""].join("");
      const button = element("button", { type: "button", class: `parts-row${row.isHeading ? " is-heading" : ""}${column ? " is-column" : ""}`, "data-path": row.path, "data-at": at, draggable: this.isReadOnly ? null : "true", "aria-current": this.chosen === row.path ? "true" : null, "aria-describedby": "parts-sort-help" },
        element("span", { class: "parts-sign", "aria-hidden": "true" }, row.isHeading ? "§" : SIGNS[kind]), element("span", { class: "grow" }, this.said(row.title) || row.path, marks ? element("span", { class: "parts-marks" }, ` ${marks}`) : ""), element("span", { class: "faint mono" }, row.isHeading ? "" : row.path.split(".").at(-1)));
      return element("li", {}, button);
    }));
    if (isHere && focused !== undefined) this.list.querySelector(`[data-path="${CSS.escape(focused)}"]`)?.focus();
  }

  // ---- what the server says

  look(after = 500) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.ask(), after);
    this.preview.soon();
  }

  async ask() {
    this.asking?.abort();
    const asking = (this.asking = new AbortController()), text = this.file.text;
    try {
      const state = await this.server.post(`/drafts/${this.server.draftId}/forms/${this.key}`, { text }, { signal: asking.signal, background: true });
      if (text !== this.file.text) return;
      this.usages = state.usages;
      for (const word of state.words) if (!this.words.get(word.source)?.isTyped) this.words.set(word.source, word);
      this.problem = state.problem;
      this.showProblem();
      this.showWords();
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
  }

  /** A mistake stands above, leads to its field, and stands beside the input that it is about. */
  showProblem() {
    const bar = this.root.querySelector("[data-problem]"), problem = this.problem;
    bar.hidden = !problem;
    for (const each of this.pane.querySelectorAll(".is-invalid")) each.classList.remove("is-invalid");
    if (!problem) return bar.replaceChildren();
    const parts = problem.path.split("."), inner = parts[2] === "items" && parts[3] === "properties";
    const path = parts[0] === "properties" ? (inner ? `${parts[1]}.${parts[4]}` : parts[1]) : "", key = parts[0] === "properties" ? parts[inner ? 5 : 2] : parts[0];
    const go = element("button", { type: "button", class: "parts-problem" }, `${path ? `${model.fieldAt(this.schema, path)?.title ?? path}: ` : ""}${problem.message}`, element("span", { class: "faint mono" }, ` ${problem.path}`));
    go.addEventListener("click", () => { this.choose(path); this.pane.querySelector(`[data-key="${CSS.escape(key ?? "title")}"]`)?.focus(); });
    bar.replaceChildren(go);
    if (path === this.chosen) this.pane.querySelector(`[data-key="${CSS.escape(key ?? "name")}"]`)?.classList.add("is-invalid");
  }

  /** Each text's English and simplified wording, once the server has told. */
  showWords() {
    if (this.schema && document.documentElement.lang !== "zh-Hant") this.drawList();
    for (const input of this.pane.querySelectorAll("[data-english]")) {
      const word = this.words.get(input.dataset.english);
      if (document.activeElement !== input) input.value = word?.english ?? "";
      const simplified = input.closest("[data-wording]")?.querySelector("[data-simplified]");
      if (simplified) simplified.textContent = word?.simplified ?? "";
    }
  }

  /** A text of the form in the reader's language, as far as it is known. */
  said(text) {
    const word = this.words.get(text ?? ""), locale = document.documentElement.lang;
    return (locale === "en" ? word?.english : locale === "zh-Hans" ? word?.simplified : "") || text;
  }

  /** English of a text, kept in the procedure's catalogue. */
  word(source, english) {
    if (!source.trim() || this.isReadOnly) return;
    this.words.set(source, { ...this.words.get(source), source, english, isTyped: true });
    this.preview.soon();
    clearTimeout(this.wording);
    this.wording = setTimeout(() => this.saveWords(), 900);
  }

  async saveWords() {
    const typed = [...this.words.values()].filter((word) => word.isTyped);
    if (!typed.length) return;
    try {
      const { revision } = await this.server.put(`/drafts/${this.server.draftId}/words`, { words: typed.map(({ source, english }) => ({ source, english })) });
      this.file.autosave.draftRevision = Math.max(this.file.autosave.draftRevision, revision);
      for (const word of typed) if (this.words.get(word.source) === word) this.words.set(word.source, { ...word, isTyped: false });
    } catch (error) {
      if (error instanceof Unreachable) setTimeout(() => this.saveWords(), 4_000);
      else if (error instanceof Refused) notice(error.message, "bad");
      else throw error;
    }
  }

  // ---- removing and renaming

  /** Usages of a field beside its own conditions. */
  used(path) {
    return this.usages[path] ?? [];
  }

  async remove(path) {
    await this.ask();
    const used = this.used(path), title = model.fieldAt(this.schema, path).title || path;
    const sure = used.length ? await ask(translate("“{title}” is used", { title }), tellUsage(used, translate("These would not find it any more:")), [
      { label: translate("Keep it"), value: "", primary: true }, { label: translate("Remove all the same"), value: "remove" }]) : "remove";
    if (sure !== "remove") return;
    this.chosen = path.includes(".") ? path.split(".")[0] : "";
    this.change(model.without(this.schema, path));
    notice(translate("“{title}” removed. Undo brings it back.", { title }));
  }

  async rename(path, name) {
    const taken = model.fieldAt(this.schema, [...path.split(".").slice(0, -1), name].join("."));
    if (!/^[a-z][a-z0-9_]{0,59}$/.test(name) || taken) {
      notice(taken ? translate("There is a field of that name already.") : translate("Small letters, digits and _, a letter first."), "bad");
      return this.draw();
    }
    await this.ask();
    const used = this.used(path).filter((each) => each.file !== this.path || each.procedure);
    const sure = used.length ? await ask(translate("“{name}” is used", { name: path }), tellUsage(used, translate("These would still ask for the old name:")), [
      { label: translate("Keep the name"), value: "", primary: true }, { label: translate("Rename all the same"), value: "rename" }]) : "rename";
    if (sure !== "rename") return this.draw();
    this.chosen = [...path.split(".").slice(0, -1), name].join(".");
    this.change(model.renamed(this.schema, path, name));
  }
}

/** A list with one entry in the place of another. */
function shifted(list, entry, target) {
  const to = list.indexOf(target), rest = list.filter((each) => each !== entry);
  rest.splice(to, 0, entry);
  return rest;
}
