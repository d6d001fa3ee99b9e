/**
 * What a layout makes and a painter draws: pure data, in CSS pixels, in painting order.
 *
 * Colours are names of the theme ("ink", "head3"), never values, so that one list serves light and dark.
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

export type Item = Lines | Raster | Rect | Text;

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
  width: number;
  height: number;
  layers: Record<string, Item[]>;
  areas: Area[];
}

/** Width of a text in CSS pixels. */
export type Measure = (text: string, size: number, bold?: boolean) => number;
