// Writes a changed diagram over the author's own text: what was not changed keeps every character, comments and order included.
//
// The modeler writes a file in its own way. What it would have written right after reading (`before`) is held against what it writes now
// (`after`); only where those two differ does the author's text (`original`) change.
import { content, elements, escapeAttribute, escapeText, parse, prefixOf, rootOf, source } from "./xml-tree.js";

/** The author's text with the changes between `before` and `after`. */
export function patch(original, before, after) {
  const mine = parse(original), old = rootOf(parse(before)), now = rootOf(parse(after));
  const root = rootOf(mine);
  const patcher = new Patcher(root, now);
  const text = patcher.element(root, old, now);
  return mine.children.map((child) => (child === root ? text : source(child))).join("");
}

class Patcher {
  constructor(root, now) {
    this.root = root;
    // namespaces that only the new file has: declared at the root as they are met
    this.declared = new Map();
    this.now = now;
    this.unit = indentOf(root);
  }

  /** An element that is in all three. */
  element(mine, old, now) {
    if (equal(old, now)) return source(mine);
    let start = this.startTag(mine, old, now);
    const body = this.children(mine, old, now);
    if (mine === this.root && this.declared.size) start = addAttributes(start, [...this.declared].map(([prefix, uri]) => [`xmlns:${prefix}`, uri]));
    if (body === "") return mine.children.length || mine.end ? start.replace(/\s*\/?>$/, (end) => (end.includes("/") ? end : "/>")) : start;
    const end = mine.end || `</${mine.raw}>`;
    return start.replace(/\s*\/>$/, ">") + body + end;
  }

  startTag(mine, old, now) {
    const edits = [], added = [];
    const before = known(old), after = known(now);
    for (const [key, value] of after) {
      if (before.get(key)?.value === value.value) continue;
      const name = attributeName(mine, key);
      const place = name && mine.places.get(name);
      if (place) edits.push([place.value, `"${escapeAttribute(value.value)}"`]);
      else added.push([this.attributeFor(key, value), value.value]);
    }
    for (const key of before.keys()) {
      const name = !after.has(key) && attributeName(mine, key);
      if (name) edits.push([mine.places.get(name).whole, ""]);
    }
    let start = mine.start;
    for (const [[from, to], text] of edits.sort((a, b) => b[0][0] - a[0][0])) start = start.slice(0, from) + text + start.slice(to);
    return added.length ? addAttributes(start, added) : start;
  }

  children(mine, old, now) {
    const mineKeys = keyed(mine), oldKeys = keyed(old), nowKeys = keyed(now);
    if (![...mineKeys.keys()].length && ![...nowKeys.keys()].length) {
      return content(old) === content(now) ? mine.children.map(source).join("") : escapeText(content(now));
    }
    const order = this.order(mineKeys, oldKeys, nowKeys);
    const blocks = blocksOf(mine);
    const indent = blocks.indent ?? (depthIndent(mine) + this.unit);
    let text = "";
    for (const key of order) {
      const own = mineKeys.get(key), next = nowKeys.get(key);
      if (own && !oldKeys.has(key)) text += blocks.before.get(own) + source(own);
      else if (own) text += blocks.before.get(own) + this.element(own, oldKeys.get(key), next);
      else text += indent + this.fresh(next, indent);
    }
    if (!order.length) return blocks.after.trim() ? blocks.after : "";
    return text + (blocks.before.size ? blocks.after : depthIndent(mine));
  }

  /** Keys in the order in which they are written: the author's, unless the modeler changed it. */
  order(mine, old, now) {
    const stay = [...mine.keys()].filter((key) => now.has(key) || !old.has(key));
    const common = (keys) => [...keys].filter((key) => old.has(key) && now.has(key));
    const moved = common(old.keys()).join("\n") !== common(now.keys()).join("\n");
    const places = new Map([...now.keys()].map((key, place) => [key, place]));
    const place = (key) => places.get(key) ?? Infinity;
    const base = moved ? [...stay].sort((a, b) => place(a) - place(b)) : stay;
    const there = new Set(base), added = new Map();
    let previous = null;
    for (const key of now.keys()) {
      if (there.has(key)) previous = key;
      // known to both, but not to the author: the modeler makes it up when it reads, so it is not a change
      else if (!mine.has(key) && !old.has(key)) added.set(previous, [...(added.get(previous) ?? []), key]);
    }
    return [null, ...base].flatMap((key) => [...(key === null ? [] : [key]), ...(added.get(key) ?? [])]);
  }

  /** An element that the author's text doesn't have. */
  fresh(node, indent) {
    const name = this.nameFor(node);
    const attributes = [...known(node)].map(([key, value]) => ` ${this.attributeFor(key, value)}="${escapeAttribute(value.value)}"`).join("");
    const inner = elements(node);
    if (!inner.length) {
      const text = content(node);
      return text === "" ? `<${name}${attributes} />`.replace(" />", this.closing()) : `<${name}${attributes}>${escapeText(text)}</${name}>`;
    }
    const deeper = indent + this.unit;
    return `<${name}${attributes}>${inner.map((child) => deeper + this.fresh(child, deeper)).join("")}${indent}</${name}>`;
  }

  closing() {
    this.close ??= /\S\/>/.test(source(this.root)) ? "/>" : " />";
    return this.close;
  }

  nameFor(node) {
    const prefix = this.prefixFor(node.uri, node.raw.includes(":") ? node.raw.split(":")[0] : "bpmn");
    return prefix ? `${prefix}:${node.name}` : node.name;
  }

  attributeFor(key, value) {
    if (!value.uri) return key;
    const prefix = this.prefixFor(value.uri, value.raw.split(":")[0], true);
    return `${prefix}:${value.name}`;
  }

  prefixFor(uri, wish, needed = false) {
    const there = prefixOf(this.root, uri);
    if (there !== undefined && (there || !needed)) return there;
    if (uri === "http://www.w3.org/XML/1998/namespace") return "xml";
    let prefix = [...this.declared].find(([, known]) => known === uri)?.[0];
    if (prefix === undefined) {
      prefix = wish;
      while (this.root.scope.has(prefix) || this.declared.has(prefix)) prefix += "x";
      this.declared.set(prefix, uri);
    }
    return prefix;
  }
}

/** Attributes but for declarations, by namespace and name; a prefix may differ between the files. */
function known(node) {
  const found = new Map();
  for (const [raw, value] of node.attributes) {
    if (raw === "xmlns" || raw.startsWith("xmlns:")) continue;
    const [prefix, name] = raw.includes(":") ? raw.split(":") : ["", raw];
    const uri = prefix === "xml" ? "http://www.w3.org/XML/1998/namespace" : prefix ? node.scope.get(prefix) ?? prefix : "";
    found.set(uri ? `{${uri}}${name}` : name, { value, uri, name, raw });
  }
  return found;
}

function attributeName(node, key) {
  for (const [found, value] of known(node)) if (found === key) return value.raw;
  return null;
}

function addAttributes(start, added) {
  const text = added.map(([name, value]) => ` ${name}="${escapeAttribute(value)}"`).join("");
  return start.replace(/\s*\/?>$/, (end) => text + end);
}

/** Children by a key that stays theirs while others come and go. */
function keyed(node) {
  const found = new Map();
  for (const child of elements(node)) {
    const base = keyOf(child);
    let key = base;
    for (let count = 1; found.has(key); count += 1) key = `${base} ${count}`;
    found.set(key, child);
  }
  return found;
}

function keyOf(node) {
  const said = (name) => node.attributes.get(name);
  const own = said("id") ?? said("bpmnElement") ?? said("name");
  const name = `${node.uri}|${node.name}`;
  if (own !== undefined) return `${name}#${own}`;
  return elements(node).length === 0 && ["incoming", "outgoing", "flowNodeRef"].includes(node.name) ? `${name}=${content(node)}` : name;
}

function equal(a, b) {
  if (a.name !== b.name || a.uri !== b.uri) return false;
  const before = known(a), after = known(b);
  if (before.size !== after.size) return false;
  for (const [key, value] of before) if (after.get(key)?.value !== value.value) return false;
  const left = elements(a), right = elements(b);
  if (left.length !== right.length) return false;
  if (!left.length) return content(a) === content(b);
  return left.every((child, index) => equal(child, right[index]));
}

/** What stands before each child of a node (white space, comments), and after the last. */
function blocksOf(node) {
  const before = new Map();
  let waiting = "", indent;
  for (const child of node.children) {
    if (typeof child === "string") waiting += child;
    else {
      before.set(child, waiting);
      indent ??= waiting.match(/\n[ \t]*$/)?.[0];
      waiting = "";
    }
  }
  return { before, after: waiting, indent };
}

/** The line break and white space before a node's own start tag. */
function depthIndent(node) {
  const siblings = node.parent?.children ?? [];
  const previous = siblings[siblings.indexOf(node) - 1];
  return (typeof previous === "string" && previous.match(/\n[ \t]*$/)?.[0]) || "\n";
}

/** How far the author moves in at each level. */
function indentOf(root) {
  return blocksOf(root).indent?.slice(1) || "  ";
}
