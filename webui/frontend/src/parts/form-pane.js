// What is chosen in a form's list, property by property.
import { element } from "../designer/dialogs.js";
import { translate } from "../designer/words.js";
import { conditionRows } from "./form-conditions.js";
import * as model from "./form-model.js";

let count = 0;

function field(label, input, { hint, wide = true } = {}) {
  input.id ||= `pane-${(count += 1)}`;
  return element("div", { class: `parts-field${wide ? "" : " is-half"}` }, element("label", { class: "form-label", for: input.id }, label), input, ...(hint ? [element("div", { class: "form-hint" }, hint)] : []));
}

const line = (key, value, more = {}) => element("input", { class: "form-control", "data-key": key, value: value ?? "", autocomplete: "off", ...more });
const choice = (key, value, list) => element("select", { class: "form-select", "data-key": key }, ...list.map(([each, label]) => element("option", { value: each, selected: each === (value ?? "") ? "" : null }, label)));

function tick(label, isOn, act, key) {
  const input = element("input", { type: "checkbox", class: "form-check-input", checked: isOn ? "" : null, "data-key": key });
  input.addEventListener("change", () => act(input.checked));
  return element("label", { class: "form-check parts-tick" }, input, element("span", { class: "form-check-label" }, label));
}

/** A text in three languages: traditional Chinese in the form, English in the catalogue, simplified from the first. */
function wording(editor, key, label, text, put, { rows = 0, required = false } = {}) {
  const make = (more) => (rows ? element("textarea", { class: "form-control", rows, ...more }, more.value ?? "") : element("input", { class: "form-control", autocomplete: "off", ...more }));
  const source = make({ "data-key": key, value: text ?? "", lang: "zh-Hant" }), english = make({ "data-english": text ?? "", value: editor.words.get(text ?? "")?.english ?? "", lang: "en" });
  source.id = `pane-${(count += 1)}`;
  english.id = `${source.id}-en`;
  source.addEventListener("input", () => {
    const before = editor.words.get(english.dataset.english);
    put(source.value);
    english.dataset.english = source.value;
    // a text that is put otherwise keeps its English until that is put otherwise too
    if (before?.english && source.value && !editor.words.get(source.value)?.english) editor.word(source.value, before.english);
  });
  english.addEventListener("input", () => editor.word(english.dataset.english, english.value));
  return element("fieldset", { class: "parts-wording", "data-wording": "" }, element("legend", { class: `form-label${required ? " required" : ""}` }, label),
    element("label", { for: source.id }, "繁"), source, element("label", { for: english.id }, "EN"), english,
    element("span", { class: "parts-lang" }, "简"), element("output", { "data-simplified": "", lang: "zh-Hans" }, editor.words.get(text ?? "")?.simplified ?? ""));
}

function section(label, nodes, isOpen) {
  const made = element("details", { class: "parts-section", open: isOpen ? "" : null }, element("summary", {}, label), ...nodes);
  return nodes.length ? [made] : [];
}

function show(editor, nodes) {
  const top = editor.pane.scrollTop, isSame = editor.pane.dataset.of === editor.chosen, open = isSame ? [...editor.pane.querySelectorAll("details")].map((each) => each.open) : [];
  const key = editor.pane.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  editor.pane.replaceChildren(...nodes);
  editor.pane.dataset.of = editor.chosen;
  if (isSame) {
    [...editor.pane.querySelectorAll("details")].forEach((each, at) => { if (open[at] !== undefined) each.open = open[at]; });
    editor.pane.scrollTop = top;
    if (key) editor.pane.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  }
  if (editor.isReadOnly) for (const each of editor.pane.querySelectorAll("input, textarea, select, button")) each.disabled = true;
}

// ---- a field

export function drawField(editor, path) {
  const { schema } = editor, one = model.fieldAt(schema, path), kind = model.kindOf(one), isColumn = path.includes(".");
  const set = (key, value, isDrawn = false) => editor.change(model.withField(editor.schema, path, model.withKey(model.fieldAt(editor.schema, path), key, value)), `${path}.${key}`, isDrawn);
  const text = (key, label, more = {}) => { const input = line(key, one[key], more); input.addEventListener("input", () => set(key, input.value)); return field(label, input, more); };
  const number = (key, label) => { const input = line(key, one[key], { inputmode: "decimal" }); input.addEventListener("input", () => set(key, input.value.trim() === "" || Number.isNaN(Number(input.value)) ? undefined : Number(input.value))); return field(label, input, { wide: false }); };
  const pick = (key, label, list) => { const input = choice(key, one[key], list); input.addEventListener("change", () => set(key, input.value)); return field(label, input, { wide: false }); };
  const flag = (key, label, value = true) => tick(label, one[key] === value, (isOn) => set(key, isOn ? value : undefined), key);
  const name = line("name", path.split(".").at(-1), { class: "form-control mono", spellcheck: "false" });
  name.addEventListener("change", () => name.value !== path.split(".").at(-1) && editor.rename(path, name.value.trim()));
  const used = editor.used(path);
  const remove = element("button", { type: "button", class: "btn btn-s btn-quiet", "data-do": "remove-field" }, translate("Remove"));
  remove.addEventListener("click", () => editor.remove(path));
  const limits = {
    text: () => [number("minLength", translate("Least characters")), number("maxLength", translate("Most characters")), text("pattern", translate("Pattern"), { class: "form-control mono" }), wording(editor, "ui:pattern_message", translate("What to say where it doesn’t match"), one["ui:pattern_message"], (value) => set("ui:pattern_message", value))],
    number: () => [number("minimum", translate("Least")), number("maximum", translate("Most")), number("multipleOf", translate("Steps of")), text("ui:unit", translate("Unit of measure"), { wide: false })],
    money: () => [number("minimum", translate("Least")), number("maximum", translate("Most"))],
    choices: () => [number("minItems", translate("At least")), number("maxItems", translate("At most"))],
    yes_no: () => [flag("const", translate("Has to be yes"))], date_time: () => [flag("ui:not_future", translate("Not in the future"))],
    person: () => [pick("ui:role", translate("Only of the role"), [["", translate("Everybody")], ...editor.catalogue.roles.map((role) => [role.id, role.name])])],
  };
  const same = { long_text: "text", phone: "text", email: "text", integer: "number", rows: "choices", photos: "choices", files: "choices" };
  const plain = ["text", "long_text", "number", "integer", "money", "phone", "email"].includes(kind);
  const computable = ["text", "number", "integer", "money", "yes_no"].includes(kind);
  const rare = isColumn ? [] : [
    pick("ui:desk", translate("For the front desk"), [["", translate("Nothing")], ["caller", translate("Caller")], ["phone", translate("Telephone number")], ["time", translate("Time of the call")], ["words", translate("What is said")], ["class", translate("Urgency")], ["category", translate("Kind of work")]]),
    pick("ui:dossier", translate("In the unit’s dossier"), [["", translate("No")], ["contacts", translate("Contacts")], ["meter", translate("Meters")], ["keys", translate("Keys")], ["passes", translate("Passes")], ["documents", translate("Documents")]]),
    flag("ui:personal", translate("Papers of identity: covered for those who don’t need them"), "identity"), flag("index", translate("Searched, and shown in registers and lists")), flag("readOnly", translate("Only to be read"))];
  show(editor, [
    element("div", { class: "parts-pane-head" }, element("h2", {}, editor.said(one.title) || path), element("span", { class: "chip" }, translate(model.KINDS[kind][0])), used.length ? element("span", { class: "chip chip-info" }, translate("used {count}×", { count: used.length })) : "", remove),
    wording(editor, "title", translate("Title"), one.title, (value) => set("title", value), { required: true }),
    wording(editor, "description", translate("Help"), one.description, (value) => set("description", value)),
    element("div", { class: "parts-flags" }, tick(translate("Has to be filled in"), model.isRequired(schema, path), (isOn) => editor.change(model.withRequired(editor.schema, path, isOn), "", false), "required"),
      pick("ui:width", translate("Width"), [["", translate("Whole line")], ["half", translate("Half")], ["third", translate("A third")]])),
    ...(kind === "choice" || kind === "choices" ? [options(editor, path, one, kind, set)] : []),
    ...section(translate("Limits of the value"), limits[same[kind] ?? kind]?.() ?? [], Object.keys(one).some((key) => /^(min|max|pattern|multipleOf|const|ui:(not_future|role|unit))/.test(key))),
    ...(isColumn ? [] : section(translate("Show when"), [conditionRows(editor, path, one["ui:show_if"], (value) => set("ui:show_if", value, true))], Boolean(one["ui:show_if"]))),
    ...section(translate("Value to begin with"), [...(isColumn ? [] : [prefill(editor, one, set)]), ...(computable ? [text("ui:compute", translate("Calculated"), { class: "form-control mono", hint: translate("An expression over other fields, e.g. quantity * price") })] : []), ...(plain ? [text("ui:placeholder", translate("Example in the empty field"))] : [])], Boolean(one["ui:prefill"] || one["ui:compute"] || one["ui:placeholder"])),
    ...section(translate("Rarely needed"), [field(translate("Code"), name, { hint: translate("Data and expressions know the field by it.") }), ...rare], false),
  ]);
}

function prefill(editor, one, set) {
  const paths = editor.catalogue.forms.filter((form) => form.key !== editor.key).flatMap((form) => form.fields.map((each) => [`${form.key}.${each.name}`, `${form.title}: ${each.title}`]));
  const special = [["@now", translate("Now")], ["@today", translate("Today")], ["@me", translate("Who fills it in")]];
  const known = [["", translate("Nothing")], ...special, ...paths], value = one["ui:prefill"] ?? "";
  const input = choice("ui:prefill", value, known.some(([each]) => each === value) ? known : [...known, [value, value]]);
  input.addEventListener("change", () => set("ui:prefill", input.value));
  return field(translate("Taken from"), input);
}

function options(editor, path, one, kind, set) {
  const list = kind === "choice" ? one.oneOf : one.items.oneOf;
  const put = (next, isDrawn) => (kind === "choice" ? set("oneOf", next, isDrawn) : set("items", { ...model.fieldAt(editor.schema, path).items, oneOf: next }, isDrawn));
  const now = () => { const held = model.fieldAt(editor.schema, path); return kind === "choice" ? held.oneOf : held.items.oneOf; };
  const rows = list.map((each, at) => {
    const title = line(`oneOf.${at}.title`, each.title, { "aria-label": translate("Option {number}", { number: at + 1 }) }), value = line(`oneOf.${at}.const`, each.const, { class: "form-control mono", "aria-label": translate("Code of option {number}", { number: at + 1 }) });
    const english = line(`oneOf.${at}.en`, editor.words.get(each.title)?.english, { "data-english": each.title, lang: "en", placeholder: "English", "aria-label": translate("Option {number} in English", { number: at + 1 }) });
    title.addEventListener("input", () => { put(now().map((one_, place) => (place === at ? { ...one_, title: title.value } : one_))); english.dataset.english = title.value; });
    value.addEventListener("change", () => put(now().map((one_, place) => (place === at ? { ...one_, const: value.value.trim() } : one_))));
    english.addEventListener("input", () => editor.word(english.dataset.english, english.value));
    const button = (sign, label, act, isOff) => { const made = element("button", { type: "button", class: "btn btn-s btn-quiet btn-icon", title: label, "aria-label": `${label} ${each.title}`, disabled: isOff ? "" : null }, sign); made.addEventListener("click", act); return made; };
    const swap = (to) => { const next = [...now()]; [next[at], next[to]] = [next[to], next[at]]; put(next, true); };
    return element("li", {}, title, english, value, button("↑", translate("Up"), () => swap(at - 1), at === 0), button("↓", translate("Down"), () => swap(at + 1), at === list.length - 1), button("×", translate("Remove"), () => put(now().filter((_each, place) => place !== at), true), list.length === 1));
  });
  const add = element("button", { type: "button", class: "btn btn-s" }, translate("Add an option"));
  add.addEventListener("click", () => {
    const codes = now().map((each) => each.const);
    let number = codes.length + 1;
    while (codes.includes(`option_${number}`)) number += 1;
    put([...now(), { const: `option_${number}`, title: translate("Option {number}", { number }) }], true);
    editor.pane.querySelector(`[data-key="oneOf.${codes.length}.title"]`)?.select();
  });
  return element("fieldset", { class: "parts-options", "data-key": "oneOf", tabindex: "-1" }, element("legend", { class: "form-label" }, translate("Options")), element("ul", {}, ...rows), add);
}

// ---- the form itself, and headings

export function drawForm(editor) {
  const { schema } = editor, set = (key, value, isDrawn = false) => editor.change(model.withKey(editor.schema, key, value), key, isDrawn);
  show(editor, [
    element("div", { class: "parts-pane-head" }, element("h2", {}, translate("The form itself")), element("span", { class: "chip mono" }, editor.key)),
    wording(editor, "title", translate("Title"), schema.title, (value) => set("title", value), { required: true }),
    wording(editor, "description", translate("What it is for"), schema.description, (value) => set("description", value), { rows: 2 }),
    tick(translate("Every submission is kept as a line for registers"), schema["ui:log"] === true, (isOn) => set("ui:log", isOn), "ui:log"),
    ...section(translate("Shown above it"), [shownRows(editor, set)], Boolean(schema["ui:show"])),
    ...section(translate("Checks across fields"), [checkRows(editor, set)], Boolean(schema["ui:check"])),
    element("p", { class: "form-hint" }, translate("Choose a field in the list, or add one from the palette.")),
  ]);
}

function shownRows(editor, set) {
  const now = () => editor.schema["ui:show"] ?? [], pathOf = (each) => (typeof each === "string" ? each : each.path);
  const known = editor.catalogue.forms.filter((form) => form.key !== editor.key).flatMap((form) => form.fields.map((each) => [`${form.key}.${each.name}`, `${form.title}: ${each.title}`]));
  const label = (path) => known.find(([each]) => each === path)?.[1] ?? path;
  const rows = now().map((each, at) => {
    const out = element("button", { type: "button", "aria-label": `${translate("Remove")} ${label(pathOf(each))}` }, "×");
    out.addEventListener("click", () => set("ui:show", now().filter((_each, place) => place !== at).length ? now().filter((_each, place) => place !== at) : undefined, true));
    return element("li", {}, element("span", {}, label(pathOf(each))), out);
  });
  const add = choice("ui:show", "", [["", translate("Add a value of another form…")], ...known.filter(([path]) => !now().some((each) => pathOf(each) === path))]);
  add.setAttribute("aria-label", translate("Add a value of another form…"));
  add.addEventListener("change", () => add.value && set("ui:show", [...now(), add.value], true));
  return element("div", {}, element("ul", { class: "parts-chosen" }, ...rows), add);
}

function checkRows(editor, set) {
  const now = () => editor.schema["ui:check"] ?? [], names = Object.entries(editor.schema.properties).map(([name, each]) => [name, each.title]);
  const put = (at, key, value) => set("ui:check", now().map((each, place) => (place === at ? { ...each, [key]: value } : each)));
  const rows = now().map((each, at) => {
    const that = line(`ui:check.${at}`, each.that, { class: "form-control mono" }), beside = choice(`ui:check.${at}.field`, each.field, names);
    that.addEventListener("input", () => put(at, "that", that.value));
    beside.addEventListener("change", () => put(at, "field", beside.value));
    const out = element("button", { type: "button", class: "btn btn-s btn-quiet" }, translate("Remove"));
    out.addEventListener("click", () => set("ui:check", now().length > 1 ? now().filter((_each, place) => place !== at) : undefined, true));
    return element("div", { class: "parts-check" }, field(translate("It has to hold that"), that), field(translate("Told beside"), beside), wording(editor, `ui:check.${at}.message`, translate("What is said"), each.message, (value) => put(at, "message", value)), out);
  });
  const add = element("button", { type: "button", class: "btn btn-s" }, translate("Add a check"));
  add.addEventListener("click", () => set("ui:check", [...now(), { that: `${names[0][0]} == ${names[0][0]}`, field: names[0][0], message: translate("Please look at it again.") }], true));
  return element("div", {}, ...rows, add);
}

export function drawHeading(editor, at) {
  const layout = editor.schema["ui:layout"] ?? [], group = layout[at];
  if (!group) return drawForm(editor);
  const put = (next, isDrawn) => editor.change(model.withKey(editor.schema, "ui:layout", next.length ? next : undefined), "heading", isDrawn);
  const remove = element("button", { type: "button", class: "btn btn-s btn-quiet" }, translate("Remove"));
  remove.addEventListener("click", () => {
    const sequence = model.listed(editor.schema);
    let seen = -1;
    editor.chosen = "";
    editor.change(model.arranged(editor.schema, sequence.filter((each) => each.heading === undefined || (seen += 1) !== at)));
  });
  show(editor, [element("div", { class: "parts-pane-head" }, element("h2", {}, translate("Heading")), remove),
    wording(editor, "title", translate("Title"), group.title, (value) => put((editor.schema["ui:layout"] ?? []).map((each, place) => (place === at ? { title: value, ...each, ...(value ? { title: value } : {}) } : each))))]);
}
