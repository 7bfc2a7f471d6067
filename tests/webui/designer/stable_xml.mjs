// Run by test_stable_xml.py: what the editor's way of writing makes of each diagram that is named, as JSON lines.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [frontend, ...files] = process.argv.slice(2);
const from = (path) => import(pathToFileURL(`${frontend}/${path}`));
const { BpmnModdle } = await from("node_modules/bpmn-moddle/dist/index.js");
const { patch } = await from("src/designer/stable-xml.js");
const descriptor = JSON.parse(fs.readFileSync(`${frontend}/src/designer/descriptor.json`));

for (const file of files) {
  const original = fs.readFileSync(file, "utf8");
  const moddle = new BpmnModdle({ spiffworkflow: descriptor });
  const read = async () => (await moddle.fromXML(original)).rootElement;
  const write = async (definitions) => (await moddle.toXML(definitions, { format: true })).xml;
  const before = await write(await read());
  const process = (definitions) => definitions.rootElements.find((each) => each.$type === "bpmn:Process" && each.flowElements?.length);
  const changed = async (change) => {
    const definitions = await read();
    change(definitions, process(definitions));
    return patch(original, before, await write(definitions));
  };
  const added = async (definitions, owner) => {
    const task = moddle.create("bpmn:UserTask", { id: "an_added_step", name: "加 & <一步>" });
    task.$parent = owner;
    owner.flowElements.push(task);
  };
  console.log(JSON.stringify({
    file,
    // told as if everything had been touched, so that the whole text is walked
    untouched: patch(original, before, before.replace(/<\/(\w+:)?definitions>/, "<!-- walked --></$1definitions>")) === original,
    renamed: await changed((_definitions, owner) => { owner.name = `${owner.name} "改"`; }),
    added: await changed(added),
    removed: await changed((_definitions, owner) => { owner.flowElements.splice(0, 1); }),
    writtenByModdle: before === original,
  }));
}
