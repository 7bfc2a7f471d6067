// "?" shows the keys of the page, "/" goes to its search field.
import { openDialog } from "./dialogs.js";

export function startHelp() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
    const address = document.body.dataset.keys;
    if (event.key === "?" && address) {
      event.preventDefault();
      openDialog(address, document.activeElement);
    }
    const search = event.key === "/" && document.querySelector("main input[type=search]");
    if (search) {
      event.preventDefault();
      search.focus();
    }
  });
}
