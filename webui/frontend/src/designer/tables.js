// Decision tables: dmn-js, writing over the author's own text like the diagrams.
import DmnModeler from "dmn-js/lib/Modeler";
import { patch } from "./stable-xml.js";
import { translateModule } from "./words.js";
import "dmn-js/dist/assets/diagram-js.css";
import "dmn-js/dist/assets/dmn-js-shared.css";
import "dmn-js/dist/assets/dmn-js-drd.css";
import "dmn-js/dist/assets/dmn-js-decision-table.css";
import "dmn-js/dist/assets/dmn-js-decision-table-controls.css";
import "dmn-js/dist/assets/dmn-js-literal-expression.css";
import "dmn-js/dist/assets/dmn-font/css/dmn.css";
import "./tables.css";

window.designerTables = (container, onChange) => new TableEditor(container, onChange);

class TableEditor {
  constructor(container, onChange) {
    const common = { additionalModules: [translateModule] };
    this.modeler = new DmnModeler({ container, drd: common, decisionTable: common, literalExpression: common });
    this.watched = new Set();
    this.onChange = onChange;
    this.modeler.on("views.changed", () => this.watch());
  }

  async show(text) {
    await this.modeler.importXML(text);
    const table = this.modeler.getViews().find((view) => view.type === "decisionTable");
    if (table) await this.modeler.open(table);
    this.original = text;
    this.before = await this.written();
    this.watch();
  }

  watch() {
    const viewer = this.modeler.getActiveViewer();
    if (!viewer || this.watched.has(viewer)) return;
    this.watched.add(viewer);
    viewer.on("commandStack.changed", () => this.onChange());
  }

  async text() {
    const now = await this.written();
    return now === this.before ? this.original : patch(this.original, this.before, now);
  }

  async written() {
    return (await this.modeler.saveXML({ format: true })).xml;
  }
}
