import { describe, expect, it } from "vitest";
import { LevelTiles, levelArray, type Subject } from "../src/source/level_tiles";
import { errorAt, Lookup } from "../src/source/lookup";
import { levelOf, PooledSource } from "../src/source/pooled";
import { product, type Source, type Span, sizes, type Tile } from "../src/source/source";
import { attention, ENCODER, encode } from "./fixture";

/** Answers when told to, and keeps what was asked. */
class SlowSource implements Source {
  readonly asked: {
    array: string;
    slices: Span[];
    signal?: AbortSignal;
    finish(share?: number): void;
    part(share: number): void;
    fail(): void;
  }[] = [];

  read(array: string, slices: Span[], signal?: AbortSignal, part?: (tile: Tile) => void): Promise<Tile> {
    const tile = (share: number): Tile => {
      const shape = sizes(slices);
      return { shape, dtype: "u8", root: 2, error: 0, codes: new Uint8Array(product(shape)), share };
    };
    return new Promise((resolve, reject) => {
      this.asked.push({
        array,
        slices,
        signal,
        finish: () => resolve(tile(1)),
        part: (share) => part?.(tile(share)),
        fail: () => reject(new Error("the kernel went away")),
      });
    });
  }

  dispose() {}
}

const SUBJECT: Subject = { attention: { ...ENCODER, queries: 5000, keys: 5000 }, layer: 1, heads: [0, 2], pool: "max" };
const key = (row: number, column = 0, level = 0) => ({ level, row, column });
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("tiles of a map", () => {
  it("are asked for in order, a few at a time, and once", async () => {
    const source = new SlowSource();
    const tiles = new LevelTiles(source, () => {});
    const keys = [0, 1, 2, 3, 4, 5].map((row) => key(row));
    tiles.want(SUBJECT, keys);
    tiles.want(SUBJECT, keys);
    expect(source.asked.map(({ slices }) => slices[2][0])).toEqual([0, 256]);
    expect(source.asked[0].array).toBe("encoder.max@0:0,2");
    source.asked[0].finish();
    await settled();
    expect(source.asked).toHaveLength(3);
    expect(tiles.get(SUBJECT, key(0))?.shape).toEqual([1, 1, 256, 256]);
    expect(tiles.get({ ...SUBJECT, layer: 2 }, key(0))).toBeUndefined();
  });

  it("that nobody wants any more are given up", async () => {
    const source = new SlowSource();
    const tiles = new LevelTiles(source, () => {});
    tiles.want(SUBJECT, [key(0), key(1)]);
    tiles.want(SUBJECT, [key(1), key(7)]);
    expect(source.asked.map(({ signal }) => signal?.aborted)).toEqual([true, false, false]);
    source.asked[0].finish();
    await settled();
    expect(tiles.get(SUBJECT, key(0))).toBeUndefined();
    expect(tiles.pending).toBe(2);
  });

  it("show a sample at once, which holds no other tile up, and never fall back behind it", async () => {
    const source = new SlowSource();
    let changes = 0;
    const tiles = new LevelTiles(source, () => changes++);
    tiles.want(
      SUBJECT,
      [0, 1, 2, 3, 4].map((row) => key(row)),
    );
    source.asked[0].part(0.1);
    expect(tiles.get(SUBJECT, key(0))?.share).toBe(0.1);
    expect(source.asked).toHaveLength(3);
    source.asked[0].part(0.6);
    source.asked[0].part(0.3);
    expect(tiles.get(SUBJECT, key(0))?.share).toBe(0.6);
    source.asked[0].finish();
    await settled();
    expect(tiles.get(SUBJECT, key(0))?.share).toBe(1);
    expect(changes).toBeGreaterThanOrEqual(3);
  });

  it("that fail say why and are not asked for again until somebody wants to", async () => {
    const source = new SlowSource();
    const tiles = new LevelTiles(source, () => {});
    tiles.want(SUBJECT, [key(0)]);
    source.asked[0].fail();
    await settled();
    tiles.want(SUBJECT, [key(0)]);
    expect(tiles.failure).toBe("the kernel went away");
    expect(source.asked).toHaveLength(1);
    tiles.retry();
    expect(source.asked).toHaveLength(2);
    tiles.dispose();
    expect(source.asked[1].signal?.aborted).toBe(true);
  });
});

const [QUERIES, KEYS] = [37, 22];
const HEADS = [attention(QUERIES, KEYS, 3), attention(QUERIES, KEYS, 4), attention(QUERIES, KEYS, 5)];

/** Dense weights of three heads, coded or not. */
class DenseSource implements Source {
  constructor(private readonly dtype: Tile["dtype"]) {}

  async read(_array: string, slices: Span[]): Promise<Tile> {
    const [, heads, queries, keys] = slices;
    const found: number[] = [];
    for (let h = heads[0]; h < heads[1]; h++) {
      for (let q = queries[0]; q < queries[1]; q++) {
        for (let k = keys[0]; k < keys[1]; k++) found.push(HEADS[h][q * KEYS + k]);
      }
    }
    return {
      shape: sizes(slices),
      dtype: this.dtype,
      root: 2,
      error: 0,
      codes: encode(Float32Array.from(found), this.dtype),
    };
  }

  dispose() {}
}

function blocks(level: number, heads: number[], pool: "max" | "mean"): number[] {
  const side = 2 ** level;
  const found: number[] = [];
  for (let row = 0; row * side < QUERIES; row++) {
    for (let column = 0; column * side < KEYS; column++) {
      const values: number[] = [];
      for (const head of heads) {
        for (let q = row * side; q < Math.min(QUERIES, (row + 1) * side); q++) {
          for (let k = column * side; k < Math.min(KEYS, (column + 1) * side); k++)
            values.push(HEADS[head][q * KEYS + k]);
        }
      }
      found.push(pool === "max" ? Math.max(...values) : values.reduce((a, b) => a + b) / values.length);
    }
  }
  return found;
}

const pooled = (dtype: Tile["dtype"]) =>
  new PooledSource(new DenseSource(dtype), new Map([["encoder", { queries: QUERIES, keys: KEYS }]]));

describe("levels from the weights themselves", () => {
  it.each([
    [0, [1], "max"],
    [2, [0], "max"],
    [3, [0, 2], "max"],
    [2, [0, 1, 2], "mean"],
    [5, [1], "mean"],
  ] as const)("level %i of heads %j by %s", async (level, heads, pool) => {
    const array = `encoder.${pool}@${level}:${heads.join(",")}`;
    const shape = [Math.ceil(QUERIES / 2 ** level), Math.ceil(KEYS / 2 ** level)];
    const tile = await pooled("f32").read(array, [
      [0, 1],
      [0, 1],
      [0, shape[0]],
      [0, shape[1]],
    ]);
    expect(tile.shape).toEqual([1, 1, ...shape]);
    const expected = blocks(level, [...heads], pool);
    tile.codes.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 6);
    });
  });

  it("keeps codes as they are where the largest is asked for", async () => {
    const tile = await pooled("u8").read("encoder.max@2:0,1", [
      [0, 1],
      [0, 1],
      [1, 3],
      [2, 6],
    ]);
    expect(tile.codes).toBeInstanceOf(Uint8Array);
    expect(tile.shape).toEqual([1, 1, 2, 4]);
  });

  it("knows a level by its name, as Python does", () => {
    expect(levelOf("cross.mean@12:3,4")).toEqual({ kind: "cross", pool: "mean", level: 12, heads: [3, 4] });
    expect(levelOf("cross.weights")).toBeNull();
    expect(levelArray(SUBJECT, 7)).toBe("encoder.max@7:0,2");
  });
});

describe("looking up", () => {
  const subject: Subject = {
    attention: { ...ENCODER, queries: QUERIES, keys: KEYS },
    layer: 0,
    heads: [0, 2],
    pool: "max",
  };
  const { signal } = new AbortController();

  it("finds the strongest weight of a block, at any level", async () => {
    const lookup = new Lookup(pooled("f32"));
    const cell = await lookup.strongest(subject, { query: 0, key: 0, level: 8 }, signal);
    const all = [0, 2].map((head) => Math.max(...HEADS[head]));
    expect(cell.weight).toBeCloseTo(Math.max(...all), 6);
    expect(cell.weights).toEqual([0, 2].map((head) => HEADS[head][cell.query * KEYS + cell.key]));
    const inner = await lookup.strongest(subject, { query: 32, key: 16, level: 3 }, signal);
    expect(inner.query).toBeGreaterThanOrEqual(32);
    expect(inner.key).toBeGreaterThanOrEqual(16);
  });

  it("reads rows and columns, folded over heads", async () => {
    const lookup = new Lookup(pooled("f32"));
    const row = await lookup.row({ ...subject, pool: "mean" }, 5, signal);
    expect(row.weights[7]).toBeCloseTo((HEADS[0][5 * KEYS + 7] + HEADS[2][5 * KEYS + 7]) / 2, 6);
    const column = await lookup.column(subject, 7, signal);
    expect(column.weights).toHaveLength(QUERIES);
    expect(column.weights[5]).toBeCloseTo(Math.max(HEADS[0][5 * KEYS + 7], HEADS[2][5 * KEYS + 7]), 6);
  });

  it("says how far off a coded weight may be, by where it is on the scale", () => {
    const tile: Tile = { shape: [1], dtype: "u8", root: 4, error: 0.0078, codes: Uint8Array.of(1) };
    expect(errorAt(tile, 1)).toBeLessThanOrEqual(0.0078);
    expect(errorAt(tile, 1e-5)).toBeLessThan(2e-6);
    expect(errorAt({ ...tile, dtype: "f32", error: 0 }, 0.3)).toBe(0);
  });
});
