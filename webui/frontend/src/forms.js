// Forms of the procedures, made quicker: fields that appear when they are asked for, values that are calculated while typing, rows that
// come and go, previews of photos. The server does all of it again; without this script every form still works.
const interpreters = new Map([
  ["+", ([a, b]) => amount(a) + amount(b)],
  ["-", ([a, b]) => amount(a) - amount(b)],
  ["*", ([a, b]) => amount(a) * amount(b)],
  ["/", ([a, b]) => (amount(b) === 0 ? null : amount(a) / amount(b))],
  ["==", ([a, b]) => same(a, b)],
  ["!=", ([a, b]) => !same(a, b)],
  ["<", ([a, b]) => ordered(a, b) && a < b],
  ["<=", ([a, b]) => ordered(a, b) && a <= b],
  [">", ([a, b]) => ordered(a, b) && a > b],
  [">=", ([a, b]) => ordered(a, b) && a >= b],
  ["not", ([a]) => !truth(a)],
  ["sum", (values) => filled(values).reduce((total, value) => total + amount(value), 0)],
  ["count", (values) => filled(values).length],
  ["min", (values) => extreme(values, (a, b) => a < b)],
  ["max", (values) => extreme(values, (a, b) => a > b)],
  ["abs", ([a]) => Math.abs(amount(a))],
  ["round", ([a, places]) => rounded(amount(a), places ?? 0)],
]);

export function initForms(root = document) {
  for (const form of root.querySelectorAll("[data-form]")) new LiveForm(form);
  root.querySelector("[data-form-errors]")?.focus({ preventScroll: false });
}

class LiveForm {
  constructor(root) {
    if (root.dataset.enhanced) return;
    root.dataset.enhanced = "1";
    this.root = root;
    root.addEventListener("input", () => this.update());
    for (const name of ["change", "shrunk"]) root.addEventListener(name, (event) => {
      if (event.target.matches("[data-photos]")) preview(event.target);
      this.update();
    });
    // a picked unit keeps its words beside its id, so that the server knows them to belong together
    root.addEventListener("picked", (event) => {
      const label = root.ownerDocument.getElementById(`${event.target.id}-label`);
      if (label) label.value = event.detail.label;
    });
    root.addEventListener("click", (event) => this.clicked(event));
    // a draft that is taken back may have more rows than the page
    root.closest("form")?.addEventListener("draft-taken", (event) => event.detail.forEach((name) => this.makeRoom(name)));
    this.update();
  }

  clicked(event) {
    const adds = event.target.closest("[data-add-row]");
    const removes = event.target.closest("[data-remove-row]");
    if (!adds && !removes) return;
    event.preventDefault();
    const box = event.target.closest("[data-rows]");
    if (adds) addRow(box);
    else removeRow(removes.closest("[data-row]"), box);
    this.update();
  }

  makeRoom(name) {
    const [, table, number] = /^([a-z0-9_]+)-(\d+)-/.exec(name) ?? [];
    const box = table && this.root.querySelector(`[data-rows="${table}"]`);
    while (box && lastNumber(box) < Math.min(Number(number), 500)) addRow(box);
  }

  update() {
    // a condition may look at a calculated field and the other way round: settle in a few passes
    for (let pass = 0; pass < 4; pass += 1) {
      let changed = false;
      for (const field of this.root.querySelectorAll("[data-show-if]")) changed = this.show(field) || changed;
      for (const field of this.root.querySelectorAll("[data-compute]")) changed = this.compute(field) || changed;
      if (!changed) return;
    }
  }

  show(field) {
    const wanted = this.holds(parsed(field, "showIf"));
    if (field.hidden === !wanted) return false;
    field.hidden = !wanted;
    // what is hidden is not sent; the server would drop it anyway
    for (const input of field.querySelectorAll("input, select, textarea")) input.disabled = !wanted;
    return true;
  }

  compute(field) {
    const output = field.querySelector("[data-output]");
    if (!output) return false;
    const words = worded(this.attempt(parsed(field, "compute"), field.closest("[data-row]")), field.dataset.kind);
    if (output.textContent === words) return false;
    output.textContent = words;
    return true;
  }

  holds(condition) {
    if (condition.all) return condition.all.every((part) => this.holds(part));
    if (condition.any) return condition.any.some((part) => this.holds(part));
    if (condition.not) return !this.holds(condition.not[0]);
    if ("is" in condition) return condition.is;
    const value = this.valueOf(condition.field);
    if (condition.not_empty) return !(value === null || value === false || value === "" || (Array.isArray(value) && !value.length));
    const wanted = condition.equals ?? condition.in;
    return (Array.isArray(value) ? value : [value]).some((each) => wanted.some((other) => String(each ?? "") === String(other ?? "")));
  }

  attempt(tree, row) {
    try {
      return this.evaluate(tree, row);
    } catch (error) {
      // letters where a number belongs: nothing to show, and the server says what is wrong
      if (error instanceof TypeError) return null;
      throw error;
    }
  }

  evaluate(tree, row) {
    if ("value" in tree) return tree.value;
    if (tree.name) return this.named(tree.name, row);
    if (tree.op === "if") return this.evaluate(tree.of[truth(this.evaluate(tree.of[0], row)) ? 1 : 2], row);
    if (tree.op === "and") return tree.of.every((part) => truth(this.evaluate(part, row)));
    if (tree.op === "or") return tree.of.some((part) => truth(this.evaluate(part, row)));
    return interpreters.get(tree.op)?.(tree.of.map((part) => this.evaluate(part, row))) ?? null;
  }

  named([name, column], row) {
    if (column) return [...this.root.querySelectorAll(`[data-rows="${name}"] [data-row]`)].map((each) => cell(each, column));
    if (row && cellBox(row, name)) return cell(row, name);
    return this.valueOf(name);
  }

  valueOf(name) {
    const box = this.root.querySelector(`[data-field="${name}"]`);
    return box && !box.hidden ? valueIn(box) : null;
  }
}

function cellBox(row, column) {
  return [...row.querySelectorAll("[data-field]")].find((box) => box.dataset.field.endsWith(`-${column}`));
}

function cell(row, column) {
  const box = cellBox(row, column);
  return box ? valueIn(box) : null;
}

function valueIn(box) {
  const output = box.querySelector("[data-output]");
  if (output) return typed(output.textContent.replaceAll(",", ""), box.dataset.kind);
  const fixed = box.querySelector("[data-fixed]");
  if (fixed) return typed(fixed.dataset.fixed, box.dataset.kind);
  if (box.dataset.kind === "rows") return [...box.querySelectorAll("[data-row]")].filter((row) => [...row.querySelectorAll("input, select, textarea")].some((input) => input.value && input.type !== "checkbox"));
  const inputs = [...box.querySelectorAll("input, select, textarea")].filter((input) => input.type !== "hidden" || box.dataset.kind === "signature");
  const ticks = inputs.filter((input) => input.type === "radio" || input.type === "checkbox");
  if (box.dataset.kind === "choices") return ticks.filter((tick) => tick.checked).map((tick) => tick.value);
  if (box.dataset.kind === "yes_no") {
    const chosen = ticks.find((tick) => tick.checked);
    return chosen ? chosen.value === "true" : ticks.length > 1 ? null : false;
  }
  if (box.dataset.kind === "photos" || box.dataset.kind === "files") return inputs.flatMap((input) => (input.type === "file" ? [...input.files] : input.checked ? [input.value] : []));
  if (ticks.length) return ticks.find((tick) => tick.checked)?.value ?? "";
  return typed(inputs[0]?.value ?? "", box.dataset.kind);
}

function typed(text, kind) {
  const plain = text.normalize("NFKC").trim();
  if (["number", "integer", "money"].includes(kind)) {
    const number = Number(plain.replaceAll(",", ""));
    return plain === "" || plain === "—" || Number.isNaN(number) ? null : number;
  }
  if (plain && ["date", "date_time"].includes(kind)) {
    // days since the year 0001, as the server counts them
    const moment = Date.parse(kind === "date" ? `${plain}T00:00Z` : plain);
    return Number.isNaN(moment) ? null : moment / 1000 + 62_135_683_200;
  }
  return text;
}

const amount = (value) => {
  if (value === null || value === undefined || value === "") return 0;
  if (typeof value !== "number") throw new TypeError(value);
  return value;
};
const empty = (value) => value === null || value === undefined || value === "";
const truth = (value) => (Array.isArray(value) ? value.length > 0 : Boolean(value));
const same = (a, b) => (empty(a) || empty(b) ? empty(a) && empty(b) : a === b);
const ordered = (a, b) => !empty(a) && !empty(b) && typeof a === typeof b;
const filled = (values) => values.flat().filter((value) => !empty(value));
const extreme = (values, better) => filled(values).reduce((best, value) => (best === null || better(value, best) ? value : best), null);

function rounded(value, places) {
  // half away from zero, as the server does; the nudge undoes what binary fractions lose
  const factor = 10 ** places;
  return (Math.sign(value) * Math.round(Math.abs(value) * factor * (1 + Number.EPSILON))) / factor;
}

function worded(value, kind) {
  if (empty(value) || Array.isArray(value)) return "—";
  if (kind === "money") return typeof value === "number" ? rounded(value, 2).toFixed(2).replace(/\B(?=(\d{3})+(?!\d))/g, (match, _group, at, whole) => (at < whole.indexOf(".") ? "," : "")) : "—";
  if (kind === "integer") return typeof value === "number" ? String(rounded(value, 0)) : "—";
  if (kind === "number") return typeof value === "number" ? String(rounded(value, 6)) : "—";
  if (kind === "yes_no") return truth(value) ? "✓" : "—";
  return String(value);
}

function parsed(element, name) {
  const key = `_${name}`;
  element[key] ??= JSON.parse(element.dataset[name]);
  return element[key];
}

function lastNumber(box) {
  const numbers = [...box.querySelectorAll("[data-row]")].map((row) => Number(/-(\d+)-/.exec(row.querySelector("[data-field]").dataset.field)[1]));
  return Math.max(-1, ...numbers);
}

function addRow(box) {
  const number = lastNumber(box) + 1;
  const copy = box.querySelector("[data-row-template]").content.cloneNode(true);
  for (const element of copy.querySelectorAll("*")) {
    for (const attribute of [...element.attributes]) {
      if (attribute.value.includes("__row__")) element.setAttribute(attribute.name, attribute.value.replaceAll("__row__", String(number)));
    }
  }
  const row = copy.querySelector("[data-row]");
  box.querySelector("tbody").append(copy);
  document.dispatchEvent(new CustomEvent("content-added", { detail: row }));
  row.querySelector("input, select, textarea")?.focus();
}

function removeRow(row, box) {
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  (next?.querySelector("input, select, textarea") ?? box.querySelector("[data-add-row]"))?.focus();
}

function preview(input) {
  const holder = input.parentElement.querySelector("[data-previews]");
  if (!holder) return;
  for (const picture of holder.children) URL.revokeObjectURL(picture.src);
  holder.replaceChildren(...[...input.files].filter((file) => file.type.startsWith("image/")).map((file) => {
    const picture = document.createElement("img");
    picture.className = "form-thumb";
    picture.alt = file.name;
    picture.src = URL.createObjectURL(file);
    return picture;
  }));
}
