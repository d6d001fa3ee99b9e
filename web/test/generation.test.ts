import { describe, expect, it } from "vitest";
import type { Item } from "../src/engine/display_list";
import { type Field, lookOf, pixelOf } from "../src/engine/effect";
import { geometry, layout, type StepsScene, stepArea, stepAt } from "../src/engine/generation/layout";
import {
  alternatives,
  answerOf,
  firstStep,
  foldedTile,
  queryOf,
  rowOf,
  stepOf,
  wholeText,
} from "../src/engine/generation/steps";
import { hit } from "../src/engine/hit";
import { THEMES } from "../src/engine/theme";
import { weights } from "../src/source/source";
import type { EffectSpec, TokensSpec } from "../src/spec";
import { measure, tile } from "./fixture";

const tokens = (labels: string[]): TokensSpec => ({
  labels,
  pieces: labels.map((label) => ` ${label}`),
  special: [],
  segments: [0],
});
const ANSWER = answerOf({ options: { border: "6", steps: "4", k: "2" } });

describe("an answer", () => {
  it("is chosen by the queries from the prompt's last token on", () => {
    expect([0, 3].map((step) => queryOf(ANSWER, step))).toEqual([5, 8]);
    expect([null, 0, 5, 7, 99].map((query) => stepOf(ANSWER, query))).toEqual([0, 0, 0, 2, 3]);
    expect(ANSWER).toEqual({ border: 6, steps: 4, k: 2, processedK: 0, experts: 0 });
  });

  it("reads on to the token that was chosen last", () => {
    const whole = wholeText(tokens(["a", "b"]), tokens(["b", "c"]));
    expect(whole.labels).toEqual(["a", "b", "c"]);
    expect(whole.segments).toBeNull();
  });

  it("could have been something else, the chosen one marked or added", () => {
    const logs = [-0.1, -3, -0.1, -0.5, -Infinity, -4].map((value) => value);
    const known = tokens(["cat", "dog", "cow", ""]);
    const first = alternatives(logs, 2, 0, known, { label: "cat", piece: " cat" });
    expect(first.map(({ label, isChosen }) => [label, isChosen])).toEqual([
      ["cat", true],
      ["dog", false],
    ]);
    const second = alternatives(logs, 2, 1, known, { label: "owl", piece: " owl" });
    expect(second.map(({ label, isChosen }) => [label, isChosen])).toEqual([
      ["cow", false],
      ["owl", true],
    ]);
    expect(second[1].probability).toBeCloseTo(Math.exp(-4));
  });
});

describe("the picture of all steps", () => {
  const scene = (rows: number, steps: number, columns = 10): StepsScene => ({
    tile: tile(rows, columns, 3, "f32"),
    answer: tokens(Array.from({ length: steps }, (_, i) => `t${i}`)),
    border: 6,
    first: 5,
    effects: null,
    keys: columns,
  });
  const words = { prompt: "All", effects: "Effects", answer: "own" };

  it("is coloured by the strongest effect in each block, and hatched where nothing was measured", () => {
    const info: EffectSpec = {
      kind: "decoder",
      axes: ["query", "key"],
      spans: [
        [0, 1],
        [0, 1],
        [6, 8],
        [0, 2],
      ],
      layers: [1],
      heads: [2],
      name: "log_p",
      target: " Madrid",
      what: "each edge alone",
      noise: 0.01,
      top: 4,
      measured: 3,
      tested: true,
    };
    const planes = new Map([[2, Float32Array.from([-4, 1, 0.5, Number.NaN])]]);
    const field: Field = { info, layer: 1, planes, heads: new Float32Array(), headCount: 4, least: 0 };
    const items = (shown: StepsScene) => layout(shown, 300, measure, words, 2, THEMES.light).layers.matrix;
    const [ground, cells] = items({ ...scene(4, 4, 8), effects: { field, heads: [2] } });
    expect(ground.kind).toBe("hatch");
    const { rgba, rows, columns } = cells as Extract<Item, { kind: "pixels" }>;
    expect([rows, columns]).toEqual([4, 8]);
    const look = (value: number) => pixelOf(lookOf(value, field), THEMES.light);
    expect(Array.from(rgba.subarray(8, 11))).toEqual([look(-4), look(1), 0]);
    expect(Array.from(rgba.subarray(16, 18))).toEqual([look(0.5), 0]);
    expect(rgba.filter(Boolean).length).toBe(3);
    const blocks = { ...scene(2, 4, 4), keys: 8, effects: { field, heads: [2] } };
    const [, two] = items(blocks) as [Item, Extract<Item, { kind: "pixels" }>];
    expect(Array.from(two.rgba)).toEqual([look(-4), 0, 0, 0, look(0.5), 0, 0, 0]);
  });

  it("is the golden one", async () => {
    const list = layout(scene(4, 4), 300, measure, words, 2);
    const value = (_: string, v: unknown) => (ArrayBuffer.isView(v) ? Array.from(v as Float32Array) : v);
    const rounded = (_: string, v: unknown) => (typeof v === "number" ? Math.round(v * 100) / 100 : v);
    const text = JSON.stringify(JSON.parse(JSON.stringify(list, value)), rounded, 1);
    const flat = text.replace(/\[\s+([-\d.,\s]+?)\s+\]/g, (_, numbers: string) => `[${numbers.replace(/\s+/g, " ")}]`);
    await expect(`${flat}\n`).toMatchFileSnapshot("golden/generation_view.json");
  });

  it("leaves out the second heading where the first one needs its room", () => {
    const texts = (width: number) =>
      layout(
        scene(4, 4),
        width,
        measure,
        { prompt: "All steps at once", effects: "", answer: "own" },
        null,
      ).layers.matrix.flatMap((item) => (item.kind === "text" ? [item.text] : []));
    expect(texts(900)).toContain("own");
    expect(texts(200)).not.toContain("own");
    expect(texts(200)).toContain("All steps at once");
  });

  it("names rows where there is room, and leads from a row to its step", () => {
    const short = scene(4, 4);
    const at = geometry(short, 300, measure);
    expect(at.labelled).toBe(true);
    const found = hit([stepArea(short, at)], 200, 20 + 2.5 * at.row);
    expect(stepAt(short, found!.row)).toBe(2);
    const long = scene(256, 600);
    expect(geometry(long, 300, measure).labelled).toBe(false);
  });

  it("finds the row of each step and the first step of each row", () => {
    for (const [steps, rows] of [
      [4, 4],
      [600, 256],
      [257, 256],
      [1000, 256],
    ]) {
      for (let row = 0; row < rows; row++) expect(rowOf(firstStep(row, steps, rows), steps, rows)).toBe(row);
      for (let step = 0; step < steps; step++)
        expect(firstStep(rowOf(step, steps, rows), steps, rows)).toBeLessThanOrEqual(step);
    }
  });

  it("puts heads together by their mean or their largest", () => {
    const [a, b] = [tile(2, 3, 1, "f32"), tile(2, 3, 2, "f32")];
    const [wa, wb] = [weights(a), weights(b)];
    expect(foldedTile([a, b], [wa, wb], "max").codes[4]).toBeCloseTo(Math.max(wa[4], wb[4]));
    expect(foldedTile([a, b], [wa, wb], "mean").codes[4]).toBeCloseTo((wa[4] + wb[4]) / 2);
  });
});
