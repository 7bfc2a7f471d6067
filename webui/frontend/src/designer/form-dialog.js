// A form in a dialog that stays until the server takes it: what it refuses stands beside the field, what was typed is kept.
import { element, notice } from "./dialogs.js";
import { Refused, Unreachable } from "./server.js";
import { translate } from "./words.js";

let count = 0;

/**
 * `fields` are made by the functions below; `send(values)` may throw `Refused`. Resolves to what `send` gave, or null when put away. `more`
 * adds buttons `{ label, act }` that close the dialog before they act.
 */
export function fill(heading, fields, submit, send, more = []) {
  return new Promise((resolve) => {
    const title = `form-dialog-${(count += 1)}`;
    const dialog = element("dialog", { "aria-labelledby": title, class: "designer-form" });
    const form = element("form", { class: "dialog-body designer-dialog", novalidate: "" });
    const problem = element("div", { class: "note note-bad", role: "alert", hidden: "" });
    const cancel = element("button", { class: "btn", type: "button" }, translate("Cancel"));
    const row = element("div", { class: "actions" }, ...more.map(({ label, act }) => {
      const button = element("button", { class: "btn btn-quiet designer-form-more", type: "button" }, label);
      button.addEventListener("click", () => { close(null); act(); });
      return button;
    }), cancel, element("button", { class: "btn btn-primary" }, submit));
    form.append(element("h2", { id: title }, heading), problem, ...fields.map((field) => field.node), row);
    dialog.append(form);
    const close = (value) => { dialog.close(); dialog.remove(); resolve(value); };
    cancel.addEventListener("click", () => close(null));
    dialog.addEventListener("cancel", (event) => { event.preventDefault(); close(null); });
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      for (const field of fields) field.refuse?.("");
      problem.hidden = true;
      try {
        close(await send(Object.fromEntries(fields.filter((field) => field.name).map((field) => [field.name, field.value()]))));
      } catch (error) {
        if (error instanceof Unreachable) notice(translate("No network. Nothing is lost; try again in a moment."), "warn");
        else if (error instanceof Refused) refuse(error);
        else throw error;
      }
    });
    const refuse = (error) => {
      const left = (error.problem.errors ?? []).filter((each) => !place(fields, each));
      if (!error.problem.errors || left.length) {
        problem.textContent = left.length ? left.map((each) => each.message).join(" ") : error.message;
        problem.hidden = false;
      }
      (form.querySelector('[aria-invalid="true"]') ?? problem).scrollIntoView({ block: "center" });
      form.querySelector('[aria-invalid="true"]')?.focus();
    };
    document.body.append(dialog);
    dialog.showModal();
    form.querySelector("input:not([readonly]), textarea, select")?.focus();
  });
}

function place(fields, error) {
  const name = error.field.split(".").at(-1), field = fields.find((each) => each.name === name);
  field?.refuse?.(error.message);
  return Boolean(field?.refuse);
}

/** A labelled input with room for what is wrong with it. */
function labelled(name, label, input, value, { required, hint } = {}) {
  const id = `form-field-${name}-${(count += 1)}`, wrong = element("div", { class: "invalid-feedback", id: `${id}-wrong` });
  input.id = id;
  const node = element("div", { class: "field" }, element("label", { class: `form-label${required ? " required" : ""}`, for: id }, label), input, wrong,
    ...(hint ? [element("div", { class: "form-hint", id: `${id}-hint` }, hint)] : []));
  const described = [`${id}-wrong`, ...(hint ? [`${id}-hint`] : [])].join(" ");
  input.setAttribute("aria-describedby", described);
  const refuse = (message) => {
    wrong.textContent = message;
    input.classList.toggle("is-invalid", Boolean(message));
    input.setAttribute("aria-invalid", String(Boolean(message)));
  };
  return { name, node, input, value, refuse };
}

export function line(name, label, value = "", options = {}) {
  const input = element("input", { class: "form-control", type: options.type ?? "text", autocomplete: "off", value: value ?? "", placeholder: options.placeholder ?? null, readonly: options.fixed ? "" : null, spellcheck: options.code ? "false" : null });
  return labelled(name, label, input, () => input.value.trim(), options);
}

export function text(name, label, value = "", options = {}) {
  const input = element("textarea", { class: `form-control${options.code ? " mono" : ""}`, rows: options.rows ?? 3, spellcheck: options.code ? "false" : null }, value ?? "");
  return labelled(name, label, input, () => input.value.trim(), options);
}

/** `list`: `[value, label]`. What the file says and nobody knows stays visible. */
export function choice(name, label, value, list, options = {}) {
  const known = list.some(([each]) => each === (value ?? ""));
  const all = known || !value ? list : [...list, [value, translate("{value} (unknown)", { value })]];
  const input = element("select", { class: "form-select" }, ...all.map(([each, words]) => element("option", { value: each, selected: each === (value ?? "") ? "" : null }, words)));
  return labelled(name, label, input, () => input.value, options);
}

export function tick(name, label, value) {
  const input = element("input", { type: "checkbox", class: "form-check-input", checked: value ? "" : null });
  return { name, input, node: element("div", { class: "field" }, element("label", { class: "form-check" }, input, element("span", { class: "form-check-label" }, label))), value: () => input.checked };
}

/** Several of a list, each as a line that can be taken out again; `pick` makes the words of a value. */
export function several(name, label, values, list, options = {}) {
  const chosen = [...values], held = element("ul", { class: "designer-several" });
  const input = element("select", { class: "form-select" });
  const words = (value) => list.find(([each]) => each === value)?.[1] ?? translate("{value} (unknown)", { value });
  const draw = () => {
    held.replaceChildren(...chosen.map((value) => {
      const out = element("button", { type: "button", "aria-label": `${translate("Remove")} ${words(value)}`, title: translate("Remove") }, "×");
      out.addEventListener("click", () => { chosen.splice(chosen.indexOf(value), 1); draw(); input.focus(); });
      return element("li", { class: list.some(([each]) => each === value) ? "" : "is-unknown" }, element("span", {}, words(value)), out);
    }));
    input.replaceChildren(element("option", { value: "" }, options.add ?? translate("Add…")), ...list.filter(([each]) => !chosen.includes(each)).map(([each, said]) => element("option", { value: each }, said)));
  };
  input.addEventListener("change", () => { if (input.value) chosen.push(input.value); draw(); });
  draw();
  const made = labelled(name, label, input, () => [...chosen], options);
  input.before(held);
  return made;
}

/** Fields that stand under a heading of their own and open when needed. */
export function fold(label, fields, isOpen = false) {
  return element("details", { class: "designer-fold", open: isOpen ? "" : null }, element("summary", {}, label), ...fields.map((field) => field.node));
}
