// A form's JSON as its editor handles it: fields and columns by path (`materials.quantity`), kinds, order and headings. Pure.
import { translate } from "../designer/words.js";

const CHOICES = () => [{ const: "yes", title: "是" }, { const: "no", title: "否" }];
//: kind → label, and what a new field of it says beside its title
export const KINDS = {
  text: ["Line of text", { type: "string" }], long_text: ["Several lines", { type: "string", "ui:widget": "textarea" }],
  choice: ["One of a list", () => ({ type: "string", oneOf: CHOICES() })], choices: ["Several of a list", () => ({ type: "array", items: { type: "string", oneOf: CHOICES() } })],
  yes_no: ["Yes or no", { type: "boolean" }], date_time: ["Date and time", { type: "string", format: "date-time" }], date: ["Date", { type: "string", format: "date" }],
  time: ["Time of day", { type: "string", format: "time" }], integer: ["Whole number", { type: "integer" }], number: ["Number with decimals", { type: "number" }],
  money: ["Amount of money", { type: "string", format: "money" }], phone: ["Telephone number", { type: "string", format: "phone" }], email: ["E-mail address", { type: "string", format: "email" }],
  person: ["Colleague", { type: "object", format: "person" }], unit: ["Unit of the site", { type: "object", format: "unit" }], tenant: ["Tenant", { type: "object", format: "tenant" }],
  photos: ["Photos", { type: "array", format: "photo" }], files: ["Files", { type: "array", format: "file" }], signature: ["Signature", { type: "object", format: "signature" }],
  rows: ["Table of rows", () => ({ type: "array", items: { type: "object", required: [], properties: { item: { type: "string", title: translate("Item") } } } })],
};
//: in this order keys are written that a field didn't have
const ORDER = ["type", "format", "oneOf", "items", "title", "description", "minLength", "maxLength", "pattern", "minimum", "maximum", "multipleOf", "minItems", "maxItems", "uniqueItems", "const", "default", "readOnly", "index"];
const rank = (key) => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);

export function kindOf(field) {
  if (field.type === "string" && field.oneOf) return "choice";
  if (field.type === "array" && field.items?.type === "object") return "rows";
  if (field.type === "array" && field.items) return "choices";
  if (field.type === "string" && !field.format) return field["ui:widget"] === "textarea" ? "long_text" : "text";
  const found = Object.entries(KINDS).find(([, [, made]]) => typeof made === "object" && made.type === field.type && made.format === field.format && field.format);
  return found?.[0] ?? { boolean: "yes_no", number: "number", integer: "integer" }[field.type] ?? "text";
}

/** Set or (undefined, empty) remove a key; a new one takes its usual place, the others stay in theirs. */
export function withKey(object, key, value) {
  const isGone = value === undefined || value === "" || value === false || value === null;
  if (key in object || isGone) return Object.fromEntries(Object.entries(object).flatMap(([each, old]) => (each !== key ? [[each, old]] : isGone ? [] : [[each, value]])));
  const entries = Object.entries(object), at = entries.findIndex(([each]) => rank(each) > rank(key));
  entries.splice(at < 0 ? entries.length : at, 0, [key, value]);
  return Object.fromEntries(entries);
}

/** What holds the fields of a path: the form, or the rows of a table. */
function holder(schema, path) {
  const [table, column] = path.split(".");
  return column === undefined ? schema : schema.properties[table]?.items;
}

const last = (path) => path.split(".").at(-1);

export function fieldAt(schema, path) {
  return path ? holder(schema, path)?.properties?.[last(path)] : undefined;
}

export function isRequired(schema, path) {
  return (holder(schema, path)?.required ?? []).includes(last(path));
}

/** The schema with what holds a path made anew. */
function changed(schema, path, make) {
  const [table, column] = path.split(".");
  if (column === undefined) return make(schema);
  const field = schema.properties[table];
  return { ...schema, properties: { ...schema.properties, [table]: { ...field, items: make(field.items) } } };
}

export function withField(schema, path, field) {
  return changed(schema, path, (held) => ({ ...held, properties: { ...held.properties, [last(path)]: field } }));
}

export function withRequired(schema, path, isNeeded) {
  const name = last(path);
  return changed(schema, path, (held) => {
    const order = Object.keys(held.properties), names = new Set(held.required ?? []);
    if (isNeeded) names.add(name);
    else names.delete(name);
    const required = isNeeded ? [...(held.required ?? []).filter((each) => each !== name), name] : [...names];
    if (isNeeded) required.sort((a, b) => order.indexOf(a) - order.indexOf(b));
    return "required" in held || !required.length ? (required.length || path.includes(".") ? { ...held, required } : withKey(held, "required", undefined)) : before(held, "properties", "required", required);
  });
}

/** With a key right before another one. */
function before(object, next, key, value) {
  return Object.fromEntries(Object.entries(object).flatMap(([each, old]) => (each === next ? [[key, value], [each, old]] : [[each, old]])));
}

/** A new field of a kind behind another one (or a column of the table that is chosen). Gives `[schema, path]`. */
export function added(schema, kind, after) {
  const [label, made] = KINDS[kind], isColumn = after && (after.includes(".") || kindOf(schema.properties[after]) === "rows") && !["rows", "signature"].includes(kind);
  const table = isColumn ? after.split(".")[0] : "";
  const held = isColumn ? schema.properties[table].items : schema, taken = Object.keys(held.properties ?? {});
  let name = kind, count = 1;
  while (taken.includes(name)) name = `${kind}_${(count += 1)}`;
  const field = Object.fromEntries(Object.entries({ ...(typeof made === "function" ? made() : made), title: translate(label) }).sort(([a], [b]) => rank(a) - rank(b)));
  const names = [...taken], at = isColumn ? taken.indexOf(after.split(".")[1]) : taken.indexOf(after);
  names.splice(at < 0 ? names.length : at + 1, 0, name);
  const properties = Object.fromEntries(names.map((each) => [each, each === name ? field : held.properties[each]]));
  const path = table ? `${table}.${name}` : name;
  let result = changed(schema, path, (one) => ({ ...one, properties }));
  if (!table && schema["ui:layout"]) {
    const sequence = listed(schema), place = sequence.findIndex((each) => each.name === after);
    sequence.splice(place < 0 ? sequence.length : place + 1, 0, { name });
    result = arranged(result, sequence);
  }
  return [result, path];
}

export function without(schema, path) {
  const name = last(path);
  let result = changed(schema, path, (held) => {
    const { [name]: _gone, ...properties } = held.properties;
    const required = (held.required ?? []).filter((each) => each !== name);
    return { ...held, properties, ...("required" in held ? { required } : {}) };
  });
  if (path.includes(".")) return result;
  if (result["ui:layout"]) result = arranged(result, listed(schema).filter((each) => each.name !== name));
  return withKey(result, "ui:check", (result["ui:check"] ?? []).filter((each) => each.field !== name).length ? result["ui:check"].filter((each) => each.field !== name) : undefined);
}

/** With another name, in its place; conditions, headings and checks of this form follow. */
export function renamed(schema, path, name) {
  const old = last(path);
  const result = changed(schema, path, (held) => ({
    ...held, properties: Object.fromEntries(Object.entries(held.properties).map(([each, field]) => [each === old ? name : each, field])),
    ...("required" in held ? { required: held.required.map((each) => (each === old ? name : each)) } : {}),
  }));
  return path.includes(".") ? result : followed(result, old, name);
}

function followed(value, old, name) {
  if (Array.isArray(value)) return value.map((each) => followed(each, old, name));
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => {
    if (key === "field" && each === old) return [key, name];
    if (key === "fields" && Array.isArray(each)) return [key, each.map((one) => (one === old ? name : one))];
    return [key, followed(each, old, name)];
  }));
}

/** What the list shows: `{ heading, at }` and `{ name }` in the order of the page. */
export function listed(schema) {
  const names = Object.keys(schema.properties), placed = new Set();
  const found = (schema["ui:layout"] ?? []).flatMap((group) => {
    (group.fields ?? []).forEach((name) => placed.add(name));
    return [{ heading: group.title ?? "" }, ...(group.fields ?? []).map((name) => ({ name }))];
  });
  const rest = names.filter((name) => !placed.has(name)).map((name) => ({ name }));
  return found.length && rest.length ? [...found, { heading: "" }, ...rest] : [...found, ...rest];
}

/** The schema with its fields in the order of a list. Without headings the fields themselves are put into it. */
export function arranged(schema, sequence) {
  if (!sequence.some((each) => each.heading !== undefined)) {
    const properties = Object.fromEntries(sequence.map(({ name }) => [name, schema.properties[name]]));
    return { ...withKey(schema, "ui:layout", undefined), properties };
  }
  const groups = [];
  for (const each of sequence) {
    if (each.heading !== undefined) groups.push({ title: each.heading, fields: [] });
    else {
      if (!groups.length) groups.push({ title: "", fields: [] });
      groups.at(-1).fields.push(each.name);
    }
  }
  const layout = groups.filter((group) => group.title || group.fields.length).map(({ title, fields }) => (title ? { title, fields } : { fields }));
  return withKey(schema, "ui:layout", layout);
}
