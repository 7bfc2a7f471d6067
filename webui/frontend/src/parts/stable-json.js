// Writes JSON so that what was not changed keeps its characters: every value that is as it was is copied from the text that it came from,
// and what is new is written the way the file around it is.

/** The text for `value`, in the place of `text`. */
export function write(value, text) {
  let root;
  try {
    root = new Reader(text).whole();
  } catch {
    return `${JSON.stringify(value, null, 2)}\n`;
  }
  return text.slice(0, root.start) + put(value, root, text, 0) + text.slice(root.end);
}

function put(value, node, text, depth) {
  if (node && same(value, node.value)) return text.slice(node.start, node.end);
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  if (!isObject && !Array.isArray(value)) return JSON.stringify(value);
  const fits = node && Array.isArray(node.value) === Array.isArray(value) && node.value !== null && typeof node.value === "object" ? node : null;
  const parts = isObject
    ? Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${put(each, fits?.children.get(key), text, depth + 1)}`)
    : value.map((each) => put(each, fits?.items.find((item) => same(item.value, each)), text, depth + 1));
  const [open, close] = isObject ? "{}" : "[]";
  if (!parts.length) return open + close;
  const line = `${open}${parts.join(", ")}${close}`;
  // a new value stands on one line while it can be read there; an old one stays as it was laid out
  const isOneLine = fits ? !text.slice(fits.start, fits.end).includes("\n") : depth > 1 && line.length <= 160 && !line.includes("\n");
  if (isOneLine && !line.includes("\n")) return line;
  const indent = "  ".repeat(depth + 1);
  return `${open}\n${parts.map((part) => indent + part).join(",\n")}\n${"  ".repeat(depth)}${close}`;
}

/** Equal with the keys in the same order. */
export function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Reads JSON and remembers where each value stands. */
class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  whole() {
    this.space();
    const node = this.node();
    this.space();
    if (this.at !== this.text.length) throw new SyntaxError("more than one value");
    return node;
  }

  space() {
    while (/\s/.test(this.text[this.at] ?? "")) this.at += 1;
  }

  node() {
    const start = this.at, sign = this.text[start];
    const made = sign === "{" ? this.object() : sign === "[" ? this.array() : { value: this.plain() };
    return { ...made, start, end: this.at };
  }

  object() {
    const value = {}, children = new Map();
    this.each("}", () => {
      const key = this.plain();
      this.space();
      this.at += 1;
      this.space();
      const child = this.node();
      value[key] = child.value;
      children.set(key, child);
    });
    return { value, children };
  }

  array() {
    const items = [];
    this.each("]", () => items.push(this.node()));
    return { value: items.map((item) => item.value), items };
  }

  each(end, read) {
    this.at += 1;
    this.space();
    while (this.text[this.at] !== end) {
      if (this.at >= this.text.length) throw new SyntaxError("unfinished");
      read();
      this.space();
      if (this.text[this.at] === ",") this.at += 1;
      this.space();
    }
    this.at += 1;
  }

  plain() {
    const match = /^(?:"(?:[^"\\]|\\.)*"|[-+.\w]+)/.exec(this.text.slice(this.at, this.at + 100_000));
    if (!match) throw new SyntaxError("no value");
    this.at += match[0].length;
    return JSON.parse(match[0]);
  }
}
