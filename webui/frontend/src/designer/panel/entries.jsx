// Fields of the properties panel for our own properties: lists of what there is, durations, lists of several, expressions.
import { SelectEntry, TextAreaEntry, TextFieldEntry } from "@bpmn-io/properties-panel";
import { useService } from "bpmn-js-properties-panel";
import { owner, property, setProperties } from "../properties.js";
import { translate } from "../words.js";

/** How one property of an element is read and written. */
function useProperty(element, name) {
  const injector = useService("injector");
  return [property(owner(element), name), (value) => setProperties(injector, element, { [name]: (value ?? "").trim() })];
}

function options(list, value, none = translate("<none>")) {
  const found = [{ value: "", label: none }, ...list];
  // what the file names and nobody knows stays visible, so that it can be seen and replaced
  if (value && !list.some((each) => each.value === value)) found.push({ value, label: translate("{value} (unknown)", { value }) });
  return found;
}

/** One of a list. `list(catalogue, element)` gives `{ value, label }`. */
export function Choice({ element, id, name, label, list, description, none }) {
  const catalogue = useService("config.catalogue");
  const [value, set] = useProperty(element, name);
  return <SelectEntry id={id} element={element} label={translate(label)} description={description && translate(description)}
    getValue={() => value} setValue={set} getOptions={() => options(list(catalogue, element), value, none && translate(none))} />;
}

/** A line of text, or an expression. */
export function Line({ element, id, name, label, description, check }) {
  const debounce = useService("debounceInput");
  const [value, set] = useProperty(element, name);
  return <TextFieldEntry id={id} element={element} label={translate(label)} description={description && translate(description)}
    getValue={() => value} setValue={set} debounce={debounce} validate={check} />;
}

/** Several lines. */
export function Words({ element, id, name, label, description }) {
  const debounce = useService("debounceInput");
  const [value, set] = useProperty(element, name);
  return <TextAreaEntry id={id} element={element} label={translate(label)} description={description && translate(description)} autoResize
    getValue={() => value} setValue={set} debounce={debounce} />;
}

/** Yes or no, kept as a word. */
export function Flag({ element, id, name, label, yes = "true" }) {
  const [value, set] = useProperty(element, name);
  return <div className="bio-properties-panel-entry" data-entry-id={id}><label className="designer-flag">
    <input id={`bio-properties-panel-${id}`} name={id} type="checkbox" checked={value === yes} onChange={(event) => set(event.target.checked ? yes : "")} />
    {translate(label)}</label></div>;
}

/** Several of a list, kept with commas between them. */
export function Several({ element, id, name, label, list, add, description }) {
  const catalogue = useService("config.catalogue");
  const [value, set] = useProperty(element, name);
  const chosen = value.split(/[,，]/).map((each) => each.trim()).filter(Boolean);
  const known = list(catalogue, element);
  const field = `bio-properties-panel-${id}`;
  return <div className="bio-properties-panel-entry" data-entry-id={id}>
    <label className="bio-properties-panel-label" htmlFor={field}>{translate(label)}</label>
    {chosen.length > 0 && <ul className="designer-several">{chosen.map((each) => {
      const found = known.find((one) => one.value === each);
      return <li key={each} className={found ? "" : "is-unknown"}><span>{found?.label ?? translate("{value} (unknown)", { value: each })}{found?.hint && <small>{found.hint}</small>}</span>
        <button type="button" onClick={() => set(chosen.filter((one) => one !== each).join(", "))} title={translate("Remove")} aria-label={`${translate("Remove")} ${each}`}>×</button></li>;
    })}</ul>}
    <select id={field} name={id} className="bio-properties-panel-input" value="" onChange={(event) => event.target.value && set([...chosen, event.target.value].join(", "))}>
      <option value="">{translate(add)}</option>
      {known.filter((each) => !chosen.includes(each.value)).map((each) => <option key={each.value} value={each.value}>{each.hint ? `${each.label} ${each.hint}` : each.label}</option>)}
    </select>
    {description && <div className="bio-properties-panel-description">{translate(description)}</div>}
  </div>;
}

const UNITS = { M: "minutes", H: "hours", D: "days" };

/** A duration as people say it; one that takes more than a number and a unit is written as ISO 8601. */
export function Duration({ element, id, name, label }) {
  const [value, set] = useProperty(element, name);
  const simple = value.match(/^P(?:T(\d+)([MH])|(\d+)(D))$/);
  const field = `bio-properties-panel-${id}`;
  const write = (count, unit) => set(count > 0 ? (unit === "D" ? `P${count}D` : `PT${count}${unit}`) : "");
  const count = simple ? simple[1] ?? simple[3] : "", unit = simple ? simple[2] ?? simple[4] : "H";
  return <div className="bio-properties-panel-entry" data-entry-id={id}>
    <label className="bio-properties-panel-label" htmlFor={field}>{translate(label)}</label>
    {value && !simple
      ? <input id={field} name={id} className="bio-properties-panel-input" value={value} onChange={(event) => set(event.target.value)} />
      : <div className="designer-duration"><input id={field} name={id} type="number" min="0" max="9999" className="bio-properties-panel-input" value={count} onChange={(event) => write(Number(event.target.value), unit)} />
        <select className="bio-properties-panel-input" aria-label={translate("Unit")} value={unit} onChange={(event) => (count ? write(Number(count), event.target.value) : write(1, event.target.value))}>
          {Object.entries(UNITS).map(([key, word]) => <option key={key} value={key}>{translate(word)}</option>)}</select></div>}
  </div>;
}

/** Something that is only told. */
export function Told({ id, label, text }) {
  return <div className="bio-properties-panel-entry" data-entry-id={id}><span className="bio-properties-panel-label">{translate(label)}</span><p className="designer-told">{text}</p></div>;
}
