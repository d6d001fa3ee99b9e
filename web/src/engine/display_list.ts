/**
 * What a layout makes and a painter draws: pure data, in CSS pixels, in painting order.
 *
 * Colours are names of the theme ("ink", "head3"), so that one list serves light and dark; values ("#3f90da") only where
 * a colour means a number.
 */

import type { Tile } from "../source/source";

/** Straight lines between x0 and x1, drawn from the faintest to the strongest. */
export interface Lines {
  kind: "lines";
  x0: number;
  x1: number;
  y0: Float32Array;
  y1: Float32Array;
  alpha: Uint8Array;
  hue: Uint8Array;
  width: number;
  /** The width of each line, where they differ, and whose colours `hue` counts, where not heads'. */
  widths?: Float32Array;
  palette?: "effect";
}

/** A matrix of codes through the colour table of weights. */
export interface Raster {
  kind: "raster";
  x: number;
  y: number;
  width: number;
  height: number;
  tile: Tile;
}

/** Cells that have their colours already: RGBA in memory, row by row. */
export interface Pixels {
  kind: "pixels";
  x: number;
  y: number;
  width: number;
  height: number;
  rows: number;
  columns: number;
  rgba: Uint32Array<ArrayBuffer>;
}

/** The ground of what a mask hides. */
export interface Hatch {
  kind: "hatch";
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Rect {
  kind: "rect";
  x: number;
  y: number;
  width: number;
  height: number;
  fill?: string;
  stroke?: string;
  alpha?: number;
  radius?: number;
}

export interface Text {
  kind: "text";
  x: number;
  y: number;
  text: string;
  size: number;
  align: "left" | "right" | "center";
  colour: string;
  alpha?: number;
  bold?: boolean;
  turned?: boolean;
}

export type Item = Lines | Raster | Pixels | Hatch | Rect | Text;

/** An area of equal rows and columns that answers where a pointer is. */
export interface Area {
  name: string;
  x: number;
  y: number;
  width: number;
  height: number;
  rows: number;
  columns: number;
}

export interface DisplayList {
  /** What it shows, for those who do not see it. */
  name?: string;
  width: number;
  height: number;
  layers: Record<string, Item[]>;
  areas: Area[];
}

/** Width of a text in CSS pixels. */
export type Measure = (text: string, size: number, bold?: boolean) => number;
