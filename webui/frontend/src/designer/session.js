// One person at one draft: which file is shown, what was changed, what others did meanwhile.
import { Autosave } from "./autosave.js";
import { ask, element, field, notice } from "./dialogs.js";
import { Findings } from "./findings.js";
import { bringTogether } from "./merge-dialog.js";
import { Canvas } from "./modeler.js";
import { setProperties } from "./properties.js";
import { Tables } from "./tables-loader.js";
import { Trials } from "./trials.js";
import { translate } from "./words.js";

/** Paths of a draft's files that are drawn. */
export function diagramsOf(draft) {
  return draft.files.map((file) => file.path).filter((path) => /\.(bpmn|dmn)$/.test(path));
}

export class Session {
  constructor(root, server, draft, catalogue) {
    Object.assign(this, { root, server, draft, catalogue });
    this.canvas = new Canvas(root.querySelector("[data-canvas]"), root.querySelector("[data-panel]"), catalogue, "readOnly" in root.dataset);
    this.tables = new Tables(root);
    this.status = root.querySelector("[data-save-state]");
    this.autosave = new Autosave(server, this, draft);
    this.findings = new Findings(server, this.canvas, { texts: () => this.changedTexts(), path: () => this.path, go: (finding) => this.go(finding) }, root.querySelector("[data-findings]"));
    this.trials = new Trials(server, this.canvas, { go: (finding) => this.go(finding), saved: () => this.autosave.flush() }, root);
    this.canvas.onChange(() => this.touched());
    this.tables.onChange = () => this.touched();
    this.canvas.get("eventBus").on("designer.newForm", ({ element: step }) => this.beginForm(step));
    this.canvas.get("eventBus").on("designer.openForm", ({ key }) => this.leave(root.dataset.formsAddress.replace("KEY", key)));
  }

  get diagrams() {
    return diagramsOf(this.draft);
  }

  /** Show a file, with what this browser still holds of it. `fetched`: the file, where it is there already. */
  async open(path, fetched = null) {
    if (this.path) await this.autosave.flush();
    const { text, revision } = fetched ?? await this.server.file(path);
    this.autosave.took(path, text, revision);
    this.path = path;
    await this.show(text);
    this.root.dataset.path = path;
    this.name();
    history.replaceState(null, "", `#${path}`);
    if (this.canvas.isReadOnly) this.status.textContent = translate("Look only");
    else {
      this.told("saved");
      await this.restore(path, text, revision);
    }
    this.findings.soon();
    this.trials.look();
  }

  async show(text) {
    this.isTable = this.path.endsWith(".dmn");
    this.root.classList.toggle("is-table", this.isTable);
    try {
      if (this.isTable) await this.tables.show(text);
      else await this.canvas.show(text);
    } catch (error) {
      notice(translate("This file cannot be drawn: {reason}", { reason: error.message }), "bad");
    }
  }

  /** A procedure that was never deployed is called as it is drawn. */
  name() {
    const heading = this.root.querySelector("[data-unnamed]");
    const main = !this.isTable && this.canvas.modeler.getDefinitions()?.rootElements.find((each) => each.id === this.draft.procedure);
    if (heading && main?.name) heading.textContent = main.name;
  }

  /** What a crash or a lost network left behind in this browser. */
  async restore(path, text, revision) {
    const copy = await this.autosave.copies.get(path);
    if (!copy || copy.text === text) return;
    if (copy.revision === revision) {
      await this.put(copy.text);
      const undo = element("button", { class: "btn btn-s", type: "button" }, translate("Discard it"));
      undo.addEventListener("click", () => this.put(text));
      notice(translate("Restored what had not been saved at {time}.", { time: new Date(copy.at).toLocaleString(document.documentElement.lang) }));
      document.querySelector("#notices").lastElementChild.append(undo);
    } else await this.bringTogether(path, copy.base, copy.text, { text, revision }, null);
  }

  /** Another text in place of what is shown, as a change that will be saved. */
  async put(text) {
    await this.show(text);
    this.touched();
  }

  touched() {
    if (this.path && !this.canvas.isReadOnly && !this.canvas.frozen) this.autosave.touched(this.path);
    this.findings.soon();
  }

  // ---- what Autosave asks

  current(path) {
    if (path !== this.path) return this.autosave.known.get(path).text;
    return this.isTable ? this.tables.text() : this.canvas.text();
  }

  saved(texts, draft) {
    this.draft = draft;
    if (texts.has(this.path) && !this.isTable) this.canvas.saved(texts.get(this.path));
  }

  told(state, problem) {
    const words = {
      saved: "Saved", unsaved: "Not saved yet", saving: "Saving…", offline: "No network: kept in this browser", conflict: "Somebody else has saved",
      refused: "Not saved",
    };
    this.status.textContent = translate(words[state]);
    this.status.dataset.state = state;
    if (state === "conflict") this.conflict(problem);
    if (state === "refused") notice(problem.detail, "bad");
  }

  /** Somebody else has saved while nothing was changed here. */
  async others(draft) {
    const before = this.draft;
    this.draft = draft;
    const now = draft.files.find((file) => file.path === this.path);
    if (!now || now.revision === before.files.find((file) => file.path === this.path)?.revision) return;
    const { text, revision } = await this.server.file(this.path);
    this.autosave.took(this.path, text, revision);
    await this.show(text);
    notice(translate("{name} has saved this file; you see it as it is now.", { name: now.changed_by.name ?? translate("The system") }));
  }

  // ---- two people at once

  async conflict(problem) {
    const path = problem.path ?? this.path, mine = await this.current(path), known = this.autosave.known.get(path);
    await this.bringTogether(path, known.text, mine, await this.server.file(path), problem);
  }

  /** Put two people's changes together; where both changed the same piece somebody chooses. */
  async bringTogether(path, base, mine, theirs, problem) {
    const who = problem?.changed_by ?? this.draft.files.find((file) => file.path === path)?.changed_by.name ?? "";
    const when = problem?.changed_at ? new Date(problem.changed_at).toLocaleTimeString(document.documentElement.lang) : "";
    const answer = await bringTogether(path, base, mine, theirs.text, { who, when, detail: problem?.detail });
    if (!answer) return;
    this.autosave.known.set(path, theirs);
    if (path === this.path) {
      await this.show(theirs.text);
      if (answer.text !== theirs.text) await this.put(answer.text);
    }
    this.autosave.state = "unsaved";
    if (answer.isTheirs) await this.autosave.copies.drop(path);
    await this.autosave.settled(path, theirs);
  }

  /** Let tokens run, or go back to drawing; nothing of it is a change. */
  simulate() {
    this.canvas.get("toggleMode").toggleMode();
  }

  // ---- findings

  async changedTexts() {
    if (!this.path) return {};
    const text = await this.current(this.path);
    return text === this.autosave.known.get(this.path)?.text ? {} : { [this.path]: text };
  }

  /** Lead to the element and, where it is known, the field that a finding is about. */
  async go(finding) {
    const target = finding.file.split(":")[0] || this.path;
    if (target !== this.path && this.diagrams.includes(target)) await this.open(target);
    if (!finding.element_id || this.isTable) return;
    const shown = this.canvas.reveal(finding.element_id) || this.canvas.reveal(this.poolOf(finding.element_id));
    if (shown && finding.field) {
      this.root.classList.add("shows-panel");
      requestAnimationFrame(() => this.canvas.get("eventBus").fire("propertiesPanel.showEntry", { id: finding.field === "name" || finding.field === "id" ? finding.field : `our-${finding.field}` }));
    }
  }

  /** A process is shown as its pool. */
  poolOf(processId) {
    return this.canvas.get("elementRegistry").find((each) => each.businessObject?.processRef?.id === processId)?.id ?? processId;
  }

  // ---- files

  /** A form for a step, with one field to begin with; it is chosen for the step at once. */
  async beginForm(step) {
    const object = step.businessObject, name = object.name || object.id;
    const taken = this.draft.files.map((file) => file.path);
    const key = await ask(translate("A form for “{name}”", { name }), [
      field("key", translate("Key"), { value: object.id, required: "", pattern: "[a-z][a-z0-9_]{0,59}", maxlength: 60 }),
      field("title", translate("Title"), { value: name, required: "", maxlength: 120 }),
    ], [{ label: translate("Create"), value: "create", primary: true }, { label: translate("Cancel"), value: "" }], (form) => new FormData(form));
    if (!key) return;
    const path = `forms/${key.get("key")}.json`;
    if (!taken.includes(path)) {
      const form = { title: key.get("title"), type: "object", properties: { note: { type: "string", title: translate("Remarks"), "ui:widget": "textarea" } } };
      this.draft = await this.server.save([{ path, text: `${JSON.stringify(form, null, 2)}\n`, revision: 0 }]);
      this.autosave.draftRevision = this.draft.revision;
    }
    await this.learn();
    setProperties(this.canvas.get("injector"), step, { form: key.get("key") });
  }

  /** Read anew what there is to choose from. */
  async learn() {
    Object.assign(this.catalogue, await this.server.get(`/drafts/${this.server.draftId}/catalogue`));
    this.knows();
  }

  /** What there is to choose from is another list now: the panel shows it. */
  knows() {
    if (this.canvas.isReadOnly || this.isTable || !this.path) return;
    const chosen = this.canvas.get("selection").get();
    this.canvas.get("eventBus").fire("elements.changed", { elements: chosen.length ? chosen : [this.canvas.get("canvas").getRootElement()] });
  }

  async leave(address) {
    if (await this.autosave.flush()) location.assign(address);
  }
}
