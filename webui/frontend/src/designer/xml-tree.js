// Reads XML into a tree that remembers the exact characters of everything, so that a text can be changed in one place and stay the same
// everywhere else. For files that our own reader or moddle has accepted: it checks nothing but nesting.

const NAME = "[^\\s/>=]+";
const TOKEN = new RegExp(`<!--[\\s\\S]*?-->|<\\?[\\s\\S]*?\\?>|<!\\[CDATA\\[[\\s\\S]*?\\]\\]>|<!(?:[^<>\\[]|\\[[^\\]]*\\])*>|</${NAME}\\s*>|<${NAME}(?:[^>"']|"[^"]*"|'[^']*')*>`, "g");
const ATTRIBUTE = new RegExp(`(\\s+)(${NAME})(\\s*=\\s*)("[^"]*"|'[^']*')`, "g");

/**
 * An element: `name` without prefix, `uri`, `attributes` (raw name → value as text), `children` (elements and pieces of text).
 * `start` and `end` are the source of its tags; `end` is empty for one that closes itself.
 */
export function parse(text) {
  const root = { name: "", uri: "", attributes: new Map(), children: [], start: "", end: "", scope: new Map([["", ""]]), parent: null };
  let at = 0, open = root;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > at) open.children.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    const token = match[0];
    if (token.startsWith("</")) {
      open.end = token;
      open = open.parent;
      if (!open) throw new Error("an end tag too many");
    } else if (/^<[!?]/.test(token)) open.children.push(token);
    else {
      const element = elementOf(token, open);
      open.children.push(element);
      if (!token.endsWith("/>")) open = element;
    }
  }
  if (open !== root) throw new Error(`no end of ${open.start}`);
  if (at < text.length) open.children.push(text.slice(at));
  return root;
}

/** The elements among its children. */
export function elements(node) {
  return node.children.filter((child) => typeof child !== "string");
}

/** The first element of a file. */
export function rootOf(tree) {
  return elements(tree)[0];
}

/** The text inside an element that holds nothing else, with entities resolved and CDATA opened. */
export function content(node) {
  return node.children.filter((child) => typeof child === "string").map(plain).join("");
}

/** The prefix that stands for a namespace inside a node; undefined where none does. */
export function prefixOf(node, uri) {
  for (const [prefix, known] of node.scope) if (known === uri) return prefix;
  return undefined;
}

/** Everything of a node as it was written. */
export function source(node) {
  if (typeof node === "string") return node;
  return node.start + node.children.map(source).join("") + node.end;
}

export function escapeText(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/]]>/g, "]]&gt;");
}

export function escapeAttribute(text) {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/"/g, "&quot;").replace(/\n/g, "&#10;").replace(/\t/g, "&#9;").replace(/\r/g, "&#13;");
}

function elementOf(token, parent) {
  const raw = token.slice(1).match(new RegExp(`^${NAME}`))[0];
  const attributes = new Map(), places = new Map();
  for (const match of token.matchAll(ATTRIBUTE)) {
    const value = unescape(match[4].slice(1, -1));
    attributes.set(match[2], value);
    const start = match.index + match[1].length + match[2].length + match[3].length;
    places.set(match[2], { whole: [match.index, match.index + match[0].length], value: [start, start + match[4].length] });
  }
  let scope = parent.scope;
  for (const [name, value] of attributes) {
    if (name !== "xmlns" && !name.startsWith("xmlns:")) continue;
    if (scope === parent.scope) scope = new Map(scope);
    scope.delete(name.slice(6));
    scope.set(name.slice(6), value);
  }
  const [prefix, local] = raw.includes(":") ? raw.split(":") : ["", raw];
  return { name: local, raw, uri: scope.get(prefix) ?? "", attributes, places, children: [], start: token, end: "", scope, parent };
}

function plain(text) {
  if (text.startsWith("<![CDATA[")) return text.slice(9, -3);
  return text.startsWith("<") ? "" : unescape(text);
}

function unescape(text) {
  return text.replace(/&(#x[0-9a-f]+|#[0-9]+|lt|gt|amp|quot|apos);/gi, (whole, name) => {
    if (name[0] === "#") return String.fromCodePoint(name[1].toLowerCase() === "x" ? parseInt(name.slice(2), 16) : parseInt(name.slice(1), 10));
    return { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }[name.toLowerCase()];
  });
}
