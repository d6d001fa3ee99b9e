import { describe, expect, it } from "vitest";
import { Lookup } from "../src/source/lookup";
import { PooledSource } from "../src/source/pooled";
import { product, type Source, type Span, sizes } from "../src/source/source";
import { strongestIn } from "../src/source/strongest";
import { ENCODER } from "./fixture";

const TOKENS = 600;

/** One head whose weights are zero but for a few. */
const LARGE = new Map([
  ["10/20", 0.9],
  ["10/21", 0.8],
  ["300/5", 0.7],
  ["599/599", 0.6],
]);

const whole: Source = {
  read: async (_, slices) => {
    const [, , rows, columns] = slices;
    const codes = new Float32Array(product(sizes(slices)));
    for (const [place, weight] of LARGE) {
      const [query, key] = place.split("/").map(Number);
      if (inside(query, rows) && inside(key, columns))
        codes[(query - rows[0]) * (columns[1] - columns[0]) + key - columns[0]] = weight;
    }
    return { shape: sizes(slices), dtype: "f32", root: 1, error: 0, codes };
  },
  dispose: () => {},
};

function inside(place: number, [start, stop]: Span): boolean {
  return place >= start && place < stop;
}

const attention = { ...ENCODER, queries: TOKENS, keys: TOKENS };
const source = new PooledSource(whole, new Map([["encoder", { queries: TOKENS, keys: TOKENS }]]));
const subject = { attention, layer: 0, heads: [0], pool: "max" as const };
const find = (queries: Span, keys: Span) =>
  strongestIn(source, new Lookup(source), subject, { queries, keys }, 20, new AbortController().signal);

describe("the strongest weights in sight of a map", () => {
  it("are single weights where the part is small", async () => {
    const found = await find([0, 100], [0, 100]);
    expect(found.map(({ query, key, weight }) => [query, key, Math.fround(weight)])).toEqual([
      [10, 20, Math.fround(0.9)],
      [10, 21, Math.fround(0.8)],
    ]);
  });

  it("are one of each block where it is large, named exactly", async () => {
    const found = await find([0, TOKENS], [0, TOKENS]);
    expect(found.map(({ query, key }) => [query, key])).toEqual([
      [10, 20],
      [300, 5],
      [599, 599],
    ]);
  });

  it("are nothing where there is nothing", async () => {
    expect(await find([400, 500], [400, 500])).toEqual([]);
  });
});
