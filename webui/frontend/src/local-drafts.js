// What only this browser holds of drafts in hand, on the page of a person's drafts: opened, it is saved; dropped, it is gone.
import { allCopies, dropCopy } from "./designer/local-copy.js";

export async function startLocalDrafts() {
  const place = document.querySelector("[data-local-copies]");
  if (!place) return;
  const known = JSON.parse(place.dataset.drafts), list = place.querySelector("ul"), blank = place.querySelector("template");
  for (const { key, copy } of await allCopies()) {
    const [id, path] = [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];
    if (!known[id]) continue;
    const row = blank.content.cloneNode(true).firstElementChild;
    const part = /^(form|record|register)s\/(.+)\.\w+$/.exec(path);
    row.querySelector("[data-copy-open]").href = known[id].address + (part ? `/${part[1]}s/${part[2]}` : `#${path}`);
    row.querySelector("[data-copy-open]").textContent = known[id].title;
    row.querySelector("[data-copy-path]").textContent = path;
    row.querySelector("[data-copy-at]").textContent = new Date(copy.at).toLocaleString(document.documentElement.lang);
    row.querySelector("[data-copy-drop]").addEventListener("click", async (event) => {
      if (!confirm(event.currentTarget.dataset.question)) return;
      await dropCopy(key);
      row.remove();
      place.hidden = !list.children.length;
    });
    list.append(row);
  }
  place.hidden = !list.children.length;
}
