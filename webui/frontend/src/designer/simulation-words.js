// The token simulation speaks English alone: what it writes on the page is put into the reader's language as it appears.
import { translate } from "./words.js";

const PARTS = "[class*=bts-], .djs-palette.bts-palette";

export function translateSimulation(modeler, holder) {
  if (document.documentElement.lang === "en") return;
  const observer = new MutationObserver((changes) => {
    for (const { addedNodes, target } of changes) {
      for (const node of [...addedNodes, target]) {
        if (node instanceof Element && (node.closest(PARTS) || node.querySelector(PARTS))) put(node);
      }
    }
  });
  modeler.on("tokenSimulation.toggleMode", ({ active }) => {
    observer.disconnect();
    if (!active) return;
    put(holder);
    // while somebody draws there is nothing of it to look at
    observer.observe(holder, { childList: true, subtree: true, attributes: true, attributeFilter: ["title"] });
  });
}

function put(root) {
  for (const node of [root, ...root.querySelectorAll(PARTS), ...root.querySelectorAll(`:is(${PARTS}) *`)]) {
    if (!node.closest?.(PARTS)) continue;
    const title = node.getAttribute("title");
    if (title && isEnglish(title)) change(title, (word) => node.setAttribute("title", word));
    for (const child of node.childNodes) {
      const text = child.nodeType === Node.TEXT_NODE ? child.data.trim() : "";
      if (text && isEnglish(text)) change(text, (word) => { child.data = child.data.replace(text, word); });
    }
  }
}

function change(text, write) {
  const word = translate(text);
  if (word !== text) write(word);
}

// names of steps are people's own
function isEnglish(text) {
  return /^[A-Za-z][\x20-\x7e]*$/.test(text);
}
