// When a field is shown: rows of "field, test, value", all or any of them. What is nested deeper is edited as it is written.
import { element } from "../designer/dialogs.js";
import { translate } from "../designer/words.js";
import { kindOf } from "./form-model.js";

const TESTS = [["equals", "is"], ["in", "is one of"], ["not_empty", "is filled in"], ["empty", "is empty"]];

/** `[{ name, test, value }]` with how they are joined, or null for what is nested. */
function read(condition) {
  if (!condition) return { join: "all", rows: [] };
  const join = condition.any ? "any" : "all", parts = condition.all ?? condition.any ?? [condition];
  const rows = parts.map((part) => {
    const one = part.not ?? part;
    if (typeof one.field !== "string" || (part.not && !("not_empty" in one))) return null;
    const test = Object.keys(one).find((key) => key !== "field");
    return TESTS.some(([each]) => each === test) ? { name: one.field, test: part.not ? "empty" : test, value: one[test] } : null;
  });
  return rows.includes(null) ? null : { join, rows };
}

function written({ join, rows }) {
  const parts = rows.map(({ name, test, value }) => (test === "empty" ? { not: { field: name, not_empty: true } } : { field: name, [test]: test === "not_empty" ? true : value }));
  return parts.length > 1 ? { [join]: parts } : parts[0];
}

export function conditionRows(editor, path, condition, set) {
  const found = read(condition);
  if (!found) {
    const input = element("textarea", { class: "form-control mono", rows: 5, spellcheck: "false", "data-key": "ui:show_if", "aria-label": translate("Show when") }, JSON.stringify(condition, null, 1));
    input.addEventListener("change", () => {
      try {
        set(input.value.trim() ? JSON.parse(input.value) : undefined);
        input.setCustomValidity("");
      } catch (error) {
        input.setCustomValidity(error.message);
        input.reportValidity();
      }
    });
    return element("div", {}, input, element("div", { class: "form-hint" }, translate("A nested condition, edited as the file has it.")));
  }
  const names = Object.entries(editor.schema.properties).filter(([name]) => name !== path), put = (rows, join = found.join) => set(written({ rows, join }));
  const rows = found.rows.map((row, at) => {
    const change = (values) => put(found.rows.map((each, place) => (place === at ? { ...each, ...values } : each)));
    const name = select(names.map(([each, field]) => [each, editor.said(field.title) || each]), row.name, translate("Field")), test = select(TESTS.map(([each, label]) => [each, translate(label)]), row.test, translate("Test"));
    name.addEventListener("change", () => change({ name: name.value, ...first(editor, name.value, row.test) }));
    test.addEventListener("change", () => change({ test: test.value, ...first(editor, row.name, test.value) }));
    const out = element("button", { type: "button", class: "btn btn-s btn-quiet btn-icon", "aria-label": translate("Remove"), title: translate("Remove") }, "×");
    out.addEventListener("click", () => put(found.rows.filter((_each, place) => place !== at)));
    return element("div", { class: "parts-condition" }, name, test, ...value(editor, row, change), out);
  });
  const join = select([["all", translate("All of these")], ["any", translate("Any of these")]], found.join, translate("Joined by"));
  join.addEventListener("change", () => put(found.rows, join.value));
  const add = element("button", { type: "button", class: "btn btn-s", disabled: names.length ? null : "" }, translate("Add a condition"));
  add.addEventListener("click", () => put([...found.rows, { name: names[0][0], test: "equals", ...first(editor, names[0][0], "equals") }]));
  return element("div", { "data-key": "ui:show_if", tabindex: "-1" }, ...(found.rows.length > 1 ? [join] : []), ...rows, ...(found.rows.length ? [] : [element("p", { class: "form-hint" }, translate("Always."))]), add);
}

function select(list, value, label) {
  return element("select", { class: "form-select", "aria-label": label }, ...list.map(([each, words]) => element("option", { value: each, selected: each === value ? "" : null }, words)));
}

function offered(editor, name) {
  const field = editor.schema.properties[name] ?? {}, kind = kindOf(field);
  if (kind === "yes_no") return [[true, translate("Yes")], [false, translate("No")]];
  return kind === "choice" ? field.oneOf.map((each) => [each.const, each.title]) : kind === "choices" ? field.items.oneOf.map((each) => [each.const, each.title]) : [];
}

/** A value that fits the field and the test to begin with. */
function first(editor, name, test) {
  const value = offered(editor, name)[0]?.[0] ?? "";
  return { value: test === "in" ? [value] : test === "equals" ? value : true };
}

function value(editor, row, change) {
  if (row.test === "not_empty" || row.test === "empty") return [];
  const list = offered(editor, row.name), isMany = row.test === "in";
  if (!list.length) {
    const input = element("input", { class: "form-control", "aria-label": translate("Value"), value: isMany ? row.value.join(", ") : String(row.value) });
    const typed = (text) => (["number", "integer"].includes(kindOf(editor.schema.properties[row.name] ?? {})) && text.trim() && !Number.isNaN(Number(text)) ? Number(text) : text.trim());
    input.addEventListener("change", () => change({ value: isMany ? input.value.split(",").map(typed) : typed(input.value) }));
    return [input];
  }
  const input = element("select", { class: "form-select", "aria-label": translate("Value"), multiple: isMany ? "" : null }, ...list.map(([each, words]) => element("option", { value: JSON.stringify(each), selected: [row.value].flat().includes(each) ? "" : null }, words)));
  input.addEventListener("change", () => { const chosen = [...input.selectedOptions].map((each) => JSON.parse(each.value)); if (chosen.length) change({ value: isMany ? chosen : chosen[0] }); });
  return [input];
}
