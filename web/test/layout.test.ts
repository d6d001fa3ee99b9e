import { describe, expect, it } from "vitest";
import { LINE_BUDGET } from "../src/engine/bipartite_lines";
import type { DisplayList, Lines } from "../src/engine/display_list";
import { blocksOf, type Grid } from "../src/engine/grid";
import { hit } from "../src/engine/hit";
import { cropped, matrixGeometry, matrixLayer, pooled } from "../src/engine/matrix";
import { type Scene, sceneOf } from "../src/engine/scene";
import { shownPositions } from "../src/engine/selection";
import { layout as headLayout } from "../src/views/head_view";
import { layout as modelLayout } from "../src/views/model_view";
import { ENCODER, measure, SELECTED, spec, tile } from "./fixture";

const HEADINGS = { query: "Queries", key: "Keys" };

function scene(more = {}, heads = [0, 2]): Scene {
  return sceneOf(
    spec(),
    { ...SELECTED, ...more },
    heads,
    heads.map((head) => tile(6, 6, head + 1)),
  );
}

function grid(mode: Grid["mode"]): Grid {
  const tiles = new Map(
    ENCODER.layers.map((layer) => [layer, ENCODER.heads.map((head) => tile(6, 6, 10 * layer + head + 1))]),
  );
  const all = [0, 1, 2, 3, 4, 5];
  return { attention: ENCODER, tiles, crop: { rows: all, columns: all }, mode };
}

/** A list as JSON that reads well in a diff: numbers to a hundredth, typed arrays as arrays. */
function plain(list: DisplayList): string {
  const value = (_: string, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Uint8Array) : v);
  const rounded = (_: string, v: unknown) => (typeof v === "number" ? Math.round(v * 100) / 100 : v);
  const text = JSON.stringify(JSON.parse(JSON.stringify(list, value)), rounded, 1);
  return `${text.replace(/\[\s+([-\d.,\s]+?)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, " ")}]`)}\n`;
}

describe("golden display lists", () => {
  it.each([
    ["head_view", headLayout(scene(), 640, measure, HEADINGS)],
    ["head_view_focus", headLayout(scene(), 640, measure, HEADINGS, { query: 2, key: null })],
    ["head_view_pair", headLayout(scene({ filter: "ab" }), 480, measure, HEADINGS)],
    ["model_view_lines", modelLayout({ ...grid("lines"), attention: { ...ENCODER, layers: [0] } }, 400)],
    ["model_view_matrix", modelLayout(grid("matrix"), 400)],
  ])("%s", async (name, list) => {
    await expect(plain(list)).toMatchFileSnapshot(`golden/${name}.json`);
  });
});

describe("the head view", () => {
  it("answers which token lies under a pointer", () => {
    const { areas, width } = headLayout(scene(), 640, measure, HEADINGS);
    expect(hit(areas, 20, 28 + 20 * 3 + 1)).toEqual({ area: "query", row: 3, column: 0 });
    expect(hit(areas, width - 20, 29)).toEqual({ area: "key", row: 0, column: 0 });
    expect(hit(areas, width / 2, 60)).toBeNull();
    expect(hit(areas, 20, 28 + 20 * 6)).toBeNull();
  });

  it("leaves the columns apart however narrow it is", () => {
    for (const width of [320, 480, 960]) {
      const { layers } = headLayout(scene(), width, measure, HEADINGS);
      const lines = layers.lines[0] as Lines;
      expect(lines.x1 - lines.x0).toBeGreaterThanOrEqual(96);
      expect(lines.x0).toBeGreaterThan(0);
    }
  });

  it("draws no more lines than the budget, and all where they fit", () => {
    const long = sceneOf(spec(), SELECTED, [0], [tile(6, 6)]);
    const drawn = (s: Scene) => (headLayout(s, 640, measure, HEADINGS).layers.lines[0] as Lines).y0.length;
    expect(drawn(long)).toBe(tile(6, 6).codes.filter((code) => code > 0).length);
    const labels = Array.from({ length: 200 }, (_, i) => String(i));
    const tokens = { labels, pieces: labels, special: [], segments: null };
    const positions = labels.map(Number);
    const many = {
      layer: 0,
      level: 0,
      share: 1,
      queryTokens: tokens,
      keyTokens: tokens,
      queries: positions,
      keys: positions,
      heads: [{ head: 0, hue: 0, tile: tile(200, 200) }],
    };
    expect(tile(200, 200).codes.filter((code) => code > 0).length).toBeGreaterThan(LINE_BUDGET);
    expect(drawn(many)).toBe(LINE_BUDGET);
  });

  it("puts the left-out middle of a long token where it does not run into the lines", () => {
    const long = scene();
    const labels = long.queryTokens.labels.map(() => "x".repeat(300));
    const { layers } = headLayout({ ...long, queryTokens: { ...long.queryTokens, labels } }, 640, measure, HEADINGS);
    const texts = layers.tokens.filter((item) => item.kind === "text" && item.text.startsWith("x"));
    expect(texts).toHaveLength(6);
    for (const item of texts)
      if (item.kind === "text")
        expect([item.text.includes("…"), measure(item.text, item.size) <= 168]).toEqual([true, true]);
  });
});

describe("the model view", () => {
  it("answers which cell lies under a pointer, and gives every cell the smallest size at least", () => {
    const list = modelLayout(grid("matrix"), 120);
    const rasters = list.layers.cells.filter((item) => item.kind === "raster");
    expect(rasters).toHaveLength(12);
    for (const raster of rasters) if (raster.kind === "raster") expect(raster.width).toBeGreaterThanOrEqual(28);
    expect(list.width).toBeGreaterThan(120);
    expect(hit(list.areas, list.areas[0].x + 1, list.areas[0].y + 1)).toEqual({ area: "cell", row: 0, column: 0 });
  });

  it("keeps the blocks that hold shown positions", () => {
    expect(blocksOf([0, 1, 2, 3], 4, 64)).toEqual([0, 1, 2, 3]);
    expect(blocksOf([64, 65], 128, 64)).toEqual([32]);
    expect(blocksOf([0, 129], 130, 64)).toEqual([0, 63]);
  });

  it("leaves the cells of heads that a layer has not got empty", () => {
    const whole = grid("matrix");
    const attention = { ...whole.attention, layer_heads: [[0, 1, 2, 3], [2], []] };
    const tiles = new Map(
      [0, 1, 2].map((layer) => [layer, attention.layer_heads[layer].map((head) => tile(6, 6, head))]),
    );
    const rasters = modelLayout({ ...whole, attention, tiles }, 400).layers.cells.filter(
      ({ kind }) => kind === "raster",
    );
    expect(rasters).toHaveLength(5);
    expect(rasters[4]).toMatchObject({ x: (rasters[2] as { x: number }).x });
  });

  it("shows frames before the overviews come", () => {
    const list = modelLayout({ ...grid("matrix"), tiles: new Map() }, 400);
    expect(list.layers.cells).toHaveLength(12);
  });
});

describe("the matrix", () => {
  it("crops to the filter and pools by the largest code", () => {
    const found = cropped({ ...tile(2, 3), codes: Uint8Array.of(1, 2, 3, 4, 5, 6) }, [1], [0, 2]);
    expect([found.shape, Array.from(found.codes)]).toEqual([
      [1, 2],
      [4, 6],
    ]);
    const coarse = pooled({ ...tile(1, 5), codes: Uint8Array.of(1, 9, 3, 4, 5) }, 2);
    expect([coarse.shape, Array.from(coarse.codes)]).toEqual([
      [1, 2],
      [9, 5],
    ]);
  });

  it("labels with tokens while they can be read, with positions afterwards", () => {
    const texts = (s: Scene) => {
      const at = matrixGeometry(s, 600, 600, measure);
      return matrixLayer(s, at, measure, 1).flatMap((item) => (item.kind === "text" ? [item.text] : []));
    };
    expect(texts(scene({}, [0]))).toContain("cat");
    const labels = Array.from({ length: 300 }, () => "token");
    const tokens = { labels, pieces: labels, special: [], segments: null };
    const positions = labels.map((_, i) => i);
    const long = {
      layer: 0,
      level: 0,
      share: 1,
      queryTokens: tokens,
      keyTokens: tokens,
      queries: positions,
      keys: positions,
      heads: [{ head: 0, hue: 0, tile: tile(300, 300) }],
    };
    expect(new Set(texts(long))).toEqual(new Set(["0", "50", "100", "150", "200", "250"]));
  });
});

describe("shown positions", () => {
  it("are all of them without a filter", () => {
    expect(shownPositions(spec(), SELECTED).queries).toEqual([0, 1, 2, 3, 4, 5]);
  });
});
