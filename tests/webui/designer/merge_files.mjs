// Run by test_merge_files.py: what becomes of the cases that come in as JSON, and of every file that is named merged with itself.
import fs from "node:fs";
import { pathToFileURL } from "node:url";

const [frontend, cases, ...files] = process.argv.slice(2);
const { plan } = await import(pathToFileURL(`${frontend}/src/designer/merge-files.js`));

for (const { path, base, mine, theirs } of JSON.parse(cases)) {
  const found = plan(path, base, mine, theirs);
  console.log(JSON.stringify({ conflicts: found.conflicts.map((each) => each.label), mine: found.text([]), theirs: found.text(found.conflicts.map((each) => each.id)) }));
}
for (const file of files) {
  const text = fs.readFileSync(file, "utf8"), longer = text.endsWith("}\n") ? text : `${text}# more\n`;
  const same = [plan(file, text, text, text), plan(file, text, longer, text), plan(file, text, text, longer)].map((found) => [found.conflicts.length, found.text([])]);
  if (same[0][1] !== text || same[1][1] !== longer || same[2][1] !== longer || same.some(([count]) => count)) console.log(JSON.stringify({ file }));
}
