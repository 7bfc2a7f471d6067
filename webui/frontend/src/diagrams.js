// The drawing of a case: drag to move, buttons to zoom, and on hover, tap or focus a card with who did a step and when.
export function startDiagrams() {
  for (const box of document.querySelectorAll("[data-diagram]")) enhance(box);
}

function enhance(box) {
  const svg = box.querySelector("svg");
  if (!svg) return;
  const natural = svg.viewBox.baseVal.width || svg.getBoundingClientRect().width;
  let zoom = Math.min(1.1, Math.max(box.clientWidth < 600 ? 0.7 : 0.8, (box.clientWidth - 24) / natural));
  const card = document.createElement("div");
  card.className = "popover-card";
  card.setAttribute("role", "status");
  card.hidden = true;
  document.body.append(card);

  function apply() {
    svg.setAttribute("width", String(Math.round(natural * zoom)));
    svg.removeAttribute("height");
  }
  apply();
  centre();
  // of a picture that was folded away the frame's size is known when it is opened
  box.closest("details")?.addEventListener("toggle", centre);

  function centre() {
    const current = box.querySelector(".is-incident, .is-overdue, .is-current");
    if (!current) return;
    const place = current.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    box.scrollLeft += place.left - frame.left - frame.width / 2 + place.width / 2;
    box.scrollTop += place.top - frame.top - frame.height / 2 + place.height / 2;
  }

  const own = box.closest("[data-case-picture]") ?? document;
  for (const button of own.querySelectorAll("[data-zoom]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      zoom = Math.min(2, Math.max(0.3, zoom * Number(button.dataset.zoom)));
      apply();
    });
  }

  // what the picture says of an element on hover becomes the card's text, and its spoken name
  const texts = new Map();
  for (const element of svg.querySelectorAll("[data-element-id][tabindex]")) {
    const title = element.querySelector(":scope > title");
    if (!title) continue;
    texts.set(element, title.textContent.split("\n"));
    element.setAttribute("role", "img");
    element.setAttribute("aria-label", title.textContent.replaceAll("\n", ", "));
    title.remove();
  }

  let shown = null;
  function show(element) {
    hide();
    const [heading, ...lines] = texts.get(element) ?? [];
    if (!heading) return;
    shown = element;
    element.classList.add("is-shown");
    const bold = document.createElement("b");
    bold.append(heading);
    card.replaceChildren(bold, ...lines.map((text) => {
      const line = document.createElement("div");
      line.append(text);
      return line;
    }));
    card.hidden = false;
    const place = element.getBoundingClientRect();
    const size = card.getBoundingClientRect();
    const left = Math.min(Math.max(8, place.left + place.width / 2 - size.width / 2), innerWidth - size.width - 8);
    const above = place.top - size.height - 8;
    card.style.setProperty("left", `${left + scrollX}px`);
    card.style.setProperty("top", `${(above > 8 ? above : place.bottom + 8) + scrollY}px`);
  }
  function hide() {
    shown?.classList.remove("is-shown");
    shown = null;
    card.hidden = true;
  }
  const of = (target) => (target instanceof Element ? target.closest("[data-element-id][tabindex]") : null);
  box.addEventListener("pointerover", (event) => event.pointerType === "mouse" && of(event.target) && show(of(event.target)));
  box.addEventListener("pointerout", (event) => event.pointerType === "mouse" && of(event.target) && hide());
  box.addEventListener("click", (event) => (of(event.target) ? show(of(event.target)) : hide()));
  box.addEventListener("focusin", (event) => of(event.target) && show(of(event.target)));
  box.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());

  // dragging
  let start = null;
  box.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    start = { x: event.clientX, y: event.clientY, left: box.scrollLeft, top: box.scrollTop };
  });
  addEventListener("pointermove", (event) => {
    if (!start) return;
    box.classList.add("is-held");
    box.scrollLeft = start.left - (event.clientX - start.x);
    box.scrollTop = start.top - (event.clientY - start.y);
  });
  addEventListener("pointerup", () => {
    start = null;
    box.classList.remove("is-held");
  });
}
