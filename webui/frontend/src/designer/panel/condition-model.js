// A condition as rows of "field, comparison, value", read from the sandbox's expression and written as one; what isn't of that shape stays text.
const NAME = "[A-Za-z_]\\w*", QUOTED = `"(?:[^"\\\\]|\\\\.)*"|'(?:[^'\\\\]|\\\\.)*'`;
const FIELD = `(${NAME})\\[(?:"(${NAME})"|'(${NAME})')\\]`;
const SHAPES = [
  [new RegExp(`^(not )?${FIELD}$`), (found) => ({ field: place(found, 2), compare: found[1] ? "no" : "yes", value: "" })],
  [new RegExp(`^${FIELD} ?(==|!=) ?(${QUOTED})$`), (found) => ({ field: place(found, 1), compare: found[4], value: unquoted(found[5]) })],
  [new RegExp(`^(${QUOTED}) (not in|in) ${FIELD}$`), (found) => ({ field: place(found, 3), compare: found[2], value: unquoted(found[1]) })],
  [new RegExp(`^(?:float\\(${FIELD}\\)|${FIELD}) ?(==|!=|<=|>=|<|>) ?(-?\\d+(?:\\.\\d+)?)$`), (found) => ({ field: found[1] ? place(found, 1) : place(found, 4), compare: found[7], value: found[8] })],
];

const place = (found, at) => `${found[at]}.${found[at + 1] ?? found[at + 2]}`;
const unquoted = (text) => text.slice(1, -1).replace(/\\(.)/g, "$1");
const quoted = (text) => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** `{ rows, join }` of an expression; null where it says more than rows can. */
export function read(text) {
  if (!text.trim()) return { rows: [], join: "and" };
  for (const join of ["and", "or"]) {
    const rows = parts(text.trim(), ` ${join} `).map(one);
    if (rows.every(Boolean)) return { rows, join };
  }
  return null;
}

/** The expression of the rows that are complete. `fields`: `form.field` → its choice in the catalogue. */
export function write({ rows, join }, fields) {
  return rows.map((row) => written(row, fields.get(row.field))).filter(Boolean).join(` ${join} `);
}

/** How a field can be compared, the first as it begins. */
export function comparisons(field) {
  switch (field?.kind) {
    case "yes_no": return ["yes", "no"];
    case "choice": case "text": case "long_text": return ["==", "!="];
    case "choices": return ["in", "not in"];
    case "number": case "integer": case "money": return [">", ">=", "<", "<=", "==", "!="];
    default: return [];
  }
}

function one(text) {
  for (const [shape, take] of SHAPES) {
    const found = shape.exec(text);
    // a row that nobody touches is written as it was
    if (found) return { ...take(found), text };
  }
  return null;
}

/** Cut at a word, but not inside quotes. */
function parts(text, word) {
  const cut = [""];
  for (let at = 0, quote = ""; at < text.length; at += 1) {
    if (!quote && text.startsWith(word, at)) { cut.push(""); at += word.length - 1; continue; }
    if (quote && text[at] === "\\") { cut[cut.length - 1] += text[at]; at += 1; } else if (text[at] === quote) quote = "";
    else if (!quote && (text[at] === '"' || text[at] === "'")) quote = text[at];
    cut[cut.length - 1] += text[at] ?? "";
  }
  return cut.map((each) => each.trim());
}

function written({ field, compare, value, text }, known) {
  if (text) return text;
  if (!field || !known) return "";
  const [form, name] = field.split("."), held = `${form}["${name}"]`;
  if (compare === "yes") return held;
  if (compare === "no") return `not ${held}`;
  if (["number", "integer", "money"].includes(known.kind)) {
    if (!/^-?\d+(\.\d+)?$/.test(value)) return "";
    // an amount is kept as text, so that no cent is lost
    return `${known.kind === "money" ? `float(${held})` : held} ${compare} ${value}`;
  }
  if (value === "") return "";
  return compare.endsWith("in") ? `${quoted(value)} ${compare} ${held}` : `${held} ${compare} ${quoted(value)}`;
}
