// Fields that are more than one of our properties: a lane's role, a called process, an operation with its parameters.
import { SelectEntry, TextAreaEntry, TextFieldEntry } from "@bpmn-io/properties-panel";
import { useService } from "bpmn-js-properties-panel";
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";
import { extension, property, setExtension, setProperties } from "../properties.js";
import { translate } from "../words.js";
import { Choice } from "./entries.jsx";

const OPERATOR = "spiffworkflow:ServiceTaskOperator", DECISION = "spiffworkflow:CalledDecisionId";
//: an id that the editor or a modeler made up
const MADE_UP = /^(lane_\d+|[A-Z][A-Za-z]+_[0-9][0-9a-z]{6}|.*_lane)$/;

/** The name of the lane that an element lies in; empty where it lies in none. */
export function laneOf(element) {
  const object = getBusinessObject(element);
  for (let around = element; around; around = around.parent) {
    const lanes = getBusinessObject(around)?.lanes;
    const lane = lanes?.find((each) => is(each, "bpmn:Lane"));
    if (lane) return lane.name || lane.id;
  }
  const lane = object.lanes?.[0];
  return lane ? lane.name || lane.id : "";
}

/** A lane's role: its id where it says nothing else, so that a plain drawing needs no properties. */
export function LaneRole({ element, id, label }) {
  const injector = useService("injector"), catalogue = useService("config.catalogue"), modeling = useService("modeling");
  const object = getBusinessObject(element);
  const known = (role) => catalogue.roles.find((each) => each.id === role);
  const value = property(object, "role") || (known(object.id) ? object.id : "");
  const choose = (role) => {
    const chosen = known(role);
    if (!chosen) return setProperties(injector, element, { role: "" });
    const isFree = object.id === role || !injector.get("moddle").ids.assigned(role);
    const names = object.name ? {} : { name: chosen.name };
    if (MADE_UP.test(object.id) && isFree) {
      modeling.updateProperties(element, { id: role, ...names });
      if (property(object, "role")) setProperties(injector, element, { role: "" });
    } else {
      if (names.name) modeling.updateProperties(element, names);
      setProperties(injector, element, { role: object.id === role ? "" : role });
    }
  };
  return <SelectEntry id={id} element={element} label={translate(label)} getValue={() => value} setValue={choose}
    getOptions={() => [{ value: "", label: translate("<none>") }, ...catalogue.roles.map((role) => ({ value: role.id, label: role.name }))]} />;
}

/** The form of a step; a new one can be begun here. */
export function FormEntry({ element, id, name, label }) {
  const eventBus = useService("eventBus");
  const object = getBusinessObject(element);
  const forms = (catalogue) => catalogue.forms.map((form) => ({ value: form.key, label: form.title ? `${form.title} (${form.key})` : form.key }));
  const key = property(object, "form");
  return <>
    <Choice element={element} id={id} name={name} label={label} list={forms} />
    <div className="bio-properties-panel-entry designer-links">
      {key ? <a href="#" onClick={(event) => { event.preventDefault(); eventBus.fire("designer.openForm", { key }); }}>{translate("Edit this form")}</a>
        : <button type="button" className="btn btn-s" onClick={() => eventBus.fire("designer.newForm", { element })}>{translate("Begin a form for this step")}</button>}
    </div></>;
}

export function CalledProcess({ element, id, label }) {
  const catalogue = useService("config.catalogue"), modeling = useService("modeling");
  const object = getBusinessObject(element), value = object.get("calledElement") ?? "";
  const list = catalogue.processes.map((each) => ({ value: each.key, label: `${each.name} (${each.key})` }));
  if (value && !list.some((each) => each.value === value)) list.push({ value, label: translate("{value} (unknown)", { value }) });
  return <SelectEntry id={id} element={element} label={translate(label)} getValue={() => value}
    setValue={(key) => modeling.updateProperties(element, { calledElement: key || undefined })} getOptions={() => [{ value: "", label: translate("<none>") }, ...list]} />;
}

export function Operator({ element, id, label }) {
  const injector = useService("injector"), catalogue = useService("config.catalogue"), debounce = useService("debounceInput");
  const object = getBusinessObject(element), operator = extension(object, OPERATOR);
  const given = new Map((operator?.get("parameterList")?.get("parameters") ?? []).map((each) => [each.id, each.value ?? ""]));
  const write = (name, result, values) => setExtension(injector, element, OPERATOR, !name ? null : (factory, extensions) => {
    const made = factory.create(OPERATOR, { id: name, resultVariable: result || undefined });
    const known = catalogue.operators.find((each) => each.name === name)?.parameters ?? [];
    const list = factory.create("spiffworkflow:Parameters", { parameters: [] });
    const names = [...known.map((each) => each.name), ...[...values.keys()].filter((key) => !known.some((each) => each.name === key))];
    list.parameters = names.filter((key) => values.get(key)).map((key) => {
      const before = operator?.get("parameterList")?.get("parameters").find((each) => each.id === key);
      const parameter = factory.create("spiffworkflow:Parameter", { id: key, type: before?.type ?? "any", value: values.get(key) });
      parameter.$parent = list;
      return parameter;
    });
    list.$parent = made;
    if (list.parameters.length) made.parameterList = list;
    return made;
  });
  const signature = catalogue.operators.find((each) => each.name === operator?.id)?.parameters ?? [];
  const options = [{ value: "", label: translate("<none>") }, ...catalogue.operators.map((each) => ({ value: each.name, label: each.name }))];
  if (operator && !catalogue.operators.some((each) => each.name === operator.id)) options.push({ value: operator.id, label: translate("{value} (unknown)", { value: operator.id }) });
  return <>
    <SelectEntry id={id} element={element} label={translate(label)} getValue={() => operator?.id ?? ""} getOptions={() => options}
      setValue={(name) => write(name, operator?.resultVariable, given)} />
    {signature.map((each) => <TextFieldEntry key={each.name} id={`our-parameter-${each.name}`} element={element} debounce={debounce}
      label={each.is_required ? `${each.name} *` : each.name} description={translate("An expression over the case’s data; text in quotes.")}
      getValue={() => given.get(each.name) ?? ""} setValue={(value) => write(operator.id, operator.resultVariable, new Map(given).set(each.name, value ?? ""))} />)}
    {operator && <TextFieldEntry id="our-result" element={element} debounce={debounce} label={translate("Result kept as")} getValue={() => operator.resultVariable ?? ""}
      setValue={(value) => write(operator.id, value, given)} />}
  </>;
}

export function Decision({ element, id, label }) {
  const injector = useService("injector"), catalogue = useService("config.catalogue");
  const object = getBusinessObject(element), value = extension(object, DECISION)?.value ?? "";
  const list = catalogue.decisions.map((each) => ({ value: each.id, label: each.name || each.id }));
  if (value && !list.some((each) => each.value === value)) list.push({ value, label: translate("{value} (unknown)", { value }) });
  return <SelectEntry id={id} element={element} label={translate(label)} getValue={() => value} getOptions={() => [{ value: "", label: translate("<none>") }, ...list]}
    setValue={(chosen) => setExtension(injector, element, DECISION, !chosen ? null : (factory) => factory.create(DECISION, { value: chosen }))} />;
}

export function Script({ element, id, label }) {
  const modeling = useService("modeling"), debounce = useService("debounceInput");
  const object = getBusinessObject(element);
  return <TextAreaEntry id={id} element={element} label={translate(label)} monospace autoResize debounce={debounce} rows={4}
    description={translate("Runs in the sandbox, over the case’s data alone.")}
    getValue={() => object.get("script") ?? ""} setValue={(value) => modeling.updateProperties(element, { script: value || undefined })} />;
}
