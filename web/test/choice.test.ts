import { describe, expect, it } from "vitest";
import { strongest } from "../src/engine/choice";
import { type Tile, weights } from "../src/source/source";
import { tile } from "./fixture";

const all = (count: number) => Array.from({ length: count }, (_, i) => i);

function bruteForce(tiles: Tile[], rows: number[], columns: number[]) {
  return tiles
    .flatMap((t) => {
      const plain = weights(t);
      return rows.flatMap((row) => columns.map((column) => plain[row * t.shape[1] + column]));
    })
    .filter((weight) => weight > 0)
    .sort((a, b) => b - a);
}

const MIXES: [string, Tile[]][] = [
  ["u8", [tile(20, 30, 1), tile(20, 30, 2)]],
  ["u16", [tile(20, 30, 3, "u16"), tile(20, 30, 4, "u16")]],
  ["f32", [tile(20, 30, 5, "f32")]],
  ["different codings", [tile(20, 30, 6, "u8", 2), tile(20, 30, 7, "u8", 4), tile(20, 30, 8, "f32")]],
];

describe.each(MIXES)("the strongest of %s", (_, tiles) => {
  const rows = [0, 3, 4, 19];
  const columns = [1, 2, 5, 8, 13, 21, 29];
  const fields: [number[], number[]][] = [
    [all(20), all(30)],
    [rows, columns],
  ];

  it.each([1, 7, 50, 100_000])("are those of sorting, for a budget of %i", (budget) => {
    for (const [someRows, someColumns] of fields) {
      const sorted = bruteForce(tiles, someRows, someColumns);
      const found = strongest({ tiles, rows: someRows, columns: someColumns }, budget);
      expect(Array.from(found.weight).sort((a, b) => b - a)).toEqual(sorted.slice(0, budget));
      expect(found.candidates).toBe(sorted.length);
      const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
      expect(found.shown / found.total).toBeCloseTo(sum(sorted.slice(0, budget)) / sum(sorted), 6);
      found.weight.forEach((weight, i) => {
        expect(someRows).toContain(found.row[i]);
        const source = tiles[found.tile[i]];
        expect(weights(source)[found.row[i] * source.shape[1] + found.column[i]]).toBe(weight);
      });
    }
  });
});

describe("ties", () => {
  it("are taken at even distances over all rows", () => {
    const uniform: Tile = { shape: [10, 10], dtype: "u8", root: 2, error: 0, codes: new Uint8Array(100).fill(81) };
    const found = strongest({ tiles: [uniform], rows: all(10), columns: all(10) }, 20);
    expect(new Set(found.row).size).toBe(10);
    expect(found.weight.length).toBe(20);
  });

  it("leave nothing where nothing is", () => {
    const empty: Tile = { shape: [2, 2], dtype: "u8", root: 2, error: 0, codes: new Uint8Array(4) };
    const found = strongest({ tiles: [empty], rows: all(2), columns: all(2) }, 20);
    expect([found.candidates, found.total, found.weight.length]).toEqual([0, 0, 0]);
    expect(strongest({ tiles: [], rows: [], columns: [] }, 5).weight.length).toBe(0);
  });
});
