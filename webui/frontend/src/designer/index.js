// The designer's page: puts the session together and binds the bar above the canvas.
import "bpmn-js/dist/assets/diagram-js.css";
import "bpmn-js/dist/assets/bpmn-js.css";
import "bpmn-js/dist/assets/bpmn-font/css/bpmn.css";
import "@bpmn-io/properties-panel/dist/assets/properties-panel.css";
import "diagram-js-minimap/assets/diagram-js-minimap.css";
import "bpmn-js-color-picker/colors/color-picker.css";
import "bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css";
import "./designer.css";
import "./manual.css";
import { bindBar } from "./bar.js";
import { ManualPanel } from "./manual.js";
import { openDraft } from "./opening.js";
import { diagramsOf, Session } from "./session.js";
import { untranslated } from "./words.js";

const root = document.querySelector("[data-designer]");
if (root) start(root);

async function start(holder) {
  let first = "";
  const { server, draft, catalogue, known, more } = await openDraft(holder, (from, found) => {
    first = firstOf(found);
    return first ? from.file(first) : null;
  });
  const session = new Session(holder, server, draft, catalogue);
  // for whoever looks after it, and for the tests
  window.designer = { session, untranslated };
  bindBar(session);
  if (first) await session.open(first, more);
  holder.dataset.drawn = "1";
  await known;
  session.knows();
  new ManualPanel(session, holder.querySelector("[data-manual]")).soon();
  holder.dataset.ready = "1";
}

/** The diagram that the address names, else the procedure's own, else the first. */
function firstOf(draft) {
  const diagrams = diagramsOf(draft), wanted = decodeURIComponent(location.hash.slice(1));
  return [wanted, `${draft.procedure}.bpmn`].find((path) => diagrams.includes(path)) ?? diagrams[0] ?? "";
}
