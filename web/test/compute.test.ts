import { readFileSync } from "node:fs";
import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { type Answer, Engine, type Order } from "../src/engine/compute/engine";
import { Group, type GroupArrays, numbers } from "../src/engine/compute/group";
import { compileKernel, STEP, workspace } from "../src/engine/compute/kernel";
import { exact, type Picture, pooled } from "../src/engine/compute/tiles";
import { ComputedSource } from "../src/source/computed";
import type { Source, Span, Tile } from "../src/source/source";
import type { MaskSpec, QuantisedSpec } from "../src/spec";
import { random } from "./fixture";

describe("the kernel", () => {
  it("is a module that compiles", () => {
    expect(compileKernel()).not.toBeNull();
  });

  it.each([[1], [2], [5], [48]])("gives the products of %i dimensions, as plain JavaScript does", (width) => {
    const next = random(width);
    const [count, stride] = [37, 64];
    const [plain, fast] = [workspace(64 * 64, null), workspace(64 * 64, compileKernel())];
    for (let i = 0; i < width * stride + width; i++) plain.memory[i] = fast.memory[i] = next() - 0.5;
    const [keys, query, out] = [0, width * stride, width * stride + 64];
    plain.products(query, keys + 3, stride, width, count, out);
    fast.products(query, keys + 3, stride, width, count, out);
    for (let j = 0; j < count; j++) {
      let expected = 0;
      for (let d = 0; d < width; d++) expected += plain.memory[query + d] * plain.memory[3 + d * stride + j];
      expect(plain.memory[out + j]).toBeCloseTo(expected, 5);
      expect(fast.memory[out + j]).toBeCloseTo(expected, 5);
    }
    expect(STEP).toBe(16);
  });
});

/** Heads as Python quantised them, and the weights that Python computes from them. */
interface Golden {
  heads: number[];
  lse_scale: number[];
  softcap: number | null;
  mask: MaskSpec;
  error: number;
  arrays: Record<string, { bytes: string; shape: number[] }>;
  weights: string;
}

const GOLDEN = JSON.parse(readFileSync(new URL("golden/quantised.json", import.meta.url), "utf8")) as Record<
  string,
  Golden
>;
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "base64"));
const N = 83;

function opened(golden: Golden, module: WebAssembly.Module | null) {
  const arrays = Object.fromEntries(
    Object.entries(golden.arrays).map(([name, { shape }]) => [name, { id: name, dtype: "u8" as const, shape }]),
  );
  const bytes: GroupArrays = Object.fromEntries(
    Object.entries(golden.arrays).map(([name, array]) => [name, bytesOf(array.bytes)]),
  );
  return { group: new Group({ ...golden, arrays }, bytes, module), arrays, bytes };
}

function expected(golden: Golden): Float32Array {
  return new Float32Array(bytesOf(golden.weights).buffer);
}

function last(pictures: Generator<Picture | null>): Picture {
  return [...pictures].filter(Boolean).at(-1) as Picture;
}

describe.each(Object.keys(GOLDEN))("heads that Python quantised: %s", (name) => {
  const golden = GOLDEN[name];
  const weights = expected(golden);

  it.each([
    ["WebAssembly", compileKernel()],
    ["JavaScript", null],
  ])("have the weights that Python computes, with %s", (_, module) => {
    const { group } = opened(golden, module);
    golden.heads.forEach((_, place) => {
      const found = last(exact(group, place, [0, N], [0, N])).weights;
      let worst = 0;
      found.forEach((weight, i) => {
        worst = Math.max(worst, Math.abs(weight - weights[place * N * N + i]));
      });
      expect(worst).toBeLessThan(2e-5);
    });
  });

  it("are read a rectangle at a time", () => {
    const { group } = opened(golden, compileKernel());
    const part = last(exact(group, 1, [40, 60], [13, 55])).weights;
    for (const [row, column] of [
      [0, 0],
      [19, 41],
      [7, 20],
    ]) {
      expect(part[row * 42 + column]).toBeCloseTo(weights[N * N + (40 + row) * N + 13 + column], 4);
    }
  });

  it.each(["max", "mean"] as const)("are pooled to blocks by %s", (pool) => {
    const { group } = opened(golden, compileKernel());
    const found = last(pooled(group, 0, 3, pool, [2, 11], [0, 9])).weights;
    for (let row = 2; row < 11; row++) {
      for (let column = 0; column < 9; column++) {
        const values: number[] = [];
        for (let q = 8 * row; q < Math.min(N, 8 * row + 8); q++) {
          for (let k = 8 * column; k < Math.min(N, 8 * column + 8); k++) values.push(weights[q * N + k]);
        }
        const cell = pool === "max" ? Math.max(...values) : values.reduce((a, b) => a + b) / values.length;
        expect(found[(row - 2) * 9 + column]).toBeCloseTo(cell, 4);
      }
    }
  });

  it("come through a source, one or several, as the map asks for them", async () => {
    const { arrays, bytes } = opened(golden, null);
    const behind: Source = { read: () => Promise.reject(new Error("not on this page")), dispose() {} };
    const spec: QuantisedSpec = { ...golden, kind: "decoder", layer: 5, misplaced: 0, arrays };
    const start = (answer: (answer: Answer) => void) => {
      const engine = new Engine(answer, (work) => setTimeout(work));
      return { send: (order: Order) => engine.obey(order), stop() {} };
    };
    const source = new ComputedSource(behind, [spec], (id) => new Uint8Array(deflateSync(bytes[id])), start);
    const at = (heads: Span, queries: Span, keys: Span): Span[] => [[5, 6], heads, queries, keys];
    const cell = await source.read("decoder.exact", at([0, 2], [50, 51], [30, 32]));
    expect(cell.shape).toEqual([1, 2, 1, 2]);
    expect([...cell.codes]).toEqual(
      [0, 1].flatMap((head) => [30, 31].map((key) => expect.closeTo(weights[head * N * N + 50 * N + key], 4))),
    );
    const tile: Tile = await source.read("decoder.max@7:0,1", at([0, 1], [0, 1], [0, 1]));
    expect(tile.codes[0]).toBeCloseTo(Math.max(...weights), 4);
    expect(tile.error).toBe(golden.error);
    await expect(source.read("decoder.max@7:7", at([0, 1], [0, 1], [0, 1]))).rejects.toThrow("not on this page");
    const outside = source.read("decoder.exact", [
      [5, 6],
      [0, 1],
      [0, 1],
      [0, 1e12],
    ]);
    await expect(outside).rejects.toThrow("This page could not compute its weights: ");
    const gone = new AbortController();
    const reading = source.read("decoder.exact", at([0, 1], [0, 1], [0, 1]), gone.signal);
    gone.abort(new Error("changed my mind"));
    await expect(reading).rejects.toThrow("changed my mind");
  });
});

describe("work that takes long", () => {
  it("is first sampled, never more than the exact, then exact", () => {
    const [queries, keys, width] = [4096, 4096, 64];
    const shape = [1, 1, width, queries];
    const arrays = {
      query: { shape },
      key: { shape: [1, width, keys] },
      lse: { shape: [1, 1, queries] },
      counts: { shape: [1, queries] },
      gaps: { shape: [1, 0] },
    };
    const bytes: GroupArrays = {
      query: Uint8Array.from({ length: width * queries }, (_, i) => (i * 31) % 7),
      key: Uint8Array.from({ length: width * keys }, (_, i) => (i * 17) % 5),
      steps: new Uint8Array(new Float32Array(width).fill(0.1).buffer),
      lse: new Uint8Array(queries).fill(3),
      counts: new Uint8Array(queries),
      gaps: new Uint8Array(),
      codes: new Uint8Array(),
    };
    const spec = {
      heads: [0],
      lse_scale: [0, 1],
      softcap: null,
      mask: { before: null, after: 0, chunk: null, offset: 0 },
      arrays: arrays as never,
    };
    const group = new Group(spec, bytes, compileKernel());
    const pictures = [...pooled(group, 0, 4, "max", [0, 256], [0, 256])].filter(Boolean) as Picture[];
    expect(pictures.map(({ share }) => share < 1)).toEqual([true, false]);
    pictures[0].weights.forEach((weight, i) => {
      expect(weight).toBeLessThanOrEqual(pictures[1].weights[i]);
    });
  });

  it("undoes byte planes and signs as Python makes them", () => {
    expect([...numbers(Uint8Array.of(2, 1, 88, 0, 0, 2), 2, true)]).toEqual([1, -1, 300]);
  });
});
