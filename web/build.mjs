// Builds what regard.serve ships: widget.js (anywidget, ESM), page.js (self-contained pages, IIFE), compute.js (pages that
// compute weights, IIFE) and layout.js (pictures without a browser; Python runs it).
import { mkdir, readdir, readFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const SOURCE = new URL("src/", import.meta.url).pathname;
const OUT = new URL("../src/regard/serve/bundle/", import.meta.url).pathname;
const ENTRIES = [
  { entry: "widget", format: "esm" },
  { entry: "page", format: "iife" },
  { entry: "compute", format: "iife" },
  { entry: "layout", format: "iife", more: await layouts() },
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

/** Of each file in views/ only its `image`, and of all that it imports only what it uses. */
async function layouts() {
  const names = (await readdir(`${SOURCE}views`)).map((file) => file.replace(/\.ts$/, ""));
  const imports = names.map((name) => `import * as ${name} from "./views/${name}";`);
  const table = names.map((name) => `${name}: ${name}.image`);
  const contents = `import { serve } from "./hosts/layout";\n${imports.join("\n")}\nserve({ ${table} });`;
  return {
    stdin: { contents, resolveDir: SOURCE, loader: "ts" },
    entryPoints: [],
    plugins: [{ name: "without side effects", setup: withoutSideEffects }],
    logOverride: { "import-is-undefined": "silent" },
  };
}

function withoutSideEffects({ onResolve, resolve }) {
  onResolve({ filter: /./ }, async ({ path, pluginData, importer, namespace, resolveDir, kind }) => {
    if (pluginData === "resolved") return undefined;
    const found = await resolve(path, { importer, namespace, resolveDir, kind, pluginData: "resolved" });
    return found.errors.length ? found : { path: found.path, sideEffects: false };
  });
}

await mkdir(OUT, { recursive: true });
for (const { entry, format, more } of ENTRIES) {
  const outfile = `${OUT}${entry}.js`;
  const source = `${SOURCE}hosts/${entry}.ts`;
  await build({ ...common, entryPoints: [source], outfile, format, ...more });
  const bytes = await readFile(outfile);
  const size = gzipSync(bytes, { level: 9 }).length;
  console.log(`${entry}.js ${(bytes.length / 1000).toFixed(1)} kB, ${(size / 1000).toFixed(1)} kB gz`);
  if (size > BUDGET) console.warn(`${entry}.js is over its budget of ${BUDGET / 1000} kB gz`);
  if (size > LIMIT) throw new Error(`${entry}.js is over the limit of ${LIMIT / 1000} kB gz`);
  if (/\beval\(|new Function\(|<\/script/i.test(bytes.toString()))
    throw new Error(`${entry}.js holds eval or </script`);
}
