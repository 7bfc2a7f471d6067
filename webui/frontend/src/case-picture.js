// The diagram of a case: a selected step tells its settings and what happened there, and how the case went can be played.
const SELECTABLE = /bpmn-\w*(Task|task|Event|Gateway|callActivity|subProcess)\b/;
const STEP = 1400;

export function startCasePictures() {
  for (const root of document.querySelectorAll("[data-case-picture]")) {
    select(root);
    const player = root.querySelector(":scope > [data-player]");
    if (player) play(root, player);
  }
}

function select(root) {
  const box = root.querySelector(":scope > [data-diagram]");
  const panel = root.querySelector(":scope > [data-about-panel]");
  const calls = JSON.parse(root.dataset.calls);
  // nothing inside an image can be reached
  box.querySelector("svg")?.setAttribute("role", "group");
  for (const element of box.querySelectorAll("[data-element-id]")) {
    if (!SELECTABLE.test(element.getAttribute("class"))) continue;
    const words = element.getAttribute("aria-label") ?? element.querySelector(":scope > title")?.textContent ?? element.dataset.elementId;
    element.setAttribute("tabindex", "0");
    element.setAttribute("role", "button");
    element.setAttribute("aria-label", words);
  }

  async function choose(element) {
    box.querySelector(".is-selected")?.classList.remove("is-selected");
    element.classList.add("is-selected");
    const called = document.getElementById(`called-${calls[element.dataset.elementId]}`);
    if (called) called.open = true;
    const address = root.dataset.about.replace(/-$/, encodeURIComponent(element.dataset.elementId));
    const response = await fetch(address, { headers: { "HX-Request": "true" } });
    if (!response.ok || !element.classList.contains("is-selected")) return;
    panel.innerHTML = await response.text();
    panel.hidden = false;
  }

  const of = (target) => target.closest?.("[data-element-id][role=button]");
  box.addEventListener("click", (event) => of(event.target) && choose(of(event.target)).catch(() => {}));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !of(event.target)) return;
    event.preventDefault();
    choose(of(event.target)).catch(() => {});
  });
}

function play(root, player) {
  const box = root.querySelector(":scope > [data-diagram]");
  const frames = JSON.parse(root.dataset.frames);
  const find = (name) => player.querySelector(`[data-${name}]`);
  const [playButton, place, speed, told, now] = ["play", "place", "speed", "told", "now"].map(find);
  const label = playButton.querySelector("[data-words]");
  const words = JSON.parse(label.dataset.words);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const elements = new Map();
  for (const name of new Set(frames.flatMap((frame) => [...frame.done, ...frame.here]))) {
    const element = box.querySelector(`[data-element-id="${CSS.escape(name)}"]`);
    if (element) elements.set(name, element);
  }
  let timer = null;
  let at = frames.length - 1;

  function show(index) {
    at = Math.min(frames.length - 1, Math.max(0, index));
    const done = new Set();
    const here = new Set();
    for (const frame of frames.slice(0, at + 1)) {
      for (const name of frame.done) {
        here.delete(name);
        done.add(name);
      }
      for (const name of frame.gone) here.delete(name);
      for (const name of frame.here) here.add(name);
    }
    box.classList.add("is-playing");
    for (const [name, element] of elements) {
      element.dataset.plays = "";
      element.classList.toggle("played-here", here.has(name));
      element.classList.toggle("played-done", done.has(name) && !here.has(name));
    }
    place.value = String(at);
    told.textContent = `${at + 1}/${frames.length} · ${frames[at].at} · ${frames[at].words}`;
    now.hidden = false;
    if (!still.matches || timer === null) follow([...here][0]);
  }

  function follow(name) {
    // inside the diagram's frame only: the page stays where it is
    const element = elements.get(name);
    if (!element) return;
    const target = element.getBoundingClientRect();
    const frame = box.getBoundingClientRect();
    if (target.left >= frame.left && target.right <= frame.right && target.top >= frame.top && target.bottom <= frame.bottom) return;
    box.scrollLeft += target.left - frame.left - frame.width / 2 + target.width / 2;
    box.scrollTop += target.top - frame.top - frame.height / 2 + target.height / 2;
  }

  function pause() {
    clearInterval(timer);
    timer = null;
    playButton.setAttribute("aria-pressed", "false");
    label.textContent = words.play;
  }

  function start() {
    if (at >= frames.length - 1) show(0);
    clearInterval(timer);
    playButton.setAttribute("aria-pressed", "true");
    label.textContent = words.pause;
    timer = setInterval(() => (at < frames.length - 1 ? show(at + 1) : pause()), STEP / Number(speed.value));
  }

  function leave() {
    pause();
    at = frames.length - 1;
    place.value = String(at);
    box.classList.remove("is-playing");
    told.textContent = "";
    now.hidden = true;
  }

  function step(by) {
    pause();
    show(at + by);
  }

  player.hidden = false;
  // who asks for no movement steps through it
  const motion = () => (playButton.hidden = speed.hidden = still.matches);
  motion();
  still.addEventListener("change", motion);
  playButton.addEventListener("click", () => (timer === null ? start() : pause()));
  find("back").addEventListener("click", () => step(-1));
  find("next").addEventListener("click", () => step(box.classList.contains("is-playing") ? 1 : 1 - frames.length));
  now.addEventListener("click", leave);
  place.addEventListener("input", () => {
    pause();
    show(Number(place.value));
  });
  speed.addEventListener("change", () => timer !== null && start());
  player.addEventListener("keydown", (event) => {
    if (event.key === "Escape") leave();
    else if (event.target === place || event.target === speed) return;
    else if (event.key === "ArrowLeft") step(-1);
    else if (event.key === "ArrowRight") find("next").click();
    else return;
    event.preventDefault();
  });
}
