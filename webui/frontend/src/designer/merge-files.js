// Two people's changes of one file, put together piece by piece: a diagram or a decision table by element, a form by key, a register or the
// manual's files by table and key, any other text by lines. Where both changed the same piece otherwise, somebody chooses; nothing is dropped
// without having been shown.
import { conflicts, merge } from "./merge.js";
import { same, write } from "../parts/stable-json.js";

/**
 * `{ conflicts, text(keepTheirs) }`: conflicts as `{ id, label, mine, theirs, texts }` where `mine` and `theirs` say what became of the piece
 * and `texts` are both as they read; `text` is the merged file, with theirs for the ids that are named and mine for the others. Without a
 * `base` to hold them against the whole file is one piece.
 */
export function plan(path, base, mine, theirs) {
  if (base === null || base === undefined) return whole(path, mine, theirs);
  if (/\.(bpmn|dmn)$/.test(path)) return drawn(base, mine, theirs);
  try {
    if (path.endsWith(".json")) return json(base, mine, theirs);
    if (path.endsWith(".toml")) return toml(base, mine, theirs);
  } catch {
    // one of them is not what it should be: as text it still can be compared
  }
  return lines(base, mine, theirs);
}

function whole(path, mine, theirs) {
  const one = { id: path, label: path, mine: "changed", theirs: "changed", texts: [mine, theirs] };
  return { conflicts: mine === theirs ? [] : [one], text: (keep) => (keep.includes(path) ? theirs : mine) };
}

function drawn(base, mine, theirs) {
  const found = conflicts(base, mine, theirs).map((each) => ({ ...each, label: each.name || each.id }));
  return { conflicts: found, text: (keep) => merge(base, mine, theirs, keep) };
}

function json(base, mine, theirs) {
  const values = [base, mine, theirs].map(JSON.parse);
  return pieces(values, (value) => write(value, theirs), (value) => (value === undefined ? "" : JSON.stringify(value, null, 2)));
}

function toml(base, mine, theirs) {
  const values = [base, mine, theirs].map(tables);
  const text = (value) => Object.values(value).flatMap((table) => Object.values(table)).join("");
  return pieces(values, text, (value) => (value === undefined ? "" : typeof value === "string" ? value : text({ value })));
}

function pieces(values, written, read) {
  const found = [];
  const choose = (path, mine, theirs, before) => {
    found.push({ id: path.join("/"), label: path.map((part) => part.replace(/^\W/, "")).join(" › "), mine: became(before, mine), theirs: became(before, theirs), texts: [read(mine), read(theirs)] });
    return mine;
  };
  together(values, [], choose);
  return { conflicts: found, text: (keep) => written(together(values, [], (path, mine, theirs) => (keep.includes(path.join("/")) ? theirs : mine))) };
}

/** One value out of three; what both changed is given to `choose`. */
function together([base, mine, theirs], path, choose) {
  if (same(mine, theirs) || same(theirs, base)) return mine;
  if (same(mine, base)) return theirs;
  if (isObject(mine) && isObject(theirs)) {
    const before = isObject(base) ? base : {};
    const made = Object.entries(inOrder(Object.keys(before), Object.keys(mine), Object.keys(theirs)))
      .map(([, key]) => [key, together([before[key], mine[key], theirs[key]], [...path, key], choose)]);
    return Object.fromEntries(made.filter(([, value]) => value !== undefined));
  }
  if (isList(mine) && isList(theirs) && (base === undefined || isList(base))) {
    const before = base ?? [];
    return inOrder(before, mine, theirs).filter((each) => (before.includes(each) ? mine.includes(each) && theirs.includes(each) : true));
  }
  return choose(path, mine, theirs, base);
}

/** Every name of both, in the order of whoever has changed it; new ones of the other behind what they stood behind. */
function inOrder(base, mine, theirs) {
  const kept = (names) => names.filter((each) => base.includes(each) && mine.includes(each) && theirs.includes(each));
  const [first, second] = same(kept(theirs), kept(base)) ? [mine, theirs] : [theirs, mine];
  const names = [...first];
  second.forEach((each, at) => {
    if (!names.includes(each)) names.splice(at ? names.indexOf(second[at - 1]) + 1 : 0, 0, each);
  });
  return names;
}

/** Tables of a TOML file in order: name and id → key → its own lines, comments above it included. */
function tables(text) {
  const found = {};
  let table = null, key = "", open = "", pending = "";
  const put = (line) => {
    found[table] ??= {};
    found[table][key] = (found[table][key] ?? "") + line;
  };
  table = ".";
  const all = text.split(/(?<=\n)/);
  all.forEach((line, at) => {
    const header = !open && /^\s*(\[\[?[^\]]+\]\]?)/.exec(line);
    const entry = !open && !header && /^\s*([\w.-]+|"[^"]*")\s*=/.exec(line);
    if (header) {
      const id = all.slice(at + 1, at + 12).map((each) => (/^\s*\[/.test(each) ? "end" : /^\s*(?:id|number|name)\s*=\s*"([^"]*)"/.exec(each)?.[1])).find(Boolean);
      table = `.${header[1]} ${id && id !== "end" ? id : ""}`.trim();
      for (let twice = 2; table in found; twice += 1) table = table.replace(/( #\d+)?$/, ` #${twice}`);
      key = ".";
    } else if (entry) key = `.${entry[1]}`;
    if (!header && !entry && !open && !line.trim().length) {
      // an empty line stays with what stands above it
      pending += line;
      put(pending);
      pending = "";
      return;
    }
    put(line);
    if (entry || open) open = unfinished(open, entry ? line.slice(line.indexOf("=") + 1) : line);
  });
  return found;
}

/** What a value that goes on in the next line has still open: `"""`, `'''` or brackets. */
function unfinished(open, text) {
  if (open === '"""' || open === "'''") return text.includes(open) ? "" : open;
  const many = /"""|'''/.exec(text)?.[0];
  if (many) return text.split(many).length % 2 ? "" : many;
  const bare = text.replace(/"(?:[^"\\]|\\.)*"|'[^']*'|#.*/g, "");
  const depth = (open ? open.length : 0) + bare.split("[").length - bare.split("]").length;
  return "[".repeat(Math.max(0, depth));
}

function lines(base, mine, theirs) {
  const [old, own, other] = [base, mine, theirs].map((text) => text.split(/(?<=\n)/));
  const toOwn = matches(old, own), toOther = matches(old, other), parts = [];
  let at = 0, ownAt = 0, otherAt = 0;
  for (let next = 0; next <= old.length; next += 1) {
    const isEnd = next === old.length;
    if (!isEnd && (toOwn[next] < 0 || toOther[next] < 0)) continue;
    const ends = isEnd ? [own.length, other.length] : [toOwn[next], toOther[next]];
    parts.push({ line: ownAt + 1, before: old.slice(at, next).join(""), mine: own.slice(ownAt, ends[0]).join(""), theirs: other.slice(otherAt, ends[1]).join("") });
    if (!isEnd) parts.push({ line: ends[0] + 1, before: old[next], mine: old[next], theirs: old[next] });
    [at, ownAt, otherAt] = [next + 1, ends[0] + 1, ends[1] + 1];
  }
  const isChoice = (part) => part.mine !== part.theirs && part.mine !== part.before && part.theirs !== part.before;
  const id = (part) => `line-${part.line}`;
  return {
    conflicts: parts.filter(isChoice).map((part) => ({ id: id(part), label: String(part.line), mine: became(part.before || undefined, part.mine || undefined), theirs: became(part.before || undefined, part.theirs || undefined), texts: [part.mine, part.theirs] })),
    text: (keep) => parts.map((part) => (isChoice(part) ? (keep.includes(id(part)) ? part.theirs : part.mine) : part.mine === part.before ? part.theirs : part.mine)).join(""),
  };
}

/** For each line of `old` the line of `now` that is the same one, or -1: the longest common sequence. */
function matches(old, now) {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) lengths[i][j] = old[i] === now[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
  }
  const found = new Array(old.length).fill(-1);
  for (let i = 0, j = 0; i < old.length && j < now.length;) {
    if (old[i] === now[j]) found[i++] = j++;
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return found;
}

function became(before, after) {
  return before === undefined ? "added" : after === undefined ? "removed" : "changed";
}

function isObject(value) {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

function isList(value) {
  return Array.isArray(value) && value.every((each) => each === null || typeof each !== "object");
}
