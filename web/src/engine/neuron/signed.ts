/** Numbers of either sign as colours: one hue for positive, one for negative, stronger where larger. Pure. */

import { rgb } from "../colour";
import type { Theme } from "../theme";

const STEPS = 127;
/** Share of the numbers that the colour scale spans; what is larger has the strongest colour. */
const SPAN = 0.98;

export type SignedLut = Uint32Array;

const known = new WeakMap<Theme, SignedLut>();

/** RGBA in memory for -127 to 127: through the page's own colour at zero. */
export function signedLut(theme: Theme): SignedLut {
  let table = known.get(theme);
  if (!table) {
    table = Uint32Array.from({ length: 2 * STEPS + 1 }, (_, i) => mixed(theme, (i - STEPS) / STEPS));
    known.set(theme, table);
  }
  return table;
}

function mixed({ colours }: Theme, value: number): number {
  const [ground, hue] = [rgb(colours.surface), rgb(colours[value < 0 ? "negative" : "positive"])];
  const share = Math.abs(value) ** 0.8;
  const [red, green, blue] = ground.map((part, i) => Math.round(part + share * (hue[i] - part)));
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Cells of a row; `top` is where the strongest colour begins. */
export function signedCells(values: ArrayLike<number>, top: number, lut: SignedLut): Uint32Array<ArrayBuffer> {
  return Uint32Array.from(
    { length: values.length },
    (_, i) => lut[STEPS + Math.round(clamped(values[i] / top) * STEPS)],
  );
}

/** Share of a colour's full strength, -1 to 1. */
export function clamped(value: number): number {
  return Number.isNaN(value) ? 0 : Math.max(-1, Math.min(1, value));
}

/** Where the strongest colour begins: 98 of 100 numbers are smaller. */
export function topOf(values: ArrayLike<number>): number {
  const sizes = Float64Array.from({ length: values.length }, (_, i) => Math.abs(values[i])).sort();
  return sizes[Math.floor(SPAN * (sizes.length - 1))] || sizes.at(-1) || 1;
}
