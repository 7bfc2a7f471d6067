// The canvas: bpmn-js with its extensions and ours, and the author's own text behind what is shown.
import BpmnModeler from "bpmn-js/lib/Modeler";
import { CreateAppendAnythingModule } from "bpmn-js-create-append-anything";
import ColorPickerModule from "bpmn-js-color-picker";
import clipboard from "./clipboard.js";
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule } from "bpmn-js-properties-panel";
import TokenSimulationModule from "bpmn-js-token-simulation";
import MinimapModule from "diagram-js-minimap";
import descriptor from "./descriptor.json";
import panelModule from "./panel/index.js";
import readableIds from "./readable-ids.js";
import { patch } from "./stable-xml.js";
import { startTouch } from "./touch.js";
import { translateModule } from "./words.js";

export class Canvas {
  constructor(holder, panel, catalogue) {
    //: text handed out → what the modeler wrote for it
    this.wrote = new Map();
    this.modeler = new BpmnModeler({
      container: holder, propertiesPanel: { parent: panel, feelPopupContainer: null }, moddleExtensions: { spiffworkflow: descriptor },
      catalogue, minimap: { open: false },
      additionalModules: [
        BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, CreateAppendAnythingModule, MinimapModule, ColorPickerModule, clipboard,
        TokenSimulationModule, readableIds, panelModule, translateModule,
      ],
    });
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
    this.get("canvas").zoom("fit-viewport", "auto");
    return warnings;
  }

  /** The author's text with what was changed on the canvas: the very same characters where nothing was. */
  async text() {
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
    return (await this.modeler.saveXML({ format: true })).xml;
  }
}
