// One file of a draft in hand: its text, saved as it changes, with the history of what was done to it in this browser.
import { Autosave } from "../designer/autosave.js";
import { notice } from "../designer/dialogs.js";
import { bringTogether } from "../designer/merge-dialog.js";
import { translate } from "../designer/words.js";

export class DraftFile {
  /** `show(text)` puts a text into the editor. */
  constructor(root, server, draft, path, show) {
    Object.assign(this, { root, server, draft, path, show });
    this.status = root.querySelector("[data-save-state]");
    this.isReadOnly = "readOnly" in root.dataset;
    this.autosave = new Autosave(server, this, draft);
    this.past = [];
    this.future = [];
  }

  async open() {
    const { text, revision } = await this.server.file(this.path);
    this.autosave.took(this.path, text, revision);
    this.text = this.original = text;
    this.show(text);
    if (this.isReadOnly) this.status.textContent = translate("Look only");
    else this.told("saved");
    const copy = await this.autosave.copies.get(this.path);
    if (!copy || copy.text === text || this.isReadOnly) return;
    if (copy.revision !== revision) {
      // what stands here came from an earlier state: until both were put together nothing is sent
      this.autosave.took(this.path, copy.base, copy.revision);
      this.text = copy.text;
      this.show(copy.text);
      this.autosave.dirty.add(this.path);
      this.autosave.tell("conflict", { changed_by: this.draft.files.find((file) => file.path === this.path)?.changed_by.name });
    } else {
      notice(translate("Restored what had not been saved at {time}.", { time: new Date(copy.at).toLocaleString(document.documentElement.lang) }));
      this.change(copy.text);
      this.show(copy.text);
    }
  }

  /** The editor's text is another one now. Changes that follow each other within a moment under the same name are undone together. */
  change(text, name = "") {
    if (text === this.text || this.isReadOnly) return;
    const isOne = name && name === this.lastName && Date.now() - this.lastAt < 1_500;
    if (!isOne) this.past.push(this.text);
    Object.assign(this, { text, future: [], lastName: name, lastAt: Date.now() });
    this.touched();
  }

  undo() {
    this.step(this.past, this.future);
  }

  redo() {
    this.step(this.future, this.past);
  }

  step(from, to) {
    if (!from.length) return;
    to.push(this.text);
    this.text = from.pop();
    this.lastName = "";
    this.show(this.text);
    this.touched();
  }

  touched() {
    for (const [name, stack] of [["undo", this.past], ["redo", this.future]]) {
      const button = this.root.querySelector(`[data-do="${name}"]`);
      if (button) button.disabled = !stack.length;
    }
    this.autosave.touched(this.path);
  }

  // ---- what Autosave asks

  current() {
    return this.text;
  }

  saved(_texts, draft) {
    this.draft = draft;
  }

  told(state, problem) {
    const words = { saved: "Saved", unsaved: "Not saved yet", saving: "Saving…", offline: "No network: kept in this browser", conflict: "Somebody else has saved", refused: "Not saved" };
    this.status.textContent = translate(words[state]);
    this.status.dataset.state = state;
    if (state === "conflict") this.conflict(problem);
    if (state === "refused") notice(problem.detail, "bad");
  }

  async others(draft) {
    const now = draft.files.find((file) => file.path === this.path);
    this.draft = draft;
    if (!now || now.revision === this.autosave.known.get(this.path)?.revision) return;
    const { text, revision } = await this.server.file(this.path);
    this.autosave.took(this.path, text, revision);
    this.past.push(this.text);
    this.text = text;
    this.show(text);
    notice(translate("{name} has saved this file; you see it as it is now.", { name: now.changed_by.name ?? translate("The system") }));
  }

  conflict(problem) {
    const when = problem.changed_at ? new Date(problem.changed_at).toLocaleTimeString(document.documentElement.lang) : "";
    return this.bringTogether(this.autosave.known.get(this.path).text, { who: problem.changed_by, when, detail: problem.detail });
  }

  /** Put what somebody else has saved and what stands here together. */
  async bringTogether(base, told) {
    const theirs = await this.server.file(this.path);
    const answer = await bringTogether(this.path, base, this.text, theirs.text, told);
    if (!answer) return;
    this.past.push(this.text);
    this.text = answer.text;
    this.show(this.text);
    await this.autosave.settled(this.path, theirs);
  }
}
