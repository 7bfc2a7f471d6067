// The condition of a way: rows of a form's field, how it is compared and with what; the expression itself for whatever rows cannot say.
import { TextAreaEntry } from "@bpmn-io/properties-panel";
import { useService } from "bpmn-js-properties-panel";
import { getBusinessObject } from "bpmn-js/lib/util/ModelUtil";
import { useState } from "@bpmn-io/properties-panel/preact/hooks";
import { translate } from "../words.js";
import { comparisons, read, write } from "./condition-model.js";

const WORDS = { yes: "Yes", no: "No", "==": "is", "!=": "is not", in: "includes", "not in": "doesn’t include" };
const SIGNS = { "==": "=", "!=": "≠", "<=": "≤", ">=": "≥" };

export function Condition({ element, id, label }) {
  const modeling = useService("modeling"), debounce = useService("debounceInput"), bpmnFactory = useService("bpmnFactory");
  const object = getBusinessObject(element), source = getBusinessObject(element.source);
  const isDefault = source.default === object, text = object.get("conditionExpression")?.body ?? "";
  const set = (value) => {
    const made = value ? bpmnFactory.create("bpmn:FormalExpression", { body: value }) : undefined;
    if (made) made.$parent = object;
    modeling.updateProperties(element, { conditionExpression: made });
  };
  return <>
    {!isDefault && <Rows key={element.id} id={id} text={text} set={set} />}
    {!isDefault && <TextAreaEntry id={id} element={element} label={translate(label)} debounce={debounce} monospace autoResize
      description={translate('An expression, e.g. decision["outcome"] == "repair".')} getValue={() => text} setValue={set} />}
    {element.source.type !== "bpmn:ParallelGateway" && <div className="bio-properties-panel-entry"><label className="designer-flag">
      <input type="checkbox" checked={isDefault} onChange={(event) => {
        if (event.target.checked && object.get("conditionExpression")) modeling.updateProperties(element, { conditionExpression: undefined });
        modeling.updateProperties(element.source, { default: event.target.checked ? object : undefined });
      }} />{translate("Taken when no other is")}</label></div>}
  </>;
}

/** Rows that are not complete yet are kept here only: an expression that says half of it would take another way. */
function Rows({ id, text, set }) {
  const catalogue = useService("config.catalogue");
  const [begun, setBegun] = useState(null);
  const fields = new Map(catalogue.forms.flatMap((form) => form.fields.map((field) => [`${form.key}.${field.name}`, field])));
  const held = begun && write(begun, fields) === text ? begun : read(text);
  if (!held) return <p className="bio-properties-panel-entry designer-hint">{translate("This condition says more than fields and values; change it below.")}</p>;
  const keep = (rows, join = held.join) => {
    const next = { rows, join }, expression = write(next, fields);
    setBegun(next);
    if (expression !== text) set(expression);
  };
  const change = (index, more) => keep(held.rows.map((row, at) => (at === index ? { ...row, ...more, text: "" } : row)));
  return <div className="bio-properties-panel-entry designer-conditions" data-entry-id={`${id}-rows`}>
    {held.rows.length > 1 && <select aria-label={translate("How the conditions go together")} value={held.join} onChange={(event) => keep(held.rows, event.target.value)}>
      <option value="and">{translate("All of them")}</option><option value="or">{translate("Any of them")}</option></select>}
    {held.rows.map((row, index) => <div key={index} className="designer-condition" role="group" aria-label={translate("Condition {n}", { n: index + 1 })}>
      <FieldPicker catalogue={catalogue} fields={fields} value={row.field} choose={(field) => change(index, { field, compare: comparisons(fields.get(field))[0] ?? "", value: "" })} />
      {fields.get(row.field) && <Compared field={fields.get(row.field)} row={row} change={(more) => change(index, more)} />}
      <button type="button" title={translate("Remove")} aria-label={translate("Remove")} onClick={() => keep(held.rows.filter((_, at) => at !== index))}>×</button></div>)}
    <button type="button" className="btn btn-s" onClick={() => keep([...held.rows, { field: "", compare: "", value: "" }])}>{translate("Add a condition")}</button>
  </div>;
}

function FieldPicker({ catalogue, fields, value, choose }) {
  return <select aria-label={translate("Field")} value={value} onChange={(event) => choose(event.target.value)}>
    <option value="">{translate("Choose a field…")}</option>
    {value && !fields.has(value) && <option value={value}>{translate("{value} (unknown)", { value })}</option>}
    {catalogue.forms.map((form) => <optgroup key={form.key} label={form.title || form.key}>
      {form.fields.filter((field) => comparisons(field).length).map((field) => <option key={field.name} value={`${form.key}.${field.name}`}>{field.title || field.name}</option>)}
    </optgroup>)}</select>;
}

function Compared({ field, row, change }) {
  const isNumber = ["number", "integer", "money"].includes(field.kind), isYesNo = field.kind === "yes_no";
  return <>
    <select aria-label={translate("Comparison")} value={row.compare} onChange={(event) => change({ compare: event.target.value })}>
      {comparisons(field).map((each) => <option key={each} value={each}>{isNumber ? SIGNS[each] ?? each : translate(WORDS[each])}</option>)}</select>
    {!isYesNo && (field.choices.length
      ? <select aria-label={translate("Value")} value={row.value} onChange={(event) => change({ value: event.target.value })}>
        <option value="">{translate("Choose a value…")}</option>
        {row.value && !field.choices.some((each) => each.value === row.value) && <option value={row.value}>{translate("{value} (unknown)", { value: row.value })}</option>}
        {field.choices.map((each) => <option key={each.value} value={each.value}>{each.title || each.value}</option>)}</select>
      : <input type={isNumber ? "number" : "text"} step="any" aria-label={translate("Value")} value={row.value} onChange={(event) => change({ value: event.target.value })} />)}
  </>;
}
