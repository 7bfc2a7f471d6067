// Two people's changes of one diagram, put together element by element. What only one of them changed is taken; where both changed the same
// element differently, somebody chooses.
import { content, elements, parse, rootOf, source } from "./xml-tree.js";
import { patch } from "./stable-xml.js";

/**
 * Elements that both changed, each otherwise than the other: `{ id, kind, name, mine, theirs }` where the last two say what became of it
 * (`changed`, `removed`, `added`).
 */
export function conflicts(base, mine, theirs) {
  const [old, own, other] = [base, mine, theirs].map((text) => states(text));
  const found = [];
  for (const id of new Set([...own.keys(), ...other.keys(), ...old.keys()])) {
    const before = old.get(id)?.text, left = own.get(id)?.text, right = other.get(id)?.text;
    if (left === before || right === before || left === right) continue;
    const node = (own.get(id) ?? other.get(id) ?? old.get(id)).node;
    found.push({ id, kind: node.name, name: node.attributes.get("name") ?? "", mine: became(before, left), theirs: became(before, right) });
  }
  return found;
}

/** Their text with my changes in it; of the elements named in `keepTheirs` theirs stay. */
export function merge(base, mine, theirs, keepTheirs = []) {
  let own = mine;
  for (const id of keepTheirs) own = withElement(own, base, id);
  return patch(theirs, base, own);
}

/** What each element with an id says by itself, without the elements with ids inside it. */
function states(text) {
  const found = new Map();
  walk(rootOf(parse(text)), (node, id) => found.set(id, { node, text: ownText(node) }));
  return found;
}

function walk(node, act) {
  const id = idOf(node);
  if (id) act(node, id);
  for (const child of elements(node)) walk(child, act);
}

// a shape is a matter of its own: where something lies and what it says are changed by different people without harm
function idOf(node) {
  const shown = node.attributes.get("bpmnElement");
  return shown ? `shape of ${shown}` : node.attributes.get("id");
}

function ownText(node) {
  const attributes = [...node.attributes].filter(([name]) => !name.startsWith("xmlns")).map(([name, value]) => `${name}=${value}`).sort();
  // which flows come and go, and what lies in which lane, follows from other elements
  const inner = elements(node).filter((child) => !idOf(child) && !["incoming", "outgoing", "flowNodeRef"].includes(child.name)).map(ownText);
  return [node.name, ...attributes, ...(elements(node).length ? inner : [content(node)])].join("\n");
}

function became(before, after) {
  return before === undefined ? "added" : after === undefined ? "removed" : "changed";
}

/** A text with one element as another text has it: changed back, taken out or put in again. */
function withElement(text, from, id) {
  const tree = parse(text), other = parse(from);
  const here = find(rootOf(tree), id), there = find(rootOf(other), id);
  if (here && there) replace(here, source(there));
  else if (here) replace(here, "");
  else if (there) {
    const around = find(rootOf(tree), idOf(there.parent)) ?? rootOf(tree);
    around.children.push(source(there));
    if (!around.end) {
      around.start = around.start.replace(/\s*\/>$/, ">");
      around.end = `</${around.raw}>`;
    }
  }
  return tree.children.map(source).join("");
}

function find(node, id) {
  if (idOf(node) === id) return node;
  for (const child of elements(node)) {
    const found = find(child, id);
    if (found) return found;
  }
  return null;
}

function replace(node, text) {
  const siblings = node.parent.children;
  siblings.splice(siblings.indexOf(node), 1, text);
}
