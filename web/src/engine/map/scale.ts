/** What colour a weight has: a scale from 0 to 1 over all weights, and a handle on it where the ramp ends. Pure. */

import { type Tile, weightTable } from "../../source/source";
import type { MaskSpec } from "../../spec";
import { effectOf, type Field, lookOf, pixelOf } from "../effect";
import { type Lut, STEPS } from "../lut";
import type { Theme } from "../theme";
import { floatColours, upperHalf } from "./float_colours";
import { reach, seen } from "./mask";

export type ScaleKind = "root" | "log" | "relative";

export interface Scale {
  kind: ScaleKind;
  /** Root of the root scale: 2 for short rows, 4 for long ones, as in the coding of weights. */
  root: number;
  /** Place of the strongest colour on the scale, 0 to 1. */
  handle: number;
}

const DECADES = 6;
const MOST_RELATIVE = 1000;
const LONG = 1024;

/** Of words that are read, few should stand out: a square root at any length keeps the rest of a text calm. */
export const TEXT_ROOT = 2;

export function rootFor(keys: number): number {
  return keys > LONG ? 4 : 2;
}

/** Place of a weight on the scale, 0 to 1; `visible` is how many keys its query sees (a uniform row has 1 / visible). */
export function placeOf(weight: number, { kind, root }: Scale, visible: number): number {
  if (!(weight > 0)) return 0;
  if (kind === "root") return weight ** (1 / root);
  if (kind === "log") return Math.max(0, 1 + Math.log10(weight) / DECADES);
  return Math.log1p(weight * visible) / Math.log1p(MOST_RELATIVE);
}

/** The weight (or, on the relative scale, the multiple of a uniform row) at a place. */
export function valueAt(place: number, { kind, root }: Scale): number {
  if (kind === "root") return place ** root;
  if (kind === "log") return place <= 0 ? 0 : 10 ** ((place - 1) * DECADES);
  return Math.expm1(place * Math.log1p(MOST_RELATIVE));
}

/** Values to be written under the scale. */
export function marksOf({ kind, root }: Scale): number[] {
  if (kind === "log") return [1e-6, 1e-4, 1e-2, 1];
  if (kind === "relative") return [0, 1, 10, 100, 1000];
  return root === 2 ? [0, 0.01, 0.1, 0.25, 0.5, 1] : [0, 0.001, 0.01, 0.1, 0.5, 1];
}

/** Few digits, and powers of ten as such. */
export function valueText(value: number): string {
  if (value === 0) return "0";
  if (value < 0.001) {
    const power = Math.floor(Math.log10(value) + 1e-9);
    const factor = value / 10 ** power;
    const digits = [...String(-power)].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)]).join("");
    return `${factor < 1.05 ? "" : `${factor.toFixed(0)}·`}10⁻${digits}`;
  }
  return String(Number(value.toPrecision(2)));
}

/** Step of the colour ramp; only exactly zero has step 0. */
export function stepOf(weight: number, scale: Scale, visible: number): number {
  if (!(weight > 0)) return 0;
  return Math.max(1, Math.min(STEPS - 1, Math.round(((STEPS - 1) * placeOf(weight, scale, visible)) / scale.handle)));
}

/** Where a tile lies, for what depends on the query: the rule, the block size, the first row and column of blocks. */
export interface Ground {
  mask: MaskSpec;
  block: number;
  row: number;
  column: number;
  queries: number;
  keys: number;
}

const LARGEST = { u8: 255, u16: 65535, f32: 0 } as const;
/** What is no number, as a pixel. */
export const NAN = 0xffa0b000;

/** Pixels (RGBA in memory) of a tile [row, column]; transparent where the mask hides a whole block. */
export function pixels(tile: Tile, scale: Scale, lut: Lut, at: Ground): Uint32Array<ArrayBuffer> {
  const [rows, columns] = tile.shape.slice(-2);
  const ramp = new Uint32Array(lut.buffer);
  const zero = (ramp[0] | 0xff000000) >>> 0;
  const colourOf = (weight: number, visible: number) => {
    if (Number.isNaN(weight)) return NAN;
    return weight > 0 ? ramp[stepOf(weight, scale, visible)] : zero;
  };
  const out = new Uint32Array(rows * columns);
  const decode = weightTable(tile);
  const isTabled = decode !== null && (scale.kind !== "relative" || tile.dtype === "u8");
  const table = new Uint32Array(isTabled ? LARGEST[tile.dtype] + 1 : 0);
  let tabled = -1;
  for (let r = 0; r < rows; r++) {
    const { begin, end, visible } = rowOf(at, r, columns);
    const row = r * columns;
    if (!isTabled) {
      const colours = floatColours(`${scale.kind}/${scale.root}/${scale.handle}`, lut, (value) => colourOf(value, 1));
      const times = scale.kind === "relative" ? visible : 1;
      for (let c = begin; c < end; c++) {
        const code = tile.codes[row + c];
        out[row + c] = colours[upperHalf((decode ? decode[code] : code) * times)];
      }
      continue;
    }
    if (tabled < 0 || (scale.kind === "relative" && tabled !== visible)) {
      for (let code = 0; code < table.length; code++) table[code] = colourOf(decode[code], visible);
      tabled = visible;
    }
    for (let c = begin; c < end; c++) out[row + c] = table[tile.codes[row + c]];
  }
  return out;
}

/** Pixels by effect of a tile's blocks; transparent where the mask hides a block or nothing was measured. */
export function effectPixels(
  [rows, columns]: readonly number[],
  field: Field,
  heads: readonly number[],
  theme: Theme,
  at: Ground,
): Uint32Array<ArrayBuffer> {
  const out = new Uint32Array(rows * columns);
  const level = Math.log2(at.block);
  for (let r = 0; r < rows; r++) {
    const { begin, end } = rowOf(at, r, columns);
    for (let c = begin; c < end; c++) {
      const look = lookOf(effectOf(field, heads, at.row + r, at.column + c, level), field);
      out[r * columns + c] = pixelOf(look, theme);
    }
  }
  return out;
}

/** The columns of a row of blocks that are not hidden altogether, and how many keys its middle query sees. */
function rowOf({ mask, block, row, column, queries, keys }: Ground, r: number, columns: number) {
  const first = (row + r) * block;
  const last = Math.min(queries, first + block) - 1;
  const [from, to] = seen(mask, (first + last) >> 1, keys);
  const [start, stop] = reach(mask, first, last + 1, keys);
  const begin = Math.max(0, Math.floor(start / block) - column);
  const end = start >= stop ? 0 : Math.min(columns, Math.ceil(stop / block) - column);
  return { begin, end, visible: Math.max(1, to - from) };
}

export const NAN_HEX = "#00b0a0";
