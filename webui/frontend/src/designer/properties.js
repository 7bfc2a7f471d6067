// Our own properties of elements (`spiffworkflow:properties`): read, and written as one step that can be undone.
import { getBusinessObject, is } from "bpmn-js/lib/util/ModelUtil";

const LIST = "spiffworkflow:Properties", ONE = "spiffworkflow:Property";

/** The object that carries an element's properties: of a pool, its process. */
export function owner(element) {
  const object = getBusinessObject(element);
  return is(object, "bpmn:Participant") ? object.processRef ?? object : object;
}

export function extension(object, type) {
  return object.get("extensionElements")?.get("values").find((each) => each.$type === type);
}

/** The text of a property; empty where there is none. */
export function property(object, name) {
  return extension(object, LIST)?.get("properties").find((each) => each.name === name)?.value ?? "";
}

/** Set properties (`{ name: text }`; empty text removes one) as one command. */
export function setProperties(injector, element, values) {
  const bpmnFactory = injector.get("bpmnFactory"), object = owner(element);
  const [extensions, commands] = extensionsOf(element, object, bpmnFactory);
  let list = extensions.get("values").find((each) => each.$type === LIST);
  if (!list) {
    list = bpmnFactory.create(LIST, { properties: [] });
    list.$parent = extensions;
    commands.push(change(element, extensions, { values: [...extensions.get("values"), list] }));
  }
  let properties = list.get("properties");
  for (const [name, value] of Object.entries(values)) {
    const there = properties.find((each) => each.name === name);
    if (there && value) commands.push(change(element, there, { value }));
    else if (there) properties = properties.filter((each) => each !== there);
    else if (value) {
      const made = bpmnFactory.create(ONE, { name, value });
      made.$parent = list;
      properties = [...properties, made];
    }
  }
  commands.push(change(element, list, { properties }));
  injector.get("commandStack").execute("properties-panel.multi-command-executor", commands);
}

/** Set an extension that stands once, e.g. the decision of a business rule task; null removes it. */
export function setExtension(injector, element, type, make) {
  const bpmnFactory = injector.get("bpmnFactory"), object = owner(element);
  const [extensions, commands] = extensionsOf(element, object, bpmnFactory);
  const others = extensions.get("values").filter((each) => each.$type !== type);
  const made = make?.(bpmnFactory, extensions);
  if (made) made.$parent = extensions;
  commands.push(change(element, extensions, { values: made ? [...others, made] : others }));
  injector.get("commandStack").execute("properties-panel.multi-command-executor", commands);
}

function extensionsOf(element, object, bpmnFactory) {
  const there = object.get("extensionElements");
  if (there) return [there, []];
  const made = bpmnFactory.create("bpmn:ExtensionElements", { values: [] });
  made.$parent = object;
  return [made, [change(element, object, { extensionElements: made })]];
}

function change(element, moddleElement, properties) {
  return { cmd: "element.updateModdleProperties", context: { element, moddleElement, properties } };
}
