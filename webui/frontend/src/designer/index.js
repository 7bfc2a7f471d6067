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
import { Server } from "./server.js";
import { Session } from "./session.js";
import { setWords, untranslated } from "./words.js";

const root = document.querySelector("[data-designer]");
if (root) start(root);

async function start(holder) {
  const server = new Server(Number(holder.dataset.draft));
  const [words, draft, catalogue] = await Promise.all([
    fetch(holder.dataset.words).then((response) => response.json()), server.draft(), server.get(`/drafts/${server.draftId}/catalogue`),
  ]);
  setWords(words);
  const session = new Session(holder, server, draft, catalogue);
  // for whoever looks after it, and for the tests
  window.designer = { session, untranslated };
  bindBar(session);
  const manual = new ManualPanel(session, holder.querySelector("[data-manual]"));
  const wanted = decodeURIComponent(location.hash.slice(1));
  const first = session.diagrams.includes(wanted) ? wanted : session.diagrams.includes(`${draft.procedure}.bpmn`) ? `${draft.procedure}.bpmn` : session.diagrams[0];
  if (first) await session.open(first);
  manual.soon();
  holder.dataset.ready = "1";
}
