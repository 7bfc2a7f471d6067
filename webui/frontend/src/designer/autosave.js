// Keeps what is drawn: at once in this browser, a moment later on the server, again and again while there is no network. Where somebody
// else has saved the same file in the meantime it stops and asks; until that is settled the browser's copy stays.
import { LocalCopies } from "./local-copy.js";
import { Refused, Unreachable } from "./server.js";

const SOON = 1_200, AGAIN = 4_000, LOOK = 15_000;

/**
 * `host` gives and takes texts: `current(path)` the text as it is now, `told(state, detail)` is called with `saved`, `unsaved`, `saving`,
 * `offline`, `conflict` or `refused`, `others(draft)` when somebody else has saved.
 */
export class Autosave {
  constructor(server, host, draft) {
    this.server = server;
    this.host = host;
    this.copies = new LocalCopies(server.draftId);
    //: path → { text, revision } as the server has it
    this.known = new Map();
    this.dirty = new Set();
    this.draftRevision = draft.revision;
    this.queue = Promise.resolve();
    window.addEventListener("online", () => this.soon(0));
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty.size) event.preventDefault();
    });
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.soon(0));
    setInterval(() => this.look(), LOOK);
  }

  /** The server's text of a file is in hand now. */
  took(path, text, revision) {
    this.known.set(path, { text, revision });
  }

  /** Something of a file was changed. */
  async touched(path) {
    this.dirty.add(path);
    if (this.state !== "conflict") this.tell("unsaved");
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keep(path), 150);
    this.soon(SOON);
  }

  async keep(path) {
    const text = await this.host.current(path), known = this.known.get(path);
    await this.copies.put(path, { text, base: known?.text ?? null, revision: known?.revision ?? 0, at: Date.now() });
  }

  soon(after) {
    if (!this.dirty.size || this.state === "conflict") return;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.flush(), after);
  }

  /** Send what was changed; resolves once it was answered. True where nothing is left to send. */
  flush() {
    this.queue = this.queue.then(() => this.send());
    return this.queue;
  }

  async send() {
    const paths = [...this.dirty];
    if (!paths.length) return true;
    const texts = new Map();
    for (const path of paths) texts.set(path, await this.host.current(path));
    this.dirty.clear();
    const edits = paths.map((path) => ({ path, text: texts.get(path), revision: this.known.get(path)?.revision ?? 0 }))
      .filter((edit) => edit.text !== this.known.get(edit.path)?.text);
    if (edits.length) {
      this.tell("saving");
      try {
        this.arrived(await this.server.save(edits), texts);
      } catch (error) {
        paths.forEach((path) => this.dirty.add(path));
        return this.failed(error);
      }
    }
    for (const path of paths) if (!this.dirty.has(path)) await this.copies.drop(path);
    this.tell(this.dirty.size ? "unsaved" : "saved");
    return this.dirty.size === 0;
  }

  arrived(draft, texts) {
    this.draftRevision = draft.revision;
    for (const file of draft.files) if (texts.has(file.path)) this.known.set(file.path, { text: texts.get(file.path), revision: file.revision });
    this.host.saved(texts, draft);
  }

  failed(error) {
    if (error instanceof Unreachable) {
      this.tell("offline");
      clearTimeout(this.waiting);
      this.waiting = setTimeout(() => this.flush(), AGAIN);
    } else if (error instanceof Refused && error.status === 412) this.tell("conflict", error.problem);
    else if (error instanceof Refused) this.tell("refused", error.problem);
    else throw error;
    return false;
  }

  /** What two people made of it is put together: go on from their revision. */
  settled(path, theirs) {
    this.known.set(path, theirs);
    this.dirty.add(path);
    this.state = "unsaved";
    return this.flush();
  }

  /** See whether somebody else has saved. */
  async look() {
    if (document.visibilityState === "hidden" || this.state === "conflict") return;
    try {
      const draft = await this.server.get(`/drafts/${this.server.draftId}`, { background: true });
      if (draft.revision !== this.draftRevision && !this.dirty.size) {
        this.draftRevision = draft.revision;
        await this.host.others(draft);
      }
      if (this.state === "offline") this.soon(0);
    } catch (error) {
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
    }
  }

  tell(state, detail) {
    this.state = state;
    this.host.told(state, detail);
  }
}
