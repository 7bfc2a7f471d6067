// Questions that the editor asks, in the browser's own dialog: the same look as the pages', keys included.
import { translate } from "./words.js";

/**
 * Ask with a heading, nodes in the middle and buttons (`{ label, value, primary }`). Resolves to the value of the button, or null when the
 * dialog is put away; `read(form)` may turn the form's fields into more.
 */
export function ask(heading, body, buttons, read = (_form, value) => value) {
  return new Promise((resolve) => {
    const dialog = element("dialog", { "aria-labelledby": "designer-dialog-title" });
    const form = element("form", { method: "dialog", class: "dialog-body designer-dialog" });
    const row = element("div", { class: "actions" });
    for (const { label, value, primary } of buttons) row.append(element("button", { class: primary ? "btn btn-primary" : "btn", value, formnovalidate: value === "" ? "" : null }, label));
    form.append(element("h2", { id: "designer-dialog-title" }, heading), ...body, row);
    dialog.append(form);
    dialog.addEventListener("close", () => {
      const value = dialog.returnValue;
      resolve(value ? read(form, value) : null);
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
    form.querySelector("input, textarea, select, .btn-primary")?.focus();
  });
}

/** Tell something that has to be read. */
export function tell(heading, ...body) {
  return ask(heading, body, [{ label: translate("Close"), value: "close", primary: true }]);
}

/** A short message that goes by itself. */
export function notice(text, kind = "good") {
  const note = element("div", { class: `note note-${kind} designer-notice`, role: "status" }, text);
  document.querySelector("#notices").append(note);
  setTimeout(() => note.remove(), 6_000);
}

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function field(name, label, attributes = {}) {
  const kind = attributes.rows ? "textarea" : "input";
  const input = element(kind, { class: "form-control", id: `designer-${name}`, name, autocomplete: "off", ...attributes });
  return element("div", { class: "field" }, element("label", { class: "form-label", for: `designer-${name}` }, label), input);
}
