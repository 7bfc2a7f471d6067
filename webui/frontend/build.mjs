// Builds webui/static/dist: bundles with hashed names, their gzip and brotli forms, and manifest.json (logical name → file name).
import * as esbuild from "esbuild";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import zlib from "node:zlib";
import { PurgeCSS } from "purgecss";

const here = path.dirname(fileURLToPath(import.meta.url));
const webui = path.dirname(here);
const out = path.join(webui, "static", "dist");
// classes and icons are named in templates, in Python (labels of states, the forms' macros) and in our scripts
const sources = [...find(path.join(webui, "templates"), ".html"), ...find(webui, ".py"), ...find(path.join(here, "src"), ".js")];

// our policy lets no markup carry styles; what the icons say in `style="…"` is said by attributes of their own
const withoutStyleAttributes = {
  name: "without-style-attributes",
  setup(build) {
    // its rules as a sheet of their own, which the policy allows, instead of an element with text
    build.onLoad({ filter: /style-mod\.js$/ }, (args) => ({
      contents: fs.readFileSync(args.path, "utf8").replace("!root.head && root.adoptedStyleSheets", "root.adoptedStyleSheets"), loader: "js",
    }));
    build.onLoad({ filter: /node_modules[\\/](bpmn-js|diagram-js|bpmn-js-[\w-]+|dmn-js[\w-]*)[\\/].*\.js$/ }, (args) => {
      // the mark of who made it stays as its authors wrote it
      if (args.path.endsWith("PoweredByUtil.js")) return undefined;
      const text = fs.readFileSync(args.path, "utf8");
      const contents = text.replace(/ style="([a-z-]+:[^"$<>]*)"/g, (whole, said) => said.split(";").filter((each) => each.trim()).map((each) => {
        const [name, ...value] = each.split(":");
        return ` ${name.trim()}="${value.join(":").trim()}"`;
      }).join(""));
      return { contents, loader: "js" };
    });
  },
};

const files = new Map();
for (const name of ["app", "signature", "worker", "parts"]) files.set(`${name}.js`, await script(name));
// loaded on designers' pages alone: ten times the rest
for (const [name, body] of await designer()) files.set(name, body);
files.set("app.css", await style());
files.set("record.css", await plain("record"));
files.set("icons.svg", sprite());
write(files);

function find(folder, suffix) {
  if (!fs.existsSync(folder)) return [];
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) return ["node_modules", "dist"].includes(entry.name) ? [] : find(full, suffix);
    return entry.name.endsWith(suffix) ? [full] : [];
  }).sort();
}

// a form with a field called `matches` or `closest` hides the method of that name from scripts that ask the form
function unhidden() {
  return {
    name: "unhidden",
    setup(build) {
      build.onLoad({ filter: /htmx\.esm\.js$/ }, ({ path: file }) => {
        let contents = fs.readFileSync(file, "utf8");
        for (const name of ["matches", "closest"]) {
          if (!contents.includes(`elt.${name}(selector)`)) throw new Error(`htmx asks for ${name} otherwise now`);
          contents = contents.replaceAll(`elt.${name}(selector)`, `Element.prototype.${name}.call(elt, selector)`);
        }
        return { contents, loader: "js" };
      });
    },
  };
}

async function script(name) {
  const result = await esbuild.build({
    entryPoints: [path.join(here, "src", `${name}.js`)], bundle: true, minify: true, format: "iife", target: ["es2020"], write: false,
    legalComments: "inline", logLevel: "warning", plugins: [unhidden()],
  });
  return Buffer.from(result.outputFiles[0].contents);
}

async function designer() {
  const result = await esbuild.build({
    entryPoints: { designer: path.join(here, "src/designer/index.js"), tables: path.join(here, "src/designer/tables.js") }, bundle: true, minify: true, format: "iife", target: ["es2020"], write: false,
    outdir: out, legalComments: "linked", logLevel: "warning", jsx: "automatic", jsxImportSource: "@bpmn-io/properties-panel/preact",
    mainFields: ["module", "browser", "main"], define: { "process.env.NODE_ENV": '"production"' }, plugins: [withoutStyleAttributes],
    // one format that every browser of today reads; its name is settled by its content already
    loader: { ".woff2": "file", ".woff": "empty", ".ttf": "empty", ".eot": "empty", ".svg": "empty" }, assetNames: "[name]-[hash]", publicPath: "./",
  });
  return result.outputFiles.filter((file) => !file.path.endsWith(".txt")).map((file) => [path.basename(file.path), Buffer.from(file.contents)]);
}

async function style() {
  const tabler = fs.readFileSync(path.join(here, "node_modules/@tabler/core/dist/css/tabler.css"), "utf8").replace(/\/\*# sourceMappingURL.*\*\//, "");
  const [purged] = await new PurgeCSS().purge({
    content: sources, css: [{ raw: tabler }], variables: true, keyframes: true, fontFace: true,
    // theirs for other directions, printing aids and a dark theme that the pages don't offer
    blocklist: [/^data-bs-theme/],
    defaultExtractor: (text) => text.match(/[\w-]+/g) ?? [],
  });
  // one sheet a feature in src/styles; app.css, which they build on, comes first
  const features = find(path.join(here, "src/styles"), ".css");
  const ours = [path.join(here, "src/app.css"), ...features].map((file) => fs.readFileSync(file, "utf8")).join("\n");
  const banner = "/*! Tabler, MIT, Copyright 2018-2026 The Tabler Authors; unused rules left out */\n";
  const result = await esbuild.transform(purged.css + ours, { loader: "css", minify: true, target: ["chrome100", "firefox100", "safari15.4"], legalComments: "none" });
  return Buffer.from(banner + result.code);
}

async function plain(name) {
  const text = fs.readFileSync(path.join(here, `src/${name}.css`), "utf8");
  return Buffer.from((await esbuild.transform(text, { loader: "css", minify: true, target: ["chrome100", "firefox100", "safari15.4"] })).code);
}

function sprite() {
  const names = new Set();
  for (const file of sources) for (const match of fs.readFileSync(file, "utf8").matchAll(/\bicon(?:\(|=)\s*["']([a-z0-9-]+)["']/g)) names.add(match[1]);
  const symbols = [...names].sort().map((name) => {
    const file = path.join(here, "node_modules/@tabler/icons/icons/outline", `${name}.svg`);
    if (!fs.existsSync(file)) throw new Error(`no such icon: ${name}`);
    const inner = fs.readFileSync(file, "utf8").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "").replace(/\s*\n\s*/g, "");
    return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round">${inner}</symbol>`;
  });
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg"><!-- Tabler Icons, MIT -->${symbols.join("")}</svg>`);
}

function write(built) {
  // beside the old one first, so that a running server never finds half a build
  const fresh = `${out}.new`;
  fs.rmSync(fresh, { recursive: true, force: true });
  fs.mkdirSync(fresh, { recursive: true });
  const manifest = {};
  for (const [name, body] of built) {
    const digest = createHash("sha256").update(body).digest("hex").slice(0, 10);
    const { name: stem, ext } = path.parse(name);
    // a font's name is in the style sheet, with a digest already, and it is compressed by itself
    const isFont = ext === ".woff2";
    manifest[name] = isFont ? name : `${stem}.${digest}${ext}`;
    fs.writeFileSync(path.join(fresh, manifest[name]), body);
    if (isFont) continue;
    const gzip = zlib.gzipSync(body, { level: 9 });
    const brotli = zlib.brotliCompressSync(body, { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 11 } });
    fs.writeFileSync(path.join(fresh, `${manifest[name]}.gz`), gzip);
    fs.writeFileSync(path.join(fresh, `${manifest[name]}.br`), brotli);
    console.log(`${name.padEnd(14)} ${kilo(body)}  gzip ${kilo(gzip)}  brotli ${kilo(brotli)}`);
  }
  fs.writeFileSync(path.join(fresh, "manifest.json"), JSON.stringify(manifest, null, 1));
  fs.rmSync(out, { recursive: true, force: true });
  fs.mkdirSync(path.dirname(out), { recursive: true });
  fs.renameSync(fresh, out);
}

function kilo(body) {
  return `${(body.length / 1024).toFixed(1)} KB`.padStart(9);
}
