import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { headOf, sceneOf } from "../src/controls/neuron_state";
import { neuronWords } from "../src/controls/neuron_words";
import { hit } from "../src/engine/hit";
import { dimsInOrder, shownProducts, strongestDims } from "../src/engine/neuron/dims";
import { geometry, leftOut } from "../src/engine/neuron/geometry";
import { type Choosing, chosenKeys, massOf, queriesAround } from "../src/engine/neuron/keys";
import { areas, focusLayer, layout } from "../src/engine/neuron/layout";
import { columnOf, factorsOf, isHidden, type Parts, partsOf, sinkWeight } from "../src/engine/neuron/parts";
import { numberTerms, sumsOf } from "../src/engine/neuron/scene";
import { signedCells, signedLut, topOf } from "../src/engine/neuron/signed";
import { THEMES } from "../src/engine/theme";
import { fromBase64 } from "../src/source/decode";
import { NeuronRows, nearby } from "../src/source/neuron_rows";
import { type Source, SourceError, type Span } from "../src/source/source";
import type { MaskSpec } from "../src/spec";
import { signedText } from "../src/strings";
import { CROSS, measure, random, SELECTED, spec } from "./fixture";

interface Golden {
  layer: number;
  head: number;
  kv_head: number;
  query: number;
  keys: number[];
  mask: MaskSpec;
  arrays: Record<string, { shape: [number, number, number]; bytes: string }>;
  columns: Record<string, (number | null)[]>;
  sink_weight: number;
}

const GOLDEN = JSON.parse(readFileSync(new URL("golden/neuron.json", import.meta.url), "utf8")) as Golden[];
const never = new AbortController().signal;

/** Python's arrays of one layer as a source; `missing` are not carried. */
function sourceOf(golden: Golden, missing: string[] = []): Source & { asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    async read(array, [, [head], [row, lastRow], [first, last]]: Span[]) {
      const name = array.split(".")[1];
      asked.push(`${name} ${row}:${lastRow}`);
      if (missing.includes(name)) throw new SourceError(`no ${array}`);
      const { shape, bytes } = golden.arrays[name];
      const numbers = new Float32Array(fromBase64(bytes).slice().buffer);
      const codes = new Float32Array((lastRow - row) * (last - first));
      for (let r = row; r < lastRow; r++) {
        const start = (head * shape[1] + r) * shape[2];
        codes.set(numbers.subarray(start + first, start + last), (r - row) * (last - first));
      }
      return { shape: [1, 1, lastRow - row, last - first], dtype: "f32", root: 1, error: 0, codes };
    },
    dispose() {},
  };
}

function headIn(golden: Golden) {
  const heads = [0, 1, 2, 3];
  const masks = [0, 1].map(() => golden.mask);
  const attention = {
    ...CROSS,
    layers: [0, 1],
    heads,
    layer_heads: [heads, heads],
    masks,
    queries: 5,
    keys: 8,
    kv_heads: 2,
  };
  return { attention, layer: golden.layer, head: golden.head };
}

describe("parts", () => {
  it.each(GOLDEN.map((golden, i) => [i, golden] as const))("are Python's, case %i", async (_, golden) => {
    const rows = new NeuronRows(sourceOf(golden));
    const of = headIn(golden);
    const row = await rows.row(of, golden.query, never);
    const parts = await rows.parts(of, row, golden.keys, never);
    expect(parts.factors.kvHead).toBe(golden.kv_head);
    expect(parts.columns.map(({ term }) => term)).toEqual(Object.keys(golden.columns));
    for (const { term, values } of parts.columns) {
      golden.columns[term].forEach((value, i) => {
        if (value === null) expect(values[i]).toBe(-Infinity);
        else expect(values[i]).toBeCloseTo(value, 5);
      });
    }
    expect(sinkWeight(parts)).toBeCloseTo(golden.sink_weight, 6);
  });

  it.each(GOLDEN.map((golden, i) => [i, golden] as const))(
    "give the carried weights where none are carried, case %i",
    async (_, golden) => {
      const of = headIn(golden);
      const carried = new NeuronRows(sourceOf(golden));
      const computed = new NeuronRows(sourceOf(golden, ["exact"]));
      const row = await carried.row(of, golden.query, never);
      const expected = await carried.weights(of, row, never);
      const found = await computed.weights(of, row, never);
      Array.from(expected).forEach((weight, key) => {
        expect(found[key]).toBeCloseTo(weight, 5);
      });
    },
  );

  it("add up from left to right and from top to bottom", async () => {
    const golden = GOLDEN[1];
    const rows = new NeuronRows(sourceOf(golden));
    const of = headIn(golden);
    const row = await rows.row(of, golden.query, never);
    const parts = await rows.parts(of, row, [0, 1, 2, 3, 4, 5, 6, 7], never);
    const at = (term: Parameters<typeof columnOf>[1], i: number) => columnOf(parts, term)?.[i] ?? 0;
    parts.keys.forEach((_, i) => {
      const score = at("capped", i) + at("distance_bias", i) + at("bias", i) + at("mask", i);
      expect(at("scores", i)).toBeCloseTo(score, 12);
      expect(at("weights", i)).toBeCloseTo(Math.exp(score - parts.lse), 12);
      expect(shownProducts(parts, i, dimsInOrder("contribution", parts, i), "running").at(-1)).toBeCloseTo(
        at("dot", i),
      );
    });
    const total = columnOf(parts, "weights")!.reduce((sum, weight) => sum + weight, 0);
    expect(total + sinkWeight(parts)).toBeCloseTo(1, 5);
  });

  it("read no key twice, and near ones together", async () => {
    const golden = GOLDEN[0];
    const source = sourceOf(golden);
    const rows = new NeuronRows(source);
    const of = headIn(golden);
    const row = await rows.row(of, golden.query, never);
    await rows.parts(of, row, [2, 3], never);
    await rows.parts(of, row, [3, 2, 6], never);
    expect(source.asked.filter((name) => name.startsWith("key"))).toEqual(["key 2:4", "key 6:7"]);
    expect(nearby([40, 3, 5, 41, 4])).toEqual([
      [3, 6],
      [40, 42],
    ]);
  });

  it("hide what a rule hides", () => {
    const rule = { before: 2, after: 0, chunk: 4, offset: 1 };
    expect([0, 1, 2, 3, 4, 5].map((key) => isHidden(rule, 4, key))).toEqual([true, true, true, true, false, false]);
  });
});

const labels = ["the", " cat", "sat", "cat", "mat", "<b>"];
const weights = [0.4, 0.1, 0.05, 0.2, 0.25, 0];
const choosing = (more: Partial<Choosing>): Choosing => ({
  choice: "top",
  count: 3,
  order: "position",
  text: "",
  ...more,
});

describe("the shown keys", () => {
  it("are the strongest, those near, those with a text, or all", () => {
    expect(chosenKeys(choosing({}), weights, labels, 0)).toEqual([0, 3, 4]);
    expect(chosenKeys(choosing({ order: "weight" }), weights, labels, 0)).toEqual([0, 4, 3]);
    expect(chosenKeys(choosing({ choice: "near" }), weights, labels, 5)).toEqual([3, 4, 5]);
    expect(chosenKeys(choosing({ choice: "found", text: "CAT" }), weights, labels, 0)).toEqual([1, 3]);
    expect(chosenKeys(choosing({ choice: "found" }), weights, labels, 0)).toEqual([]);
    expect(chosenKeys(choosing({ choice: "all" }), weights, labels, 0)).toHaveLength(6);
    expect(massOf([0, 3], weights)).toBeCloseTo(0.6);
  });

  it("come with a run of queries around the selected one", () => {
    expect(queriesAround(9, 10, 4)).toEqual([6, 7, 8, 9]);
    expect(queriesAround(1, 3, 24)).toEqual([0, 1, 2]);
  });
});

const NONE = { distanceBias: null, bias: null, visible: null, rotary: [], valueNorm: null, writeNorm: null };

function parts(width = 8, more: number[] = []): Parts {
  const next = random(3);
  const numbers = (count: number) => Float32Array.from({ length: count }, () => 2 * next() - 1);
  const row = { position: 4, query: numbers(width), lse: 1, ...NONE };
  const rule = { before: null, after: 0, chunk: null, offset: 0 };
  const factors = factorsOf(
    [0.5, Number.NaN, Number.NaN, width, 0, 0, 0, 0, 0, 0, 0].map((value, i) => more[i] ?? value),
  );
  return partsOf(row, factors, rule, [0, 3, 4, 5], numbers(4 * width));
}

function scene(found = parts(), more = {}) {
  const view = spec({ selection: { ...SELECTED, heads: [2] } });
  const { attention } = headOf(view, view.selection);
  const of = {
    attention: { ...attention, layer_heads: attention.layers.map(() => attention.heads) },
    layer: 1,
    head: 2,
  };
  const row = { position: 4, query: found.query, lse: found.lse, ...NONE };
  const entry = { of, row, weights, keys: [0, 3, 4, 5], first: 0, parts: found };
  return { ...sceneOf(view, entry, { query: 4, key: null }, "stored", "each", true), ...more };
}

const drawing = { theme: THEMES.light, measure, words: neuronWords() };

describe("the neuron picture", () => {
  it("is the golden one", async () => {
    const list = layout(scene(), 900, drawing);
    const value = (_: string, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Uint8Array) : v);
    const rounded = (_: string, v: unknown) => (typeof v === "number" ? Math.round(v * 100) / 100 : v);
    const text = JSON.stringify(JSON.parse(JSON.stringify(list, value)), rounded, 1);
    const flat = text.replace(/\[\s+([-\d.,\s]+?)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, " ")}]`);
    await expect(`${flat}\n`).toMatchFileSnapshot("golden/neuron_view.json");
  });

  it("leaves out columns where there is no room, vectors first, and never the tokens", () => {
    const shown = [1100, 500, 440, 300].map((width) => {
      const at = geometry(scene(parts(64)), width, measure);
      expect(at.keyToken.x + at.keyToken.width + at.distance.width).toBeLessThanOrEqual(width);
      return [at.query !== null, at.product !== null, at.terms.map(({ term }) => term)];
    });
    expect(shown[0]).toEqual([true, true, ["dot", "scaled", "mask", "scores"]]);
    const small = scene(parts(64));
    expect(leftOut(small, geometry(small, 500, measure))).toContain("scaled");
    expect(shown[1][0]).toBe(false);
    expect(shown[2][1]).toBe(true);
  });

  it("shows lines alone when its vectors are hidden", () => {
    const at = geometry(scene(parts(), { expanded: false }), 900, measure);
    expect([at.query, at.key, at.product, at.terms]).toEqual([null, null, null, []]);
    expect(at.lines.width).toBeGreaterThan(500);
  });

  it("says what the other keys and the sink take", () => {
    const found = sumsOf(scene(parts(8, [0.5, Number.NaN, 0])));
    expect(found.othersCount).toBe(2);
    expect(found.others).toBeCloseTo(0.15);
    expect(found.sink).toBeCloseTo(Math.exp(-1));
    const texts = layout(scene(parts(8, [0.5, Number.NaN, 0])), 900, drawing).layers.rows.flatMap((item) =>
      item.kind === "text" ? [item.text] : [],
    );
    expect(texts).toContain("2 others");
    expect(texts).toContain("sink");
    expect(texts).toContain("−∞");
  });

  it("names a score only where it is not the term before it", () => {
    expect(numberTerms(parts())).toEqual(["dot", "scaled", "mask", "scores"]);
    const seen = parts();
    expect(numberTerms({ ...seen, columns: seen.columns.filter(({ term }) => term !== "mask") })).toEqual([
      "dot",
      "scaled",
    ]);
  });

  it("answers what lies under a pointer: queries, rows, dimensions", () => {
    const shown = scene();
    const at = geometry(shown, 900, measure);
    const found = areas(shown, at, { top: 0, bottom: at.height });
    expect(hit(found, 5, 44 + 22 * 4 + 1)).toEqual({ area: "query", row: 4, column: 0 });
    expect(hit(found, at.weight.x + 1, 44 + 22 + 1)).toEqual({ area: "row", row: 1, column: 0 });
    const cell = at.product!.width / 8;
    expect(hit(found, at.product!.x + 2.5 * cell, 45)).toEqual({ area: "product", row: 0, column: 2 });
    const frames = focusLayer(shown, at, { top: 0, bottom: at.height }, { row: 1, place: 2 });
    expect(frames).toHaveLength(4);
  });

  it("keeps headings and queries in sight while rows scroll", () => {
    const shown = scene();
    const at = geometry(shown, 900, measure);
    const found = areas(shown, at, { top: 100, bottom: 400 });
    expect(hit(found, 5, 144 + 1)?.area).toBe("query");
  });
});

describe("signed colours", () => {
  it("are the page at zero, and one hue for each sign", () => {
    const lut = signedLut(THEMES.light);
    expect([...signedCells([0, 1, -1, 5, Number.NaN], 1, lut)]).toEqual([
      0xffffffff, 0xffc66817, 0xff0b56d2, 0xffc66817, 0xffffffff,
    ]);
  });

  it("span all but the largest two of a hundred", () => {
    expect(topOf([...Array.from({ length: 99 }, () => 1), 50])).toBe(1);
    expect(topOf([0, 0])).toBe(1);
  });
});

it("puts dimensions that turn together side by side, the fastest first", () => {
  const found = {
    ...parts(),
    rotary: [
      { first: 1, second: 5, angle: 0.1 },
      { first: 0, second: 4, angle: 1 },
    ],
  };
  expect(dimsInOrder("frequency", found, null)).toEqual([0, 4, 1, 5, 2, 3, 6, 7]);
  const each = shownProducts(found, 0, [0, 4, 2], "each");
  expect([...shownProducts(found, 0, [0, 4, 2], "pairs")]).toEqual([each[0] + each[1], each[0] + each[1], each[2]]);
});

it("orders dimensions by what they add", () => {
  const found = parts();
  const [{ dim, product }] = strongestDims(found, 0, 1);
  const dims = dimsInOrder("contribution", found, 0);
  expect(product > 0 ? dims[0] : dims.at(-1)).toBe(dim);
  expect(dimsInOrder("stored", found, null)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect([...dimsInOrder("contribution", found, null)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

it("writes numbers of either sign", () => {
  expect([0, 1234.5, -21.84, 1.234, -0.1767, 0.00001].map(signedText)).toEqual([
    "0",
    "1235",
    "−21.8",
    "1.23",
    "−0.177",
    "1e−5",
  ]);
});
