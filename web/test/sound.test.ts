import { expect, it } from "vitest";
import { graphOf } from "../src/engine/bench/graph";
import { patchGrids } from "../src/engine/bench/patches";
import { framesOf, hidden, listened, marks, timeOf } from "../src/engine/bench/sound";

const TIMES = Array.from({ length: 10 }, (_, i) => [i * 0.02, (i + 1) * 0.02]);

function tokens(count: number, step: number | null = null) {
  return Array.from({ length: count }, (_, index) => ({ index, label: `${index}`, special: false, step }));
}

it("sets marks of time that do not touch", () => {
  expect(marks(3.04, 1200)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.6, 1.8, 2, 2.2, 2.4, 2.6, 2.8, 3]);
  expect(marks(3.04, 200)).toEqual([0, 1, 2, 3]);
  expect(marks(30, 900)).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30]);
  expect(marks(0.3, 60)).toEqual([0]);
});

it("finds the stretch around the strongest frame", () => {
  expect(listened([0, 0.1, 0.2, 0.4, 0.1, 0, 0.2], 0.6)).toEqual([2, 3]);
  expect(listened([0.5, 0, 0, 0.5], 0.9)).toEqual([0, 3]);
  expect(listened([0, 0], 0.5)).toBeNull();
});

it("goes from times to frames and back", () => {
  expect(framesOf(TIMES, 0.04, 0.08)).toEqual([2, 3]);
  expect(framesOf(TIMES, 0.05, 0.061)).toEqual([2, 3]);
  expect(framesOf(TIMES, 0, 9)).toEqual([0, 9]);
  expect(framesOf(TIMES, 1, 2)).toBeNull();
  expect(timeOf(TIMES, [2, 3])).toEqual([0.04, 0.08]);
});

it("says what goes to frames that are not shown", () => {
  const matrix = { first: 1, rows: 2, columns: 2, values: new Float32Array([0.25, 0.5, 0.25, 0]) };
  const queries = tokens(2).map((one) => ({ ...one, index: one.index + 1 }));
  expect(hidden(matrix, queries, tokens(2))).toBeCloseTo(0.5);
  expect(hidden(matrix, queries.slice(0, 1), tokens(2))).toBeCloseTo(0.25);
});

it("draws a sound as a strip however short it is, and its words as words", () => {
  const measure = (text: string, size: number) => text.length * size * 0.6;
  const cross = graphOf({ keys: tokens(30), queries: tokens(4, 0) }, 600, 78, measure, true);
  expect([cross.strip, cross.below]).toEqual([true, false]);
  expect(cross.keys[29].x + cross.keys[29].width).toBeCloseTo(cross.width);
  const encoder = graphOf({ keys: tokens(30), queries: tokens(30) }, 600, 24, measure, true);
  expect([encoder.strip, encoder.below]).toEqual([true, true]);
  expect(graphOf({ keys: tokens(30), queries: tokens(4, 0) }, 600, 78, measure).strip).toBe(false);
});

it("puts patches where they stand in their pictures", () => {
  const places = [
    [-1, -1, -1],
    [0, 0, 0],
    [0, 0, 1],
    [0, 1, 1],
    [2, 0, 0],
  ];
  expect(patchGrids(places)).toEqual([
    { image: 0, rows: 2, columns: 2, at: [1, 2, null, 3] },
    { image: 2, rows: 1, columns: 1, at: [4] },
  ]);
  expect(patchGrids([[-1, -1, -1]])).toEqual([]);
});
