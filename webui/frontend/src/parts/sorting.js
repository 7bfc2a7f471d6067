// A list whose rows (`[data-at]`) can be put into another order: by dragging, and by Alt with the arrow keys.

export function bindSorting(list, { moved, isReadOnly }) {
  if (isReadOnly) return;
  let from = null;
  const row = (event) => event.target.closest("[data-at]");
  const clear = () => { for (const each of list.querySelectorAll(".is-over, .is-moving")) each.classList.remove("is-over", "is-moving"); };
  list.addEventListener("dragstart", (event) => {
    from = row(event);
    if (!from) return;
    from.classList.add("is-moving");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", from.dataset.path ?? from.dataset.at);
  });
  list.addEventListener("dragover", (event) => {
    const over = row(event);
    if (!from || !over) return;
    event.preventDefault();
    for (const each of list.querySelectorAll(".is-over")) each.classList.remove("is-over");
    if (over !== from) over.classList.add("is-over");
  });
  list.addEventListener("drop", (event) => {
    const over = row(event);
    event.preventDefault();
    clear();
    if (from && over && over !== from) moved(Number(from.dataset.at), Number(over.dataset.at));
    from = null;
  });
  list.addEventListener("dragend", () => { clear(); from = null; });
  list.addEventListener("keydown", (event) => {
    const here = row(event);
    if (!here || !["ArrowUp", "ArrowDown"].includes(event.key) || event.target.matches("select, textarea")) return;
    const rows = [...list.querySelectorAll("[data-at]")], to = rows[rows.indexOf(here) + (event.key === "ArrowUp" ? -1 : 1)];
    if (event.altKey) {
      event.preventDefault();
      if (to) moved(Number(here.dataset.at), Number(to.dataset.at));
    } else if (here === event.target) {
      event.preventDefault();
      to?.focus();
    }
  });
}
