// Run by test_stable_json.py: what the form editor's way of writing makes of each form that is named, as JSON lines.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [frontend, ...files] = process.argv.slice(2);
const { write } = await import(pathToFileURL(`${frontend}/src/parts/stable-json.js`));

for (const file of files) {
  const original = fs.readFileSync(file, "utf8"), form = JSON.parse(original), [first, ...rest] = Object.entries(form.properties);
  const titled = { ...form, properties: { ...form.properties, [first[0]]: { ...first[1], title: "改" } } };
  const added = { ...form, properties: { ...form.properties, added_field: { type: "string", title: "加" } } };
  const turned = { ...form, properties: Object.fromEntries([...rest, first]) };
  const whole = (value) => { const text = write(value, original); return JSON.stringify(JSON.parse(text)) === JSON.stringify(value) ? text : null; };
  console.log(JSON.stringify({ file, untouched: write(form, original) === original, titled: whole(titled), added: whole(added), turned: whole(turned) }));
}
