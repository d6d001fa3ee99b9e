// Builds what regard.serve ships. A page or a notebook gets core.js (what several views share), the script of each view
// that it shows (views/<name>.js) and the script of its host: page.js (self-contained pages) or widget.js (anywidget,
// ESM). Beside them compute.js (pages that compute weights) and layout.js (pictures without a browser; Python runs it).
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const SOURCE = new URL("src/", import.meta.url).pathname;
const OUT = new URL("../src/regard/serve/bundle/", import.meta.url).pathname;
const VIEWS = (await readdir(`${SOURCE}views`)).map((file) => file.replace(/\.ts$/, "")).sort();
const HOSTS = ["page", "widget"];
const CORE = "regard";
/** Compressed bytes of all that one view needs, of a page that shows every view, and of what any script may be. */
const BUDGET = 60_000;
const LIMIT = 100_000;
const LIMIT_OF_ALL = 160_000;

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
  format: "iife",
  absWorkingDir: SOURCE,
};

/** A script of these lines, which import from `web/src`. */
const typed = (lines) => ({ stdin: { contents: lines.join("\n"), resolveDir: SOURCE, loader: "ts" } });

/** What a view adds to a page: its `render`, and of all that it imports only what that uses. */
const view = (name) =>
  typed([
    `import { views } from "./hosts/views";`,
    `import { render } from "./views/${name}";`,
    `views.${name} = render;`,
  ]);
const host = (name) => ({ entryPoints: [`${SOURCE}hosts/${name}.ts`], format: name === "widget" ? "esm" : "iife" });

/** Of each file in views/ only its `image`, and of all that it imports only what it uses. */
const layouts = {
  ...typed([
    `import { serve } from "./hosts/layout";`,
    ...VIEWS.map((name) => `import * as ${name} from "./views/${name}";`),
    `serve({ ${VIEWS.map((name) => `${name}: ${name}.image`)} });`,
  ]),
  logOverride: { "import-is-undefined": "silent" },
};

/** What more than one script uses goes into the core, once; the scripts find it there by its number. */
async function sharedModules() {
  const users = new Map();
  for (const script of [...VIEWS.map(view), ...HOSTS.map(host)]) {
    const { metafile } = await build({ ...common, ...script, write: false, metafile: true, plugins: [lean()] });
    const [{ inputs }] = Object.values(metafile.outputs);
    for (const [path, { bytesInOutput }] of Object.entries(inputs))
      if (bytesInOutput && path !== "<stdin>") users.set(path, (users.get(path) ?? 0) + 1);
  }
  return [...users].filter(([, count]) => count > 1).map(([path]) => new URL(path, `file://${SOURCE}`).pathname);
}

/** Leaves out what nobody uses, and takes from the core what is there. */
function lean(core = []) {
  const setup = ({ onResolve, onLoad, resolve }) => {
    onResolve({ filter: /./ }, async ({ path, pluginData, importer, namespace, resolveDir, kind }) => {
      if (pluginData === "resolved") return undefined;
      const found = await resolve(path, { importer, namespace, resolveDir, kind, pluginData: "resolved" });
      if (found.errors.length) return found;
      const place = core.indexOf(found.path);
      if (place >= 0) return { path: String(place), namespace: "core", sideEffects: false };
      return { path: found.path, sideEffects: kind === "entry-point" };
    });
    onLoad({ filter: /./, namespace: "core" }, ({ path }) => ({
      contents: `module.exports = ${CORE}.modules[${path}]`,
    }));
  };
  return { name: "lean", setup };
}

/** Builds a script; its size, compressed. */
async function make(name, script, plugins = []) {
  const outfile = `${OUT}${name}.js`;
  await build({ ...common, ...script, outfile, plugins });
  const bytes = await readFile(outfile);
  const size = gzipSync(bytes, { level: 9 }).length;
  console.log(`${name}.js ${(bytes.length / 1000).toFixed(1)} kB, ${(size / 1000).toFixed(1)} kB gz`);
  keep(`${name}.js`, size, LIMIT);
  if (/\beval\(|new Function\(|<\/script/i.test(bytes.toString())) throw new Error(`${name}.js holds eval or </script`);
  return size;
}

function keep(what, size, limit) {
  if (size > limit) throw new Error(`${what}: ${(size / 1000).toFixed(1)} kB gz, over the limit of ${limit / 1000}`);
}

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT, { recursive: true });
const shared = await sharedModules();
const core = await make("core", {
  ...typed([
    ...shared.map((path, i) => `import * as m${i} from ${JSON.stringify(path)};`),
    `export const modules = [${shared.map((_, i) => `m${i}`)}];`,
  ]),
  globalName: CORE,
});
const hosts = [];
for (const name of HOSTS) hosts.push(await make(name, host(name), [lean(shared)]));
let all = core + Math.max(...hosts);
for (const name of VIEWS) {
  const size = await make(`views/${name}`, view(name), [lean(shared)]);
  const needed = core + Math.max(...hosts) + size;
  keep(`all that ${name} needs`, needed, LIMIT);
  if (needed > BUDGET)
    console.warn(`${name} needs ${(needed / 1000).toFixed(1)} kB gz, over its budget of ${BUDGET / 1000}`);
  all += size;
}
keep("a page that shows every view", all, LIMIT_OF_ALL);
console.log(`every view together ${(all / 1000).toFixed(1)} kB gz`);
await make("compute", { entryPoints: [`${SOURCE}hosts/compute.ts`] });
await make("layout", layouts, [lean()]);
