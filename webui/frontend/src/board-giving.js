// Giving a card's work to somebody: by drag, by number, or from a list; with a way back for some seconds.
export function startGiving(root, refresh) {
  const chooser = document.getElementById("board-chooser");
  let asked = null;
  let dragged = null;

  root.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[data-assignable]");
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.card);
    dragged.classList.add("is-dragged");
    root.classList.add("is-dragging");
  });
  root.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    root.classList.remove("is-dragging");
    for (const over of root.querySelectorAll(".is-over")) over.classList.remove("is-over");
    dragged = null;
  });
  root.addEventListener("dragover", (event) => {
    const worker = event.target.closest("[data-worker]");
    for (const over of root.querySelectorAll(".is-over")) if (over !== worker) over.classList.remove("is-over");
    if (!worker || !dragged) return;
    event.preventDefault();
    worker.classList.add("is-over");
  });
  root.addEventListener("drop", (event) => {
    const worker = event.target.closest("[data-worker]");
    if (!worker || !dragged) return;
    event.preventDefault();
    const card = dragged;
    // the drag is over before the board is drawn anew
    card.classList.remove("is-dragged");
    give(card, worker.dataset.worker);
  });
  root.addEventListener("click", (event) => {
    const link = event.target.closest("[data-choose]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(link.closest("[data-card]"));
  });
  chooser.addEventListener("click", (event) => {
    const worker = event.target.closest("[data-worker]");
    if (worker) pick(worker.dataset.worker);
    if (event.target === chooser) chooser.close();
  });
  chooser.addEventListener("keydown", (event) => {
    const workers = [...chooser.querySelectorAll("[data-worker]")];
    if (/^[1-9]$/.test(event.key) && workers[event.key - 1]) pick(workers[event.key - 1].dataset.worker);
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const here = workers.indexOf(document.activeElement);
    workers[Math.min(workers.length - 1, Math.max(0, here + step))]?.focus();
  });
  chooser.addEventListener("close", () => document.getElementById(`card-${asked}`)?.focus());
  document.getElementById("notices").addEventListener("submit", (event) => {
    const form = event.target.closest("[data-undo] form");
    if (!form) return;
    event.preventDefault();
    event.stopPropagation();
    undoBy(form);
  }, true);

  function choose(card) {
    if (!card?.matches("[data-assignable]")) return;
    asked = card.dataset.card;
    chooser.querySelector("[data-chosen-card]").textContent = card.dataset.title;
    const list = chooser.querySelector("[data-workers]");
    list.replaceChildren(...[...root.querySelectorAll("[data-worker]")].map((worker, place) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.dataset.worker = worker.dataset.worker;
      const name = document.createElement("b");
      name.textContent = worker.dataset.name;
      const load = document.createElement("span");
      load.textContent = worker.dataset.load;
      if (place < 9) {
        const key = document.createElement("kbd");
        key.textContent = String(place + 1);
        button.append(key);
      }
      button.append(name, load);
      item.append(button);
      return item;
    }));
    chooser.showModal();
    list.querySelector("button")?.focus();
  }

  function pick(worker) {
    const card = document.getElementById(`card-${asked}`);
    chooser.close();
    // it may have been taken off the board meanwhile; the server says what became of it
    give(card ?? asked, worker);
  }

  function giveTo(card, place) {
    const worker = root.querySelectorAll("[data-worker]")[place - 1];
    if (card?.matches("[data-assignable]") && worker) give(card, worker.dataset.worker);
  }

  async function give(card, worker) {
    const item = typeof card === "string" ? card : card.dataset.card;
    const address = root.dataset.assign.replace(/\/0$/, `/${item}`);
    if (typeof card !== "string") card.setAttribute("aria-busy", "true");
    await send(address, new URLSearchParams({ worker }));
  }

  function undo() {
    const form = document.querySelector("#notices [data-undo] form");
    if (form) undoBy(form);
  }

  async function undoBy(form) {
    form.closest(".note").remove();
    await send(form.action, new URLSearchParams(new FormData(form)));
  }

  async function send(address, body) {
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    try {
      const response = await fetch(address, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": token } });
      if (response.status === 401) return location.reload();
      tell(await response.text());
    } catch {
      const note = document.createElement("div");
      note.className = "note note-bad";
      note.setAttribute("role", "alert");
      note.textContent = JSON.parse(root.dataset.words).offline;
      tell(note.outerHTML);
    }
    for (const busy of root.querySelectorAll("[aria-busy]")) busy.removeAttribute("aria-busy");
    await refresh();
    return undefined;
  }

  function tell(html) {
    const notices = document.getElementById("notices");
    // the way back is to the last one only
    for (const old of notices.querySelectorAll("[data-undo]")) old.remove();
    notices.insertAdjacentHTML("afterbegin", html);
    const note = notices.firstElementChild;
    const seconds = Number(note?.dataset.undo ?? 0);
    if (seconds) setTimeout(() => note.remove(), seconds * 1000);
  }

  return { choose, giveTo, undo };
}
