import { describe, expect, it } from "vitest";
import { choose } from "../src/engine/bipartite_lines";
import { contrast } from "../src/engine/colour";
import {
  effectAt,
  effectHues,
  effectLine,
  type Field,
  hexOf,
  holdsFor,
  lookOf,
  pixelOf,
  SIDE,
  signedTable,
} from "../src/engine/effect";
import { effectLegend, effectMarks } from "../src/engine/effect_legend";
import { effectLinks } from "../src/engine/effect_lines";
import { evidenceOf } from "../src/engine/evidence";
import { taken } from "../src/engine/linked";
import { linksOf, NOWHERE, sceneOf } from "../src/engine/scene";
import { THEMES } from "../src/engine/theme";
import { readField } from "../src/source/effects";
import type { Source, Span } from "../src/source/source";
import type { EffectSpec } from "../src/spec";
import { measure, SELECTED, spec, tile } from "./fixture";

const INFO: EffectSpec = {
  kind: "encoder",
  axes: ["query", "key"],
  spans: [
    [0, 1],
    [0, 1],
    [4, 6],
    [1, 4],
  ],
  layers: [1],
  heads: [2],
  name: "log_p",
  target: " Madrid",
  what: "each edge alone",
  noise: 0.01,
  top: 4,
  measured: 5,
  tested: true,
};
/** Queries 4 and 5 against keys 1, 2 and 3. */
const PLANE = Float32Array.from([-4, 0.02, Number.NaN, 1, -0.5, 2]);
const field = (more: Partial<Field> = {}): Field => ({
  info: INFO,
  layer: 1,
  planes: new Map([[2, PLANE]]),
  heads: new Float32Array(),
  headCount: 4,
  least: 0,
  ...more,
});

describe("effects", () => {
  it("are found where they were measured, and nowhere else", () => {
    expect([effectAt(field(), 2, 4, 1), effectAt(field(), 2, 5, 3)]).toEqual([-4, 2]);
    for (const [head, query, key] of [
      [2, 4, 3],
      [2, 3, 1],
      [2, 4, 0],
      [1, 4, 1],
    ])
      expect(effectAt(field(), head, query, key)).toBeNaN();
  });

  it("of a block are the strongest in it, with its sign", () => {
    expect(effectAt(field(), 2, 2, 0, 1)).toBe(-4);
    expect(effectAt(field(), 2, 2, 1, 1)).toBe(2);
    expect(effectAt(field(), 2, 0, 0, 1)).toBeNaN();
  });

  it("that no axis tells apart hold for all", () => {
    const tokens = {
      ...INFO,
      axes: ["key"],
      spans: [
        [0, 1],
        [0, 1],
        [0, 1],
        [0, 6],
      ],
      layers: null,
      heads: null,
    };
    const all = field({ info: tokens, planes: new Map([[0, Float32Array.of(0, 1, 2, 3, 4, 5)]]) });
    expect([effectAt(all, 0, 0, 3), effectAt(all, 0, 5, 3)]).toEqual([3, 3]);
    expect(Array.from(effectLine(all, [0], "key", 6, [2, 3]))).toEqual([0, 1, 2, 3, 4, 5]);
    expect([holdsFor(INFO, 1, 2), holdsFor(INFO, 1, 1), holdsFor(INFO, 0, 2), holdsFor(tokens, 0, 0)]).toEqual([
      true,
      false,
      false,
      true,
    ]);
  });

  it("of tokens are those of the edges that are followed, or the strongest of all", () => {
    const [all, one] = [effectLine(field(), [2], "key", 6, null), effectLine(field(), [2], "key", 6, [5, 6])];
    expect(Array.from(all).slice(1, 4)).toEqual([-4, -0.5, 2]);
    expect(Array.from(one).slice(1, 4)).toEqual([1, -0.5, 2]);
    expect([all[0], all[4]]).toEqual([Number.NaN, Number.NaN]);
  });

  it("look unmeasured, unmeasurable, too small to be shown, or like their size", () => {
    expect(lookOf(Number.NaN, field())).toBe("unknown");
    expect(lookOf(0.02, field())).toBe("noise");
    expect(lookOf(0.5, field({ least: 1 }))).toBe("hidden");
    expect([lookOf(-4, field()), lookOf(1, field())]).toEqual([-1, 0.5]);
    const quiet = { ...INFO, noise: null };
    expect(lookOf(0.0025, field({ info: quiet }))).toBeCloseTo(0.025);
  });
});

describe("colours of effects", () => {
  it("melt into the page at zero, and are told apart at both ends", () => {
    for (const theme of [THEMES.light, THEMES.dark]) {
      const table = signedTable(theme);
      expect(hexOf(table[SIDE])).toBe(theme.colours.surface);
      expect(hexOf(pixelOf("noise", theme))).toBe(theme.colours.surface);
      expect(pixelOf("unknown", theme)).toBe(0);
      for (const end of [table[0], table[2 * SIDE]])
        expect(contrast(hexOf(end), theme.colours.surface)).toBeGreaterThan(7);
      const hues = effectHues(theme);
      expect(new Set(hues).size).toBe(16);
    }
  });

  it("have marks at even places of a root scale", () => {
    expect(effectMarks(4).map(({ place }) => place)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(effectMarks(4).map(({ text }) => text)).toEqual(["−4.00", "−1.00", "0", "1.00", "4.00"]);
    const { layers } = effectLegend(field(), THEMES.light, 600, measure);
    const words = layers.legend.flatMap((item) => (item.kind === "text" ? [item.text] : []));
    expect(words).toContain("Δ log p of “ Madrid”, nats");
    expect(words).toContain("not measurable");
    expect(words).toContain("not measured");
  });
});

describe("a scene that is coloured by effects", () => {
  const scene = sceneOf(spec(), SELECTED, [2], [tile(6, 6, 1, "f32")], field());

  it("ranks links by effect, those not measured last", () => {
    const links = linksOf(scene, NOWHERE);
    expect(links.slice(0, 3).map(({ effect }) => effect)).toEqual([-4, 2, 1]);
    expect(links.at(-1)?.effect).toBeNaN();
  });

  it("draws the strongest on top, and of a filter only what passes", () => {
    const links = effectLinks(scene, field(), choose(scene));
    expect(links.at(-1)).toMatchObject({ query: 4, key: 1, effect: -4 });
    expect(links.length).toBe(36);
    const few = effectLinks(scene, field({ least: 1.5 }), choose(scene));
    expect(few.map(({ effect }) => effect)).toEqual([2, -4]);
  });
});

describe("reading effects", () => {
  const asked: [string, Span[]][] = [];
  const source: Source = {
    read: async (array, slices) => {
      asked.push([array, slices]);
      const codes = array.endsWith("head") ? new Float32Array(12) : PLANE;
      return { shape: [codes.length], dtype: "f32", root: 1, error: 0, codes };
    },
    dispose() {},
  };
  const declared = spec({ effects: [INFO] });

  it("takes those of the heads they hold for, and only what was measured", async () => {
    const found = await readField(declared, source, { ...SELECTED, color: "effect", heads: [1, 2] });
    expect([...(found?.planes.keys() ?? [])]).toEqual([2]);
    expect(asked).toContainEqual([
      "encoder.effect",
      [
        [0, 1],
        [0, 1],
        [4, 6],
        [1, 4],
      ],
    ]);
    expect(asked).toContainEqual([
      "encoder.effect_head",
      [
        [0, 3],
        [0, 4],
        [0, 1],
        [0, 1],
      ],
    ]);
  });

  it("is left out while weights are the colours, and for kinds without effects", async () => {
    expect(await readField(declared, source, SELECTED)).toBeNull();
    expect(await readField(declared, source, { ...SELECTED, kind: "cross", color: "effect" })).toBeNull();
  });
});

describe("what a picture says of its worth", () => {
  it("is that it was not tested until effects are shown", () => {
    const tested = { effects: [INFO] };
    expect(evidenceOf(tested, SELECTED)).toContain("Untested");
    expect(evidenceOf(tested, { ...SELECTED, color: "effect" })).toBe("Tested: each edge alone.");
    const attributed = { effects: [{ ...INFO, tested: false }] };
    expect(evidenceOf(attributed, { ...SELECTED, color: "effect" })).toBe("Attributed, not tested: each edge alone.");
    expect(evidenceOf({ effects: [{ ...INFO, what: "" }] }, { ...SELECTED, color: "effect" })).toContain("given");
  });

  it("follows another view's switch where there are effects", () => {
    const theirs = { ...SELECTED, color: "effect" as const, least: 2 };
    expect(taken(SELECTED, spec({ effects: [INFO] }), theirs, spec())).toMatchObject({ color: "effect", least: 2 });
    expect(taken(SELECTED, spec(), theirs, spec())).toMatchObject({ color: "weight", least: 0 });
  });
});
