// What is wrong with the draft, while it is drawn: asked of the server once the hand rests, marked on the elements, listed below. An answer
// that something newer has overtaken is dropped.
import { lint } from "./browser-lint.js";
import { Refused, Unreachable } from "./server.js";
import { translate } from "./words.js";

const REST = 700;
const ORDER = { error: 0, warning: 1, hint: 2 };

export class Findings {
  /** `host`: `texts()` gives the files that differ from what is saved, `path()` the one shown, `go(finding)` shows where one is. */
  constructor(server, canvas, host, root) {
    Object.assign(this, { server, canvas, host, root });
    this.found = [];
    this.drawn = [];
    this.list = root.querySelector("[data-findings-list]");
    this.list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-finding]");
      if (button) host.go(this.found[Number(button.dataset.finding)]);
    });
  }

  soon() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.check(), REST);
  }

  async check() {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.root.dataset.state = "checking";
    try {
      const own = this.canvas.modeler.getDefinitions();
      const hints = own ? await lint(own, this.host.path()) : [];
      const { items } = await this.server.post(`/drafts/${this.server.draftId}/check`, { files: await this.host.texts() }, { signal: asking.signal, background: true });
      if (asking.signal.aborted) return;
      this.found = [...items, ...hints].sort((a, b) => ORDER[a.severity] - ORDER[b.severity]);
      this.root.dataset.state = "done";
      this.show();
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof Unreachable || error instanceof Refused)) throw error;
      this.root.dataset.state = "unknown";
    }
  }

  show() {
    const errors = this.found.filter((each) => each.severity === "error").length, rest = this.found.length - errors;
    for (const each of document.querySelectorAll("[data-findings-count]")) {
      each.textContent = errors || rest || "✓";
      each.className = `chip ${errors ? "chip-late" : rest ? "chip-soon" : "chip-good"}`;
      each.title = translate("{errors} errors, {warnings} warnings", { errors, warnings: rest });
    }
    this.list.replaceChildren(...(this.found.length ? this.found.map((finding, at) => row(finding, at)) : [empty()]));
    this.mark();
  }

  /** Marks on the elements that the canvas shows now. */
  mark() {
    const overlays = this.canvas.get("overlays");
    for (const id of this.drawn) overlays.remove(id);
    this.drawn = [];
    const byElement = new Map();
    for (const finding of this.found) {
      if (finding.file !== this.host.path() || !finding.element_id || !this.canvas.element(finding.element_id)) continue;
      byElement.set(finding.element_id, [...(byElement.get(finding.element_id) ?? []), finding]);
    }
    for (const [id, findings] of byElement) {
      const mark = document.createElement("button");
      mark.type = "button";
      mark.className = `designer-mark is-${findings[0].severity}`;
      mark.textContent = findings.length > 1 ? findings.length : findings[0].severity === "error" ? "!" : "?";
      mark.title = findings.map((each) => each.message).join("\n");
      mark.setAttribute("aria-label", mark.title);
      mark.addEventListener("click", () => this.host.go(findings[0]));
      this.drawn.push(overlays.add(id, "finding", { position: { top: -10, left: -10 }, html: mark }));
    }
  }
}

function row(finding, at) {
  const item = document.createElement("li"), button = document.createElement("button");
  button.type = "button";
  button.dataset.finding = at;
  button.className = `designer-finding is-${finding.severity}`;
  const where = document.createElement("span"), text = document.createElement("span");
  where.className = "faint";
  where.textContent = [finding.file, finding.element_id].filter(Boolean).join(" · ");
  text.textContent = finding.message;
  button.append(text, where);
  item.append(button);
  return item;
}

function empty() {
  const item = document.createElement("li");
  item.className = "designer-fine";
  item.textContent = translate("Nothing found. It can be deployed.");
  return item;
}
