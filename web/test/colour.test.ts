import { describe, expect, it } from "vitest";
import { ALPHAS, alphaOf, gain } from "../src/engine/alpha";
import { contrast, textOn } from "../src/engine/colour";
import { hues } from "../src/engine/hues";
import { STEPS, scaleRoot, steps } from "../src/engine/lut";
import { groundOf } from "../src/engine/shade";
import { HUES, THEMES } from "../src/engine/theme";
import { tile } from "./fixture";

const luma = (lut: Uint8ClampedArray, step: number) =>
  0.2126 * lut[4 * step] + 0.7152 * lut[4 * step + 1] + 0.0722 * lut[4 * step + 2];

describe("the colour table of weights", () => {
  it.each(["light", "dark"] as const)("melts zero into the %s page and goes one way", (name) => {
    const { lut } = THEMES[name];
    expect(lut[3]).toBe(0);
    expect(lut[7]).toBe(255);
    const lumas = Array.from({ length: 256 }, (_, step) => luma(lut, step));
    for (let step = 1; step < 256; step++) {
      const rise = lumas[step] - lumas[step - 1];
      expect(name === "light" ? -rise : rise).toBeGreaterThan(-0.8);
    }
    expect(Math.abs(lumas[255] - lumas[0])).toBeGreaterThan(200);
  });

  it("is entered by the code itself, whatever the coding", () => {
    const exact = tile(8, 8, 1, "f32");
    const [byByte, byFloat, byWord] = [tile(8, 8, 1, "u8"), exact, tile(8, 8, 1, "u16")].map(steps);
    expect(scaleRoot(exact)).toBe(2);
    byByte.forEach((step, i) => {
      if (step > 0) expect(Math.abs(step - byFloat[i])).toBeLessThanOrEqual(1);
      if (step > 0) expect(Math.abs(step - byWord[i])).toBeLessThanOrEqual(1);
    });
    expect(steps({ ...exact, codes: Float32Array.of(0, 1e-12, 1) })).toEqual(Uint8Array.of(0, 1, 255));
  });
});

describe("both themes", () => {
  it.each(["light", "dark"] as const)("%s text reads on every ground it stands on", (name) => {
    const { colours } = THEMES[name];
    for (const ground of ["surface", "raised", "hover"]) {
      expect(contrast(colours.ink, colours[ground])).toBeGreaterThan(7);
      expect(contrast(colours.muted, colours[ground])).toBeGreaterThan(4.5);
    }
    expect(contrast(colours.accent, colours.surface)).toBeGreaterThan(3);
    for (let hue = 0; hue < HUES; hue++) {
      const colour = colours[`head${hue}`];
      expect(contrast(textOn(colour), colour)).toBeGreaterThan(4.5);
      if (name === "dark") expect(contrast(colour, colours.surface)).toBeGreaterThan(2.95);
    }
  });
});

describe("hues", () => {
  it("belong to the head, but no two of ten heads share one", () => {
    expect([...hues([0, 3, 11])]).toEqual([
      [0, 0],
      [3, 3],
      [11, 1],
    ]);
    expect([...hues([1, 11, 21])].map(([, hue]) => hue)).toEqual([1, 0, 2]);
    const many = hues(Array.from({ length: 12 }, (_, i) => i));
    expect(many.get(10)).toBe(0);
  });
});

describe("opacity", () => {
  it("grows with the weight, in steps, and never hides a weight", () => {
    const alphas = [0, 1e-9, 0.01, 0.1, 0.5, 1].map((weight) => alphaOf(weight, 1));
    expect(alphas[0]).toBe(0);
    expect(alphas[1]).toBe(ALPHAS[0]);
    expect(alphas.at(-1)).toBe(255);
    expect([...alphas].sort((a, b) => a - b)).toEqual(alphas);
    expect(alphas[4] / alphas[3]).toBeGreaterThan(4);
    expect(alphas[4] / alphas[3]).toBeLessThan(6);
  });

  it("falls with the number of heads and rises where little is drawn", () => {
    expect(gain(1, 1)).toBeGreaterThan(gain(12, 1));
    expect(gain(12, 0.5)).toBeGreaterThan(gain(12, 1));
    expect(gain(1, 0.01)).toBeLessThanOrEqual(1);
  });
});

describe("ink on a shaded ground", () => {
  it("reads at every step of both themes", () => {
    for (const theme of Object.values(THEMES)) {
      for (let step = 0; step < STEPS; step++) {
        const { fill, ink } = groundOf(theme, step);
        expect(contrast(fill, ink)).toBeGreaterThanOrEqual(4.5);
      }
    }
  });
});
