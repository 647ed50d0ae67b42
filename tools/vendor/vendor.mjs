// Bundle the libraries that package.json pins into gateway/web/vendor (and axe-core into tests/web/vendor),
// and write beside them what they are: name, version, licence, SHA-256.
import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const web = join(here, "../../gateway/web/vendor");
const tests = join(here, "../../tests/web/vendor");
const modules = join(here, "node_modules");

const about = (name) => JSON.parse(readFileSync(join(modules, name, "package.json"), "utf8"));
const line = (name) => `${name} ${about(name).version} (${about(name).license})`;
const sha256 = (path) => createHash("sha256").update(readFileSync(path)).digest("hex");
const bundle = (entry, outfile) =>
  build({ entryPoints: [entry], outfile, bundle: true, minify: true, format: "esm", target: "es2022", charset: "utf8", legalComments: "none" });

function licence(folder, name) {
  mkdirSync(join(folder, "licences"), { recursive: true });
  const file = readdirSync(join(modules, name)).find((one) => /^licen[cs]e/i.test(one));
  copyFileSync(join(modules, name, file), join(folder, "licences", `${name.replace(/^@/, "").replace("/", "-")}.txt`));
}

function account(folder, rows) {
  const table = rows.map(([file, from]) => `| \`${file}\` | ${from} | \`${sha256(join(folder, file))}\` |`);
  const text = [
    "# Vendored files",
    "",
    "Made by `npm install && npm run vendor` in `tools/vendor`; change a version there, never a file here. Licences are in `licences/`.",
    "",
    "| file | from | SHA-256 |",
    "|---|---|---|",
    ...table,
    "",
  ];
  writeFileSync(join(folder, "VENDORED.md"), text.join("\n"));
}

mkdirSync(web, { recursive: true });
mkdirSync(tests, { recursive: true });
await bundle(join(here, "ui.entry.js"), join(web, "ui.js"));
await bundle(join(modules, "uplot/dist/uPlot.esm.js"), join(web, "uplot.js"));
copyFileSync(join(here, "ui.d.ts"), join(web, "ui.d.ts"));
copyFileSync(join(modules, "uplot/dist/uPlot.d.ts"), join(web, "uplot.d.ts"));
copyFileSync(join(modules, "uplot/dist/uPlot.min.css"), join(web, "uplot.css"));
copyFileSync(join(modules, "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2"), join(web, "inter.woff2"));
copyFileSync(join(modules, "axe-core/axe.min.js"), join(tests, "axe.min.js"));

for (const name of ["preact", "htm", "@preact/signals", "@preact/signals-core", "uplot", "@fontsource-variable/inter"]) licence(web, name);
licence(tests, "axe-core");
const ui = ["preact", "htm", "@preact/signals", "@preact/signals-core"].map(line).join(", ");
account(web, [
  ["ui.js", ui],
  ["ui.d.ts", "our own declaration of what ui.js exports"],
  ["uplot.js", line("uplot")],
  ["uplot.d.ts", line("uplot")],
  ["uplot.css", line("uplot")],
  ["inter.woff2", line("@fontsource-variable/inter")],
]);
account(tests, [["axe.min.js", line("axe-core")]]);
