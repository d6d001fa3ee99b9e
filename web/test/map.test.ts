import { describe, expect, it } from "vitest";
import { beside, chips, keyLabels, marks, queryLabels } from "../src/engine/map/axes";
import { between, cellAt, centred, clamp, fit, panBy, zoomAt } from "../src/engine/map/camera";
import { numbersIn, TextIndex } from "../src/engine/map/find";
import { mapAction } from "../src/engine/map/map_keys";
import { FULL, hidesAll, seen } from "../src/engine/map/mask";
import {
  cellsOf,
  childrenOf,
  covered,
  levelFor,
  neighbours,
  parentOf,
  tilesInSight,
  topLevel,
} from "../src/engine/map/pyramid";
import { pixels, placeOf, rootFor, type Scale, stepOf, valueAt } from "../src/engine/map/scale";
import { strongEdges } from "../src/engine/map/strong";
import { CONTINUES, DOCUMENT, grains, roundStep, SENTENCE, snippet, ticks, WORD } from "../src/engine/map/text_grain";
import { THEMES } from "../src/engine/theme";
import type { Tile } from "../src/source/source";
import { measure } from "./fixture";

const SIZE = { queries: 10_000, keys: 10_000 };
const PORT = { width: 700, height: 700 };
const CAUSAL = { ...FULL, after: 0 };

describe("colours of plain numbers", () => {
  it.each(["root", "log", "relative"] as const)("are those of the numbers themselves on the %s scale", (kind) => {
    const values = Float32Array.from({ length: 400 }, (_, i) => 10 ** (-i / 50));
    const tile: Tile = { shape: [1, 400], dtype: "f32", root: 1, error: 0, codes: values };
    const at = { mask: FULL, block: 1, row: 0, column: 0, queries: 1, keys: 400 };
    const found = [...pixels(tile, { kind, root: 4, handle: 1 }, THEMES.light.lut, at)];
    const ramp = [...new Uint32Array(THEMES.light.lut.buffer)];
    values.forEach((value, i) => {
      const step = stepOf(value, { kind, root: 4, handle: 1 }, 400);
      expect(ramp.slice(Math.max(1, step - 1), step + 2)).toContain(found[i]);
    });
  });
});

describe("a camera", () => {
  it("fits the whole map, and does not blow up a small one", () => {
    expect(fit(SIZE, PORT).zoom).toBeCloseTo(0.07);
    expect(fit({ queries: 4, keys: 4 }, PORT).zoom).toBe(28);
  });

  it("keeps what lies under the pointer while it zooms", () => {
    const start = centred(5000, 5000, 2, SIZE, PORT);
    const before = cellAt(start, 123, 456, SIZE);
    let camera = start;
    for (const factor of [1.3, 1.7, 0.6, 3]) camera = zoomAt(camera, factor, 123, 456, SIZE, PORT);
    expect(cellAt(camera, 123, 456, SIZE)).toEqual(before);
  });

  it("never leaves the map", () => {
    const far = panBy(centred(0, 9999, 4, SIZE, PORT), 1e9, -1e9, SIZE, PORT);
    expect(far.query).toBe(0);
    expect(far.key).toBeCloseTo(10_000 - 700 / 4);
    const nearest = clamp({ query: -5, key: 3, zoom: 1e-9 }, SIZE, PORT);
    expect(nearest.zoom).toBe(fit(SIZE, PORT).zoom);
    expect(nearest.key).toBeCloseTo(0);
    expect(cellAt(fit({ queries: 3, keys: 3 }, PORT), 600, 10, { queries: 3, keys: 3 })).toBeNull();
  });

  it("moves between two places about the point that both show alike", () => {
    const from = centred(5000, 5000, 1, SIZE, PORT);
    const to = zoomAt(from, 8, 100, 600, SIZE, PORT);
    for (const share of [0, 0.3, 0.7, 1]) {
      const cell = cellAt(between(from, to, share), 100.01, 600.01, SIZE);
      expect(Math.abs((cell?.query ?? 0) - (cellAt(from, 100.01, 600.01, SIZE)?.query ?? 1e9))).toBeLessThanOrEqual(1);
    }
    expect(between(from, { ...from, query: 10 }, 0.5).query).toBeCloseTo((from.query + 10) / 2);
  });
});

describe("levels and tiles", () => {
  it("take the level whose cells are one to two device pixels", () => {
    expect([1, 0.6, 0.5, 0.49, 0.07].map((zoom) => levelFor(zoom, 1, SIZE))).toEqual([0, 1, 1, 2, 4]);
    expect(levelFor(0.5, 2, SIZE)).toBe(0);
    expect(levelFor(1e-6, 1, SIZE)).toBe(topLevel(SIZE));
  });

  it("know the level at which one tile is enough", () => {
    expect([1, 256, 257, 512, 100_000].map((n) => topLevel({ queries: n, keys: 2 }))).toEqual([0, 0, 1, 1, 9]);
  });

  it("cover the last cells too, and no more", () => {
    const size = { queries: 1001, keys: 700 };
    expect(covered({ level: 1, row: 1, column: 1 }, size)).toEqual([
      [512, 1001],
      [512, 700],
    ]);
    expect(cellsOf({ level: 1, row: 1, column: 1 }, size)).toEqual([
      [256, 501],
      [256, 350],
    ]);
  });

  it("are asked for from the middle outwards, without those that the mask hides", () => {
    const camera = centred(5000, 5000, 1, SIZE, PORT);
    const all = tilesInSight(camera, PORT, SIZE, 0, FULL);
    expect(all[0]).toEqual({ level: 0, row: 19, column: 19 });
    const causal = tilesInSight(camera, PORT, SIZE, 0, CAUSAL);
    expect(causal.every(({ row, column }) => column <= row)).toBe(true);
    expect(causal.length).toBeLessThan(all.length);
    const near = neighbours(camera, PORT, SIZE, 0, FULL);
    expect(near.some(({ level }) => level === 1)).toBe(true);
    expect(
      near
        .filter(({ level }) => level === 0)
        .every((tile) => !all.some((seen) => seen.row === tile.row && seen.column === tile.column)),
    ).toBe(true);
  });

  it("have parents and children", () => {
    const tile = { level: 3, row: 5, column: 2 };
    expect(parentOf(tile)).toEqual({ level: 4, row: 2, column: 1 });
    expect(childrenOf(tile).map(parentOf)).toEqual([tile, tile, tile, tile]);
  });
});

describe("the mask", () => {
  it("is Python's rule", () => {
    expect(seen({ before: 1, after: 0, chunk: null, offset: 0 }, 4, 9)).toEqual([3, 5]);
    expect(seen({ before: null, after: 0, chunk: 4, offset: 2 }, 3, 9)).toEqual([4, 6]);
    expect(seen({ before: 2, after: 2, chunk: null, offset: 0 }, 0, 9)).toEqual([0, 3]);
  });

  it("hides rectangles as a whole", () => {
    expect(hidesAll(CAUSAL, [0, 10], [10, 20], 100)).toBe(true);
    expect(hidesAll(CAUSAL, [0, 10], [9, 20], 100)).toBe(false);
    expect(hidesAll({ ...CAUSAL, before: 3 }, [50, 60], [0, 47], 100)).toBe(true);
    expect(hidesAll({ ...CAUSAL, before: 3 }, [50, 60], [0, 48], 100)).toBe(false);
  });
});

describe("colour", () => {
  const scale = (kind: Scale["kind"], handle = 1): Scale => ({ kind, root: rootFor(5000), handle });

  it("grows with the weight on every scale, and only zero has step 0", () => {
    for (const kind of ["root", "log", "relative"] as const) {
      const steps = [0, 1e-9, 1e-5, 1e-3, 0.1, 0.4, 1].map((weight) => stepOf(weight, scale(kind), 1000));
      expect([...steps].sort((a, b) => a - b)).toEqual(steps);
      expect(steps[0]).toBe(0);
      expect(steps[1]).toBeGreaterThan(0);
    }
    expect(valueAt(placeOf(0.02, scale("root"), 1), scale("root"))).toBeCloseTo(0.02);
    expect(valueAt(placeOf(0.02, scale("log"), 1), scale("log"))).toBeCloseTo(0.02);
    expect(valueAt(placeOf(0.02, scale("relative"), 500), scale("relative"))).toBeCloseTo(10);
  });

  it("ends at the handle", () => {
    expect(stepOf(0.0625, scale("root", 0.5), 1)).toBe(255);
    expect(stepOf(0.05, scale("root", 0.5), 1)).toBeLessThan(255);
  });

  it("tells masked, zero and NaN apart", () => {
    const tile = {
      shape: [1, 1, 2, 2],
      dtype: "f32" as const,
      root: 1,
      error: 0,
      codes: Float32Array.of(0, 0.5, Number.NaN, 1),
    };
    const at = { mask: CAUSAL, block: 1, row: 0, column: 0, queries: 2, keys: 2 };
    const [zero, masked, nan, one] = pixels(tile, scale("root"), THEMES.light.lut, at);
    expect(masked).toBe(0);
    expect(zero >>> 24).toBe(255);
    expect(new Set([zero, masked, nan, one]).size).toBe(4);
  });

  it("leaves a block that any query sees", () => {
    const tile = { shape: [1, 1, 2, 2], dtype: "u8" as const, root: 4, error: 0, codes: Uint8Array.of(9, 9, 9, 9) };
    const at = { mask: CAUSAL, block: 4, row: 0, column: 0, queries: 7, keys: 7 };
    expect([...pixels(tile, scale("relative"), THEMES.dark.lut, at)].map((pixel) => pixel !== 0)).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });
});

describe("text along the axes", () => {
  const pieces = ["The", " cat", " sl", "ept", ".", " It", " sn", "ores", "!\n", "Next"];

  it("knows where words and sentences begin", () => {
    expect([...grains({ pieces, segments: null })]).toEqual([
      DOCUMENT,
      WORD,
      WORD,
      CONTINUES,
      CONTINUES,
      SENTENCE,
      WORD,
      CONTINUES,
      CONTINUES,
      SENTENCE,
    ]);
    expect([...grains({ pieces: ["play", "##ing", "chess"], segments: [0, 0, 1] })]).toEqual([
      DOCUMENT,
      CONTINUES,
      DOCUMENT,
    ]);
  });

  it("names every token where there is room, else words, else sentences, at round distances", () => {
    const begins = new Uint8Array(1000).fill(CONTINUES);
    for (let i = 0; i < 1000; i += 3) begins[i] = WORD;
    begins[203] = SENTENCE;
    expect(ticks(10, 13, 20, 12, begins)).toEqual([10, 11, 12]);
    expect(ticks(0, 60, 1, 18, begins)).toEqual([0, 21, 39]);
    expect(ticks(150, 1000, 0.2, 18, begins)).toContain(203);
    expect([1, 3, 18, 99, 101].map(roundStep)).toEqual([1, 5, 20, 100, 200]);
    expect(snippet(pieces, 1, 12)).toBe("cat slept. It snores");
  });

  const axis = {
    tokens: { labels: pieces, pieces, special: [], segments: null },
    begins: grains({ pieces, segments: null }),
  };
  const camera = { query: 0, key: 0, zoom: 20 };
  const port = { width: 200, height: 200 };

  it("makes room for the chip of the cell that is pointed at", () => {
    const rows = queryLabels(axis, camera, port, measure);
    expect(rows.filter((item) => item.kind === "text" && item.text === "ept")).toHaveLength(1);
    const kept = beside(rows, { query: 3, key: null }, camera);
    expect(kept.filter((item) => item.kind === "text" && item.text === "ept")).toHaveLength(0);
    expect(
      chips({ query: 3, key: 5 }, axis, axis, camera, port, measure).filter((item) => item.kind === "text"),
    ).toHaveLength(2);
    expect(chips({ query: 300, key: null }, axis, axis, { ...camera, query: 0 }, port, measure)).toHaveLength(0);
    expect(keyLabels(axis, camera, port, measure).every((item) => item.kind !== "text" || item.turned)).toBe(true);
  });

  it("frames what is kept and veils what is around a brushed rectangle", () => {
    const map = { width: 200, height: 200 };
    const pinned = { query: 1, key: 2 };
    const items = marks({ pointed: null, pinned, rectangle: [0, 5, 0, 5] }, camera, port, map);
    expect(items.filter((item) => item.kind === "rect" && item.stroke === "accent")).toHaveLength(2);
    expect(items.filter((item) => item.kind === "rect" && item.fill === "surface")).toHaveLength(4);
  });
});

describe("going somewhere", () => {
  it("reads numbers, else text", () => {
    expect(numbersIn("120")).toEqual([120, null]);
    expect(numbersIn(" 120, 45 ")).toEqual([120, 45]);
    expect(numbersIn("king 3")).toBeNull();
  });

  it("finds text across tokens, one occurrence after the other, and begins anew", () => {
    const index = new TextIndex(["The", " ki", "ng", " and", " the", " King"]);
    expect(index.find("king", -1)).toBe(1);
    expect(index.find("KING", 1)).toBe(5);
    expect(index.find("king", 5)).toBe(1);
    expect(index.find("queen", 0)).toBe(-1);
  });

  it("visits strong edges away from the diagonal and the first key", () => {
    const weights = new Float32Array(36);
    weights[5 * 6 + 0] = 1;
    weights[4 * 6 + 4] = 0.9;
    weights[5 * 6 + 4] = 0.8;
    weights[5 * 6 + 2] = 0.5;
    weights[5 * 6 + 1] = 0.4;
    weights[3 * 6 + 1] = 0.3;
    const tile = { shape: [1, 1, 6, 6], dtype: "f32" as const, root: 1, error: 0, codes: weights };
    expect(strongEdges(tile, 3, true)).toEqual([
      { query: 40, key: 16, level: 3 },
      { query: 24, key: 8, level: 3 },
    ]);
    expect(strongEdges(tile, 0, false)[0]).toEqual({ query: 4, key: 4, level: 0 });
  });

  it("has a key for everything", () => {
    expect(mapAction("ArrowUp", false)).toEqual({ do: "move", right: 0, down: -0.15 });
    expect(mapAction("ArrowUp", true)).toEqual({ do: "step", right: 0, down: -1 });
    expect(mapAction("+", true)).toEqual({ do: "zoom", factor: 1.6 });
    expect(mapAction("q", false)).toBeNull();
  });
});
