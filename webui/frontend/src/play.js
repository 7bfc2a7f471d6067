// What was typed into the form of one step of a play is there again when another step was looked at in between, until it was sent.
import { draftsOf, dropDraft, fill, keepDraft, readDraft } from "./drafts.js";

const PREFIX = "play-";

export function startPlay() {
  for (const begin of document.querySelectorAll("form[data-play-begin]")) {
    begin.addEventListener("submit", () => draftsOf(`${PREFIX}${begin.dataset.playBegin}-`).forEach(dropDraft));
  }
  const form = document.querySelector("form[data-play]");
  if (!form) return;
  const name = PREFIX + form.dataset.play;
  const kept = readDraft(name);
  // a form that comes back refused has everything in it already
  if (kept && !form.hasAttribute("data-filled")) fill(form, kept.fields.filter(([key]) => !["item", "seen"].includes(key)));
  form.addEventListener("input", () => keepDraft(name, form));
  form.addEventListener("change", () => keepDraft(name, form));
  form.addEventListener("submit", () => dropDraft(name));
}
