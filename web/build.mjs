// Builds the two bundles that regard.serve ships: widget.js (anywidget, ESM) and page.js (self-contained pages, IIFE).
import { mkdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const OUT = new URL("../src/regard/serve/bundle/", import.meta.url).pathname;
const ENTRIES = [
  { entry: "widget", format: "esm" },
  { entry: "page", format: "iife" },
];
const BUDGET = 60_000;
const LIMIT = 100_000;

const common = {
  bundle: true,
  minify: true,
  sourcemap: false,
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  jsx: "automatic",
  jsxImportSource: "preact",
  define: { "process.env.NODE_ENV": '"production"' },
  loader: { ".css": "text" },
};

await mkdir(OUT, { recursive: true });
for (const { entry, format } of ENTRIES) {
  const outfile = `${OUT}${entry}.js`;
  const source = new URL(`src/hosts/${entry}.ts`, import.meta.url).pathname;
  await build({ ...common, entryPoints: [source], outfile, format });
  const bytes = await readFile(outfile);
  const size = gzipSync(bytes, { level: 9 }).length;
  console.log(`${entry}.js ${(bytes.length / 1000).toFixed(1)} kB, ${(size / 1000).toFixed(1)} kB gz`);
  if (size > BUDGET) console.warn(`${entry}.js is over its budget of ${BUDGET / 1000} kB gz`);
  if (size > LIMIT) throw new Error(`${entry}.js is over the limit of ${LIMIT / 1000} kB gz`);
  if (/\beval\(|new Function\(|<\/script/i.test(bytes.toString()))
    throw new Error(`${entry}.js holds eval or </script`);
}
