// What is typed into a form of a procedure survives a closed tab or a lost network, in this browser, until it was sent.
const PREFIX = "draft:";
const KEEP = 3 * 24 * 3600 * 1000;

export function startDrafts() {
  for (const done of document.querySelectorAll("[data-draft-done]")) localStorage.removeItem(PREFIX + done.dataset.draftDone);
  const form = document.querySelector("form[data-draft]");
  if (!form) return;
  const key = PREFIX + form.dataset.draft;
  forget();
  const offer = document.querySelector("[data-draft-offer]");
  const kept = read(key);
  // a page that comes back with errors carries what was typed already
  if (kept && offer && !form.hasAttribute("data-filled")) {
    offer.hidden = false;
    offer.querySelector("[data-draft-take]").addEventListener("click", () => {
      fill(form, kept.fields);
      offer.hidden = true;
    });
    offer.querySelector("[data-draft-drop]").addEventListener("click", () => {
      localStorage.removeItem(key);
      offer.hidden = true;
    });
  }
  let timer = null;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => keep(form, key), 600);
  });
}

function keep(form, key) {
  const fields = [];
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value && value.length < 20_000 && !name.startsWith("_") && name !== "csrf_token") fields.push([name, value]);
  try {
    localStorage.setItem(key, JSON.stringify({ at: Date.now(), fields }));
    const saved = document.querySelector("[data-draft-saved]");
    if (saved) saved.hidden = false;
  } catch {
    // a full or forbidden store costs the draft, not the page
  }
}

function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    return kept && kept.fields.length ? kept : null;
  } catch {
    return null;
  }
}

function fill(form, fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  form.dispatchEvent(new CustomEvent("draft-taken", { detail: [...values.keys()] }));
  for (const field of form.elements) {
    if (!field.name || !values.has(field.name) || field.type === "file") continue;
    const given = values.get(field.name);
    if (field.type === "checkbox" || field.type === "radio") field.checked = given.includes(field.value);
    else field.value = given.length > 1 ? given.shift() : given[0];
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

function forget() {
  for (const key of Object.keys(localStorage)) {
    if (!key.startsWith(PREFIX)) continue;
    const kept = read(key);
    if (!kept || Date.now() - kept.at > KEEP) localStorage.removeItem(key);
  }
}
