/**
 * Colour tables for weights: magma (van der Walt & Smith), reversed on light; the first stop is the page itself, so that
 * zero melts into it.
 *
 * Position on the scale is weight ** (1 / root) with the root of the coding: a coded weight's colour is table[code].
 */

import type { Tile } from "../source/source";
import { rgb } from "./colour";

export const STEPS = 256;

const MAGMA = [
  "#000004",
  "#0b0924",
  "#20114b",
  "#3b0f70",
  "#57157e",
  "#721f81",
  "#8c2981",
  "#a8327d",
  "#c43c75",
  "#de4968",
  "#f1605d",
  "#fa7f5e",
  "#fe9f6d",
  "#febf84",
  "#fddea0",
  "#fcfdbf",
];

export type Lut = Uint8ClampedArray<ArrayBuffer>;

/** RGBA of 256 steps; step 0 (exactly zero, or masked) is transparent. */
export function weightLut(surface: string, dark: boolean): Lut {
  const stops = dark ? [surface, ...MAGMA.slice(2)] : [surface, ...MAGMA.slice(0, -1).reverse()];
  const table = ramp(stops.map(rgb));
  table[3] = 0;
  return table;
}

function ramp(stops: readonly (readonly number[])[]): Lut {
  const table = new Uint8ClampedArray(STEPS * 4);
  for (let step = 0; step < STEPS; step++) {
    const at = (step / (STEPS - 1)) * (stops.length - 1);
    const below = Math.min(stops.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++)
      table[step * 4 + c] = stops[below][c] + (at - below) * (stops[below + 1][c] - stops[below][c]);
    table[step * 4 + 3] = 255;
  }
  return table;
}

/** Root of the colour scale of a tile: that of its coding, square for plain numbers. */
export function scaleRoot(tile: Pick<Tile, "dtype" | "root">): number {
  return tile.dtype === "f32" ? 2 : tile.root;
}

/** Step of the table for each element of a tile; only an exact zero has step 0. */
export function steps(tile: Tile): Uint8Array {
  if (tile.codes instanceof Uint8Array) return tile.codes;
  const { codes } = tile;
  const root = scaleRoot(tile);
  const found = new Uint8Array(codes.length);
  for (let i = 0; i < codes.length; i++) {
    if (!(codes[i] > 0)) continue;
    const step =
      tile.dtype === "u16" ? codes[i] / 257 : 255 * (root === 2 ? Math.sqrt(codes[i]) : codes[i] ** (1 / root));
    found[i] = Math.min(255, Math.max(1, Math.round(step)));
  }
  return found;
}

/** RGBA in memory of each cell of a matrix of weights. */
export function colouredCells({ tile }: { tile: Tile }, { lut }: { lut: Lut }): Uint32Array<ArrayBuffer> {
  const colours = new Uint32Array(lut.buffer);
  const codes = steps(tile);
  const [rows, columns] = tile.shape;
  const cells = new Uint32Array(rows * columns);
  for (let i = 0; i < cells.length; i++) cells[i] = colours[codes[i]];
  return cells;
}
