/** Where weights come from. A view asks for rectangles of named arrays and never knows what carries them. */

import type { AnswerSpec, TileHeader } from "../spec";

export type Span = [start: number, stop: number];
export type Codes = Uint8Array | Uint16Array | Float32Array;

/** A rectangle of an array as it was coded: weight = (code / largest code) ** root, or the weight itself for f32. */
export interface Tile {
  shape: number[];
  dtype: TileHeader["dtype"];
  root: number;
  error: number;
  codes: Codes;
  /** Share of the queries that were read for it; exact where it is 1 or not given. */
  share?: number;
}

export interface Source {
  /** The rectangle; where that takes long, `part` is called with what is known so far. */
  read(array: string, slices: Span[], signal?: AbortSignal, part?: (tile: Tile) => void): Promise<Tile>;
  /** The rectangle if it is at hand as a whole, else nothing. */
  find?(array: string, slices: Span[]): Promise<Tile | null>;
  /** Asks Python for something to be done, where there is one; `progress` is told how far it is. */
  request?(
    what: string,
    fields: Record<string, unknown>,
    signal?: AbortSignal,
    progress?: (tokens: number, most: number) => void,
  ): Promise<AnswerSpec>;
  /** What Python tells without being asked here: it was changed by hand, or from another picture. */
  hear?(listener: (answer: AnswerSpec) => void): () => void;
  dispose(): void;
}

/** Raised when a rectangle cannot be had; `message` is fit to be shown. */
export class SourceError extends Error {
  override name = "SourceError";
}

export function sizes(slices: readonly (readonly number[])[]): number[] {
  return slices.map(([start, stop]) => stop - start);
}

export function product(shape: readonly number[]): number {
  return shape.reduce((all, size) => all * size, 1);
}

const tables = new Map<string, Float32Array>();

/** Weight of every code of a coded tile (256 or 65,536 entries); nothing for f32, whose codes are weights. */
export function weightTable(tile: Pick<Tile, "dtype" | "root">): Float32Array | null {
  if (tile.dtype === "f32") return null;
  const name = `${tile.dtype}/${tile.root}`;
  let table = tables.get(name);
  if (!table) {
    const largest = tile.dtype === "u8" ? 255 : 65535;
    table = Float32Array.from({ length: largest + 1 }, (_, code) => (code / largest) ** tile.root);
    tables.set(name, table);
  }
  return table;
}

/** The weight at a flat position of a tile. */
export function weightAt(tile: Tile, position: number): number {
  const table = weightTable(tile);
  return table ? table[tile.codes[position]] : tile.codes[position];
}

/** All weights of a tile, decoded. */
export function weights(tile: Tile): Float32Array {
  const table = weightTable(tile);
  return table ? Float32Array.from(tile.codes, (code) => table[code]) : (tile.codes as Float32Array);
}
