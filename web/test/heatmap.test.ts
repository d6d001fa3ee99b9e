import { describe, expect, it } from "vitest";
import type { Text } from "../src/engine/display_list";
import { barMarks, heatCells, largestShown, MASKED, panelOf, scaleTo, UNKNOWN } from "../src/engine/heatmap/cells";
import { cutScene, heatNotes, heatOf } from "../src/engine/heatmap/declared";
import { heatAreas, heatFocus, heatGeometry, heatLayout, panelAt } from "../src/engine/heatmap/layout";
import { helvetica } from "../src/engine/helvetica";
import { hit } from "../src/engine/hit";
import { FULL } from "../src/engine/map/mask";
import { planOf, type Still, stillMap } from "../src/engine/map/still";
import { type Scene, sceneOf } from "../src/engine/scene";
import { flow, stillText } from "../src/engine/text_flow";
import { THEMES } from "../src/engine/theme";
import type { Tile } from "../src/source/source";
import { ENCODER, SELECTED, spec, tile } from "./fixture";

const CAUSAL = { ...FULL, after: 0 };
const names = { head: (head: number) => `Head ${head}` };

function f32(rows: number, columns: number, codes: number[]): Tile {
  return { shape: [rows, columns], dtype: "f32", root: 1, error: 0, codes: Float32Array.from(codes) };
}

function scene(heads: number[], rectangle: number[] | null = null): Scene {
  const tiles = heads.map((head) => tile(6, 6, head + 1));
  return cutScene(sceneOf(spec(), { ...SELECTED, heads }, heads, tiles), rectangle);
}

function heat(heads: number[], marginals = false) {
  const tiles = heads.map((head) => tile(6, 6, head + 1));
  return heatOf(spec(), { ...SELECTED, heads }, tiles, "linear", marginals);
}

describe("a heatmap's cells", () => {
  const two: Scene = { ...scene([0]), queries: [0, 1], keys: [0, 1] };
  const panel = (codes: number[], mask = FULL) =>
    panelOf(two, mask, { queries: 2, keys: 2 }, scaleTo("linear", 1), 0, f32(2, 2, codes));

  it("tell masked, zero, faint and no number apart", () => {
    const { steps } = panel([0, 0.5, Number.NaN, 1e-9], CAUSAL);
    expect(Array.from(steps)).toEqual([0, MASKED, UNKNOWN, 1]);
    const cells = heatCells(panel([0, 0.5, Number.NaN, 1e-9], CAUSAL), THEMES.light.lut);
    expect(cells[0]).toBe(0xffffffff);
    expect(cells[1]).toBe(0);
    expect(new Set(cells).size).toBe(4);
  });

  it("add up along both sides, what is no number counting nothing", () => {
    const { rows, columns } = panel([0.25, 0.75, Number.NaN, 1]);
    expect([Array.from(rows), Array.from(columns)]).toEqual([
      [1, 1],
      [0.25, 1.75],
    ]);
  });

  it("are coloured up to the largest that is shown", () => {
    const large = { ...two, heads: [{ head: 0, hue: 0, tile: f32(2, 2, [0.1, 0.2, 0.3, 0]) }] };
    expect(largestShown(large)).toBeCloseTo(0.3);
    expect(largestShown({ ...large, queries: [0] })).toBeCloseTo(0.2);
    expect(largestShown({ ...large, heads: [] })).toBe(1);
  });
});

describe("the colour bar", () => {
  it("has round numbers within its length", () => {
    expect(barMarks("linear", 1).map(({ text }) => text)).toEqual(["0", "0.2", "0.4", "0.6", "0.8", "1"]);
    expect(barMarks("linear", 0.034).at(-1)).toEqual({ place: expect.closeTo(0.03 / 0.034), text: "0.03" });
    expect(barMarks("root", 0.3).map(({ text }) => text)).toEqual(["0", "0.01", "0.1", "0.25"]);
    expect(barMarks("log", 1).map(({ place }) => place)).toEqual([0, 1 / 3, 2 / 3, 1].map((x) => expect.closeTo(x)));
  });
});

describe("a heatmap's layout", () => {
  it("puts heads side by side, labels once, and answers which cell lies where", () => {
    const shown = heat([0, 1, 2, 3], true);
    const at = heatGeometry(shown, 800, helvetica);
    expect(at.columns).toBeGreaterThan(1);
    expect(at.width).toBeLessThanOrEqual(801);
    const { layers } = heatLayout(shown, at, THEMES.light, names, helvetica);
    const texts = layers.heatmap.flatMap((item) => (item.kind === "text" ? [item.text] : []));
    expect(texts.filter((text) => text === "cat")).toHaveLength(at.columns + Math.ceil(4 / at.columns));
    const { x, y } = panelAt(at, 3);
    const found = hit(heatAreas(shown.scene, at), x + 2.5 * at.cell, y + 1.5 * at.cell);
    expect(found).toEqual({ area: "3", row: 1, column: 2 });
    expect(heatFocus(shown.scene, at, { query: 1, key: null })).toHaveLength(4);
    expect(heatFocus(shown.scene, at, { query: null, key: null })).toEqual([]);
    expect(heatNotes(shown)[0]).toMatch(/^Bars are sums over queries/);
  });

  it("is narrow enough for a column of a paper", () => {
    const at = heatGeometry(heat([0]), 200, helvetica);
    expect(at.width).toBeLessThanOrEqual(201);
    expect(at.cell).toBeGreaterThan(10);
  });

  it("names every so many tokens where cells are small, and never two at one place", () => {
    const labels = Array.from({ length: 150 }, (_, i) => `token${i}`);
    const tokens = { labels, pieces: labels, special: [], segments: null };
    const positions = labels.map((_, i) => i);
    const long: Scene = { ...scene([0]), queryTokens: tokens, keyTokens: tokens, queries: positions, keys: positions };
    const shown = { ...heat([0]), scene: { ...long, heads: [{ head: 0, hue: 0, tile: tile(150, 150) }] } };
    const panels = [panelOf(shown.scene, FULL, { queries: 150, keys: 150 }, shown.scale, 0, tile(150, 150))];
    const at = heatGeometry(shown, 400, helvetica);
    expect(at.step.query).toBeGreaterThan(1);
    const { layers } = heatLayout({ ...shown, panels }, at, THEMES.light, names, helvetica);
    const rows = layers.heatmap.filter((item): item is Text => item.kind === "text" && !item.turned).slice(1);
    for (let i = 1; i < rows.length; i++) expect(rows[i].y - rows[i - 1].y).toBeGreaterThanOrEqual(11.9);
  });

  it("cuts a rectangle out", () => {
    expect(scene([0], [1, 3, 2, 6])).toMatchObject({ queries: [1, 2], keys: [2, 3, 4, 5] });
    expect(cutScene({ ...scene([0]), level: 2, queries: [0, 1, 2], keys: [0, 1] }, [4, 8, 0, 5])).toMatchObject({
      queries: [1],
      keys: [0, 1],
    });
  });
});

describe("a still map", () => {
  it("is one matrix of pixels, whatever tiles it came from", () => {
    const attention = { ...ENCODER, queries: 300, keys: 300 };
    const labels = Array.from({ length: 300 }, (_, i) => `t${i}`);
    const axis = { tokens: { labels, pieces: labels, special: [], segments: null }, begins: new Uint8Array(300) };
    const still: Still = {
      subject: { attention, layer: 0, heads: [0], pool: "max" },
      mask: CAUSAL,
      queries: axis,
      keys: axis,
      scale: { kind: "root", root: 2, handle: 1 },
      pinned: { query: null, key: null },
      rectangle: null,
      effects: null,
    };
    const plan = planOf(still, 800);
    expect(plan.keys).toHaveLength(3);
    const ones = (rows: number, columns: number) => f32(rows, columns, new Array(rows * columns).fill(1));
    const tiles = plan.keys.map(({ row, column }) => ones(row ? 44 : 256, column ? 44 : 256));
    const { layers } = stillMap(still, plan, tiles, THEMES.light, helvetica);
    const [cells, ...others] = layers.map.filter((item) => item.kind === "pixels");
    expect(others).toEqual([]);
    expect([cells.rows, cells.columns]).toEqual([300, 300]);
    const shown = cells.rgba.map((cell) => cell >>> 31);
    expect(shown.reduce((sum, one) => sum + one, 0)).toBe((300 * 301) / 2);
    expect(layers.map[0].kind).toBe("hatch");
  });
});

describe("running text", () => {
  const tokens = (pieces: string[]) => ({
    labels: pieces.map((p) => p.trim() || "⏎"),
    pieces,
    special: [0],
    segments: null,
  });
  const wide = (text: string, size: number) => (text.length * size) / 2;

  it("breaks lines between words, and where the text does", () => {
    const placed = flow(tokens(["[CLS]", " one", " two", "two", " three", "\n", "four"]), 100, wide);
    const lines = new Map<number, string[]>();
    for (const { y, text } of placed) lines.set(y, [...(lines.get(y) ?? []), text]);
    expect([...lines.values()]).toEqual([["[CLS]", "one"], ["two", "two"], ["three", "⏎"], ["four"]]);
    for (const { x, width } of placed) expect(x + width).toBeLessThanOrEqual(100);
  });

  it("breaks between Chinese characters, and a word that is too long between its tokens", () => {
    const rows = (pieces: string[]) => new Set(flow(tokens(pieces), 50, wide).map(({ y }) => y)).size;
    expect(rows(["中文中文", "中文中文", "中文中文"])).toBe(3);
    expect(rows(["abcd", "efgh", "ijkl"])).toBe(3);
  });

  it("shades tokens and frames those that are followed", () => {
    const scale = { kind: "root" as const, root: 2, handle: 1 };
    const shading = { values: Float32Array.of(0, 1, 0.001), scale, theme: THEMES.light, visible: 3 };
    const { layers } = stillText(tokens(["a", " b", " c"]), shading, [2, 3], 200, wide);
    const rects = layers.text.filter((item) => item.kind === "rect");
    expect(rects.filter(({ fill }) => fill)).toHaveLength(2);
    expect(rects.filter(({ stroke }) => stroke === "accent")).toHaveLength(1);
    expect(layers.text.filter((item) => item.kind === "text").map(({ colour }) => colour)).toEqual([
      "muted",
      "#ffffff",
      THEMES.light.colours.ink,
    ]);
  });
});
