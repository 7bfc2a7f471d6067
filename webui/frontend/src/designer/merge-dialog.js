// Asks how two people's changes of one file go together: what both changed is shown side by side, and for each somebody chooses.
import { ask, element } from "./dialogs.js";
import { plan } from "./merge-files.js";
import { translate } from "./words.js";

/**
 * `{ text, isTheirs }` as it was answered, or null for not now. `told`: who has saved, when, and what the server said of it.
 */
export async function bringTogether(path, base, mine, theirs, told) {
  const found = plan(path, base, mine, theirs), who = told.who || translate("Theirs");
  const body = [element("p", {}, told.detail ?? translate("Somebody has saved this file since you changed it."))];
  if (found.conflicts.length) {
    body.push(element("p", {}, translate("You both changed these. Choose for each whose stays; everything else is put together.")));
    body.push(element("ul", { class: "designer-choices" }, ...found.conflicts.map((each, number) => choice(each, number, who))));
  } else body.push(element("p", {}, translate("None of it contradicts yours.")));
  return ask(translate("{name} has saved this file {when}", { name: told.who ?? "", when: told.when ?? "" }), body, [
    { label: translate("Put both together"), value: "merge", primary: true }, { label: translate("Take theirs, drop mine"), value: "theirs" },
    { label: translate("Not now"), value: "" },
  ], (form, value) => {
    const answers = new FormData(form);
    const keep = found.conflicts.filter((_each, number) => answers.get(`of-${number}`) === "theirs").map((each) => each.id);
    return value === "theirs" ? { text: theirs, isTheirs: true } : { text: found.text(keep), isTheirs: false };
  });
}

function choice(each, number, who) {
  const side = (value, label, text) => element("div", {},
    element("label", {}, element("input", { type: "radio", name: `of-${number}`, value, checked: value === "mine" ? "" : null }), ` ${label}`),
    ...(text === undefined ? [] : [element("pre", { class: "parts-compare" }, text || "—")]));
  return element("li", {}, element("b", {}, each.label), ...(each.id !== each.label && !each.texts ? [element("span", { class: "faint" }, ` ${each.id}`)] : []),
    side("mine", `${translate("Mine")} (${translate(each.mine)})`, each.texts?.[0]), side("theirs", `${who} (${translate(each.theirs)})`, each.texts?.[1]));
}
