// Two pictures side by side: an entry of the list leads to its element in both, and an element to its entry.
export function startDifferences() {
  for (const part of document.querySelectorAll("[data-difference]")) connect(part);
}

function connect(part) {
  const boxes = [...part.querySelectorAll("[data-side]")];
  const links = new Map([...part.querySelectorAll("[data-leads]")].map((link) => [link.dataset.leads, link]));

  function choose(name) {
    for (const old of part.querySelectorAll(".is-selected")) old.classList.remove("is-selected");
    links.get(name)?.closest("li").classList.add("is-selected");
    for (const box of boxes) {
      const element = box.querySelector(`[data-element-id="${CSS.escape(name)}"]`);
      element?.classList.add("is-selected");
      bring(box, element);
    }
  }

  function bring(box, element) {
    if (!element) return;
    const target = element.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    box.scrollLeft += target.left - frame.left - frame.width / 2 + target.width / 2;
    box.scrollTop += target.top - frame.top - frame.height / 2 + target.height / 2;
  }

  // each picture begins where something is different
  for (const box of boxes) bring(box, box.querySelector(".is-added, .is-removed, .is-changed, .is-shifted"));

  for (const [name, link] of links) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      link.closest("details")?.setAttribute("open", "");
      choose(name);
      document.getElementById(link.hash.slice(1))?.scrollIntoView({ block: "start" });
    });
  }
  for (const box of boxes) {
    box.addEventListener("click", (event) => {
      const name = event.target.closest?.("[data-element-id]")?.dataset.elementId;
      if (!links.has(name)) return;
      links.get(name).closest("details")?.setAttribute("open", "");
      choose(name);
      links.get(name).closest("li").scrollIntoView({ block: "nearest" });
    });
  }
}
