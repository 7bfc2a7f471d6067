// Run by test_condition_rows.py: conditions as rows and written again, as if each row had been chosen anew.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [frontend, given] = process.argv.slice(2);
const { read, write } = await import(pathToFileURL(`${frontend}/src/designer/panel/condition-model.js`));
const { conditions, kinds } = JSON.parse(fs.readFileSync(given, "utf8"));
const fields = new Map(Object.entries(kinds).map(([path, kind]) => [path, { kind }]));

for (const text of conditions) {
  const found = read(text), isKnown = found?.rows.every((row) => fields.has(row.field));
  const anew = isKnown && { ...found, rows: found.rows.map((row) => ({ ...row, text: "" })) };
  console.log(JSON.stringify({ text, rows: found?.rows.length ?? null, untouched: found && write(found, fields), anew: anew && write(anew, fields) }));
}
