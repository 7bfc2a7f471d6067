// Copying between diagrams, files and windows: what was copied lies in the browser's own store for this site, so that it needs no
// permission and works on a plain address inside the house too.
import { createReviver } from "bpmn-js-native-copy-paste/lib/PasteUtil";

const KEY = "designer-clipboard";

class Clipboard {
  constructor(eventBus, moddle) {
    eventBus.on("copyPaste.elementsCopied", 2050, ({ tree, hints }) => {
      if (hints?.clip === false) return;
      try {
        localStorage.setItem(KEY, JSON.stringify(tree));
      } catch {
        // too large for the store: the library's own clipboard still has it, for this diagram
        localStorage.removeItem(KEY);
      }
    });
    eventBus.on("copyPaste.pasteElements", 2050, (event) => {
      const kept = !event.tree && localStorage.getItem(KEY);
      if (kept) event.tree = JSON.parse(kept, createReviver(moddle));
    });
  }
}
Clipboard.$inject = ["eventBus", "moddle"];

export default { __init__: ["designerClipboard"], designerClipboard: ["type", Clipboard] };
