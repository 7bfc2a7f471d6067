// Tells in words where a field is used.
import { element } from "../designer/dialogs.js";
import { translate } from "../designer/words.js";

const KINDS = { step: "Step", title: "Title of the case", signature: "Signature", limit: "Limit", decision: "Decision table", record: "Record", register: "Register", board: "Board", form: "Form", scenario: "Scenario" };
const MOST = 30;

/** Nodes for a dialog: a sentence and the places. */
export function tellUsage(used, sentence) {
  const rows = used.slice(0, MOST).map((each) => element("li", {}, element("b", {}, translate(KINDS[each.kind] ?? each.kind)), " ", each.name,
    element("span", { class: "faint" }, ` ${[each.procedure, each.file].filter(Boolean).join(" · ")}`), ...(each.text && each.text !== each.name ? [element("code", {}, each.text)] : [])));
  if (used.length > MOST) rows.push(element("li", { class: "faint" }, translate("and {count} more", { count: used.length - MOST })));
  return [element("p", {}, sentence), element("ul", { class: "parts-usage" }, ...rows)];
}
