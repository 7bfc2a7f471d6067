// A record's template as text, its mistakes beside the line, and the paper as it prints with real data.
import { element } from "../designer/dialogs.js";
import { translate } from "../designer/words.js";
import { DraftFile } from "./draft-file.js";
import { Preview } from "./preview.js";

export class RecordEditor {
  constructor(root, server, draft, catalogue) {
    Object.assign(this, { root, server, catalogue });
    this.area = root.querySelector("[data-text]");
    this.lines = root.querySelector("[data-lines]");
    this.problem = root.querySelector("[data-problem]");
    this.file = new DraftFile(root, server, draft, root.dataset.path, (text) => this.took(text));
    this.area.readOnly = this.file.isReadOnly;
    this.preview = new Preview(root.querySelector("[data-preview]"), root.dataset.previewAddress, server.token, () => ({ text: this.file.text }), false);
    this.preview.told = (response, text) => this.told(response, text);
    this.area.addEventListener("input", () => { this.file.change(this.area.value, "text"); this.number(); this.preview.soon(); });
    this.area.addEventListener("scroll", () => { this.lines.scrollTop = this.area.scrollTop; });
    this.problem.addEventListener("click", () => this.go(this.wrong));
    root.querySelector('[data-do="undo"]')?.addEventListener("click", () => this.file.undo());
    root.querySelector('[data-do="redo"]')?.addEventListener("click", () => this.file.redo());
    const insert = root.querySelector("[data-insert]");
    insert?.append(...catalogue.forms.map((form) => element("optgroup", { label: form.title || form.key }, ...form.fields.map((field) => element("option", { value: `${form.key}.${field.name}` }, field.title || field.name)))));
    insert?.addEventListener("change", () => {
      if (insert.value) this.area.setRangeText(`{{${insert.value}}}`, this.area.selectionStart, this.area.selectionEnd, "end");
      insert.value = "";
      this.area.dispatchEvent(new Event("input"));
      this.area.focus();
    });
  }

  took(text) {
    this.area.value = text;
    this.number();
    this.preview.soon();
  }

  number() {
    const count = this.area.value.split("\n").length;
    if (this.lines.childElementCount !== count) this.lines.replaceChildren(...Array.from({ length: count }, (_each, at) => element("span", {}, String(at + 1))));
    for (const each of this.lines.querySelectorAll(".is-wrong")) each.classList.remove("is-wrong");
    this.lines.children[this.wrong - 1]?.classList.add("is-wrong");
  }

  told(response, text) {
    const page = new DOMParser().parseFromString(text, "text/html"), told = page.querySelector("[data-wrong-line]");
    this.wrong = told ? Number(told.dataset.wrongLine) : 0;
    this.problem.hidden = !told;
    this.problem.textContent = told ? told.textContent.trim() : "";
    this.area.setAttribute("aria-invalid", String(Boolean(told)));
    this.number();
  }

  go(line) {
    const before = this.area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0), end = this.area.value.indexOf("\n", before);
    this.area.focus();
    this.area.setSelectionRange(before, end < 0 ? this.area.value.length : end);
    this.area.scrollTop = Math.max(0, (line - 4) * parseFloat(getComputedStyle(this.area).lineHeight));
  }
}
