// The canvas: bpmn-js with its extensions and ours, and the author's own text behind what is shown.
import BpmnModeler from "bpmn-js/lib/Modeler";
import BpmnViewer from "bpmn-js/lib/NavigatedViewer";
import { CreateAppendAnythingModule } from "bpmn-js-create-append-anything";
import ColorPickerModule from "bpmn-js-color-picker";
import clipboard from "./clipboard.js";
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule } from "bpmn-js-properties-panel";
import TokenSimulationModule from "bpmn-js-token-simulation";
import TokenSimulationViewerModule from "bpmn-js-token-simulation/lib/viewer";
import MinimapModule from "diagram-js-minimap";
import descriptor from "./descriptor.json";
import panelModule from "./panel/index.js";
import readableIds from "./readable-ids.js";
import { patch } from "./stable-xml.js";
import { startTouch } from "./touch.js";
import { translateSimulation } from "./simulation-words.js";
import { translateModule } from "./words.js";

export class Canvas {
  constructor(holder, panel, catalogue, isReadOnly) {
    //: text handed out → what the modeler wrote for it
    this.wrote = new Map();
    this.isReadOnly = isReadOnly;
    const common = { container: holder, moddleExtensions: { spiffworkflow: descriptor } };
    this.modeler = isReadOnly
      ? new BpmnViewer({ ...common, additionalModules: [TokenSimulationViewerModule, MinimapModule, translateModule] })
      : new BpmnModeler({
        ...common, catalogue, propertiesPanel: { parent: panel }, minimap: { open: false },
        additionalModules: [
          BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, CreateAppendAnythingModule, MinimapModule, ColorPickerModule, clipboard,
          TokenSimulationModule, readableIds, panelModule, translateModule,
        ],
      });
    // a simulation colours the elements themselves: until it is over the text is the one from before
    this.frozen = null;
    this.modeler.on("tokenSimulation.toggleMode", 10_000, ({ active }) => {
      this.frozen = active ? this.text() : null;
    });
    // on a phone the palette lies over what is drawn: it goes when something was taken from it (what this gives back, false most of all,
    // would be an answer to the event)
    if (!isReadOnly) this.modeler.on(["create.start", "tool-manager.update"], () => {
      if (this.isNarrow) this.get("palette").close();
    });
    translateSimulation(this.modeler, holder);
    startTouch(this.modeler, holder);
  }

  get(name) {
    return this.modeler.get(name);
  }

  /** Show a file's text. Gives what the reader had to leave out. */
  async show(text) {
    const { warnings } = await this.modeler.importXML(text);
    this.original = text;
    this.before = await this.written();
    // a phone has no room for it beside the picture
    if (!this.isReadOnly && this.isNarrow) this.get("palette").close();
    this.fit();
    return warnings;
  }

  get isNarrow() {
    return this.get("canvas").getContainer().clientWidth < 600;
  }

  /** The whole diagram between the palette and the room that the entries beside the last element take. */
  fit() {
    const canvas = this.get("canvas"), { outer, inner } = canvas.viewbox();
    if (!inner.width) return;
    // a closed palette leaves its button
    const left = this.isReadOnly ? 16 : this.isNarrow ? 64 : 116, right = this.isReadOnly || this.isNarrow ? 16 : 88, edge = 16;
    const scale = Math.min((outer.width - left - right) / inner.width, (outer.height - 2 * edge) / inner.height, 1);
    const height = outer.height / scale, width = outer.width / scale;
    canvas.viewbox({ x: inner.x - left / scale, y: inner.y - Math.max(edge / scale, Math.min((height - inner.height) / 2, 60 / scale)), width, height });
  }

  /** Do something that changes how much room there is; a picture that was seen as a whole still is afterwards. */
  resizing(act) {
    const canvas = this.get("canvas"), { x, y, width, height, inner } = canvas.viewbox();
    const isWhole = x <= inner.x && y <= inner.y && x + width >= inner.x + inner.width && y + height >= inner.y + inner.height;
    act();
    canvas.resized();
    if (isWhole) this.fit();
  }

  /** The author's text with what was changed on the canvas: the very same characters where nothing was. */
  async text() {
    if (this.frozen) return this.frozen;
    const now = await this.written();
    const text = now === this.before ? this.original : patch(this.original, this.before, now);
    this.wrote.set(text, now);
    return text;
  }

  /** From now on the canvas is held against this text. Where more was drawn since it was written, that stays a change. */
  async saved(text) {
    this.before = this.wrote.get(text) ?? this.before;
    this.original = text;
    this.wrote.clear();
  }

  onChange(act) {
    this.modeler.on("commandStack.changed", act);
  }

  element(id) {
    return this.get("elementRegistry").get(id);
  }

  /** Bring an element into view and select it. False where the canvas doesn't show it. */
  reveal(id) {
    const element = this.element(id);
    if (!element) return false;
    const canvas = this.get("canvas"), root = canvas.findRoot(element);
    if (root && root !== canvas.getRootElement()) canvas.setRootElement(root);
    canvas.scrollToElement(element, { top: 120, bottom: 120, left: 160, right: 160 });
    this.get("selection").select(element);
    return true;
  }

  async written() {
    const { xml } = await this.modeler.saveXML({ format: true });
    // a step that was named once keeps a label without a place, also when that is undone: it says nothing
    return xml.replace(/\s*<bpmndi:BPMNLabel\s*\/>/g, "");
  }
}
