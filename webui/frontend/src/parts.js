// The editors of what a procedure has beside its diagrams: forms, records, registers. Loaded on their pages alone.
import { openDraft } from "./designer/opening.js";
import { untranslated } from "./designer/words.js";
import { FormEditor } from "./parts/form-editor.js";
import { RecordEditor } from "./parts/record-editor.js";
import { RegisterEditor } from "./parts/register-editor.js";

const EDITORS = { form: FormEditor, record: RecordEditor, register: RegisterEditor };
const root = document.querySelector("[data-part]");
if (root) start(root);

async function start(holder) {
  const { server, draft, catalogue, known } = await openDraft(holder);
  await known;
  const editor = new EDITORS[holder.dataset.part](holder, server, draft, catalogue);
  window.parts = { editor, untranslated };
  for (const button of holder.querySelectorAll("[data-view-button]")) button.addEventListener("click", () => { holder.dataset.view = button.dataset.viewButton; });
  await editor.file.open();
  holder.dataset.ready = "1";
}
