/** Layers × heads as a grid of small pictures: geometry and display list, pure. */

import type { Tile } from "../source/source";
import { weightTable } from "../source/source";
import type { AttentionSpec } from "../spec";
import { alphaOf } from "./alpha";
import { blockOf } from "./blocks";
import { strongest } from "./choice";
import type { Area, Item, Lines } from "./display_list";
import { type Field, headEffect, hexOf, lookOf, pixelOf } from "./effect";
import { cropped } from "./matrix";
import { headsAt } from "./selection";
import { HUES, type Theme } from "./theme";

export type Mode = "lines" | "matrix";

export interface Cell {
  layer: number;
  head: number;
}

/** What the grid shows: one kind of attention, and the overviews that have come so far, layer by layer. */
export interface Grid {
  attention: AttentionSpec;
  /** Overviews [row, column] of the heads that a layer has, in their order; by layer. */
  tiles: ReadonlyMap<number, readonly Tile[]>;
  crop: Crop;
  mode: Mode;
  /** Where effects are shown, each head's stands beside its picture. */
  effects?: Field | null;
}

export const SMALLEST_CELL = 28;
const LARGEST_CELL = 88;
const GUTTER = 36;
const HEADER = 34;
const LINE_BUDGET = 24_000;
const FEWEST_LINES = 60;

export interface GridGeometry {
  width: number;
  height: number;
  cell: number;
  pitch: number;
  x: number;
  y: number;
}

/** Cells as large as the width allows, between the smallest and the largest; below the smallest the grid is wider. */
export function gridGeometry(attention: AttentionSpec, width: number, largest = LARGEST_CELL): GridGeometry {
  const columns = attention.heads.length;
  const pitch = Math.floor((width - GUTTER) / columns);
  const gap = pitch > 64 ? 6 : pitch > 40 ? 4 : 3;
  const cell = Math.max(SMALLEST_CELL, Math.min(largest, pitch - gap));
  return {
    width: GUTTER + columns * (cell + gap),
    height: HEADER + attention.layers.length * (cell + gap),
    cell,
    pitch: cell + gap,
    x: GUTTER,
    y: HEADER,
  };
}

export function cellAt(at: GridGeometry, row: number, column: number): { x: number; y: number } {
  return { x: at.x + column * at.pitch, y: at.y + row * at.pitch };
}

/** Row and column numbers, and the names of both axes. */
export function gridLabels(attention: AttentionSpec, at: GridGeometry, names: { layer: string; head: string }): Item[] {
  const label = (text: string, x: number, y: number, align: "center" | "right" | "left"): Item => ({
    kind: "text",
    text,
    x,
    y,
    size: 11,
    align,
    colour: "muted",
  });
  return [
    label(names.head, at.x, 8, "left"),
    { kind: "text", text: names.layer, x: 8, y: at.y, size: 11, align: "right", colour: "muted", turned: true },
    ...attention.heads.map((head, c) => label(String(head), at.x + c * at.pitch + at.cell / 2, at.y - 10, "center")),
    ...attention.layers.map((layer, r) => label(String(layer), at.x - 8, at.y + r * at.pitch + at.cell / 2, "right")),
  ];
}

/** Rows and columns of an overview that hold positions which the sentence filter lets through. */
export interface Crop {
  rows: number[];
  columns: number[];
}

/** Blocks of an axis, shared by `size` positions, that hold any of the given ones. */
export function blocksOf(positions: readonly number[], size: number, cells: number): number[] {
  const blocks = Math.min(cells, size);
  return [...new Set(positions.map((position) => blockOf(position, size, blocks)))];
}

/** The overview of a cell, when it has come. */
export function tileAt({ attention, tiles }: Pick<Grid, "attention" | "tiles">, cell: Cell): Tile | undefined {
  return tiles.get(cell.layer)?.[headsAt(attention, cell.layer).indexOf(cell.head)];
}

/** The whole grid as data; cells whose overview has not come are empty frames, heads that a layer lacks are nothing. */
export function gridLayer(
  { attention, tiles, crop, mode, effects }: Grid,
  at: GridGeometry,
  theme?: Theme,
): CellPicture {
  const all: CellPicture = { items: [], total: 0, shown: 0 };
  const cells = attention.layers.length * attention.heads.length;
  attention.layers.forEach((layer, row) => {
    attention.heads.forEach((head, column) => {
      if (!headsAt(attention, layer).includes(head)) return;
      const { x, y } = cellAt(at, row, column);
      const tile = tileAt({ attention, tiles }, { layer, head });
      const picture = tile
        ? gridCell(at, x, y, tile, crop, mode, head % HUES, cells)
        : { items: [frame(at, x, y)], total: 0, shown: 0 };
      all.items.push(...picture.items);
      if (effects && theme) all.items.push(...effectStrip(at, x, y, headEffect(effects, layer, head), effects, theme));
      all.total += picture.total;
      all.shown += picture.shown;
    });
  });
  return all;
}

function frame(at: GridGeometry, x: number, y: number): Item {
  return { kind: "rect", x: x - 0.5, y: y - 0.5, width: at.cell + 1, height: at.cell + 1, stroke: "rule" };
}

/** A head's effect along the left side of its picture: colour for its sign and size, height too; hatched where unknown. */
function effectStrip(at: GridGeometry, x: number, y: number, value: number, field: Field, theme: Theme): Item[] {
  const width = Math.max(5, Math.round(at.cell / 7));
  const place = { x, y, width, height: at.cell };
  const look = lookOf(value, field);
  const ground: Item = { kind: "rect", ...place, fill: "surface" };
  const edge: Item = { kind: "rect", x: x + width, y, width: 1, height: at.cell, fill: "rule" };
  if (look === "hidden") return [ground, edge];
  if (look === "unknown") return [{ kind: "hatch", ...place }, edge];
  const fill = hexOf(pixelOf(look, theme));
  if (look === "noise") return [{ kind: "rect", ...place, fill }, edge];
  const height = Math.max(2, Math.abs(look) * at.cell);
  return [ground, { kind: "rect", ...place, y: y + at.cell - height, height, fill }, edge];
}

export interface CellPicture {
  items: Item[];
  total: number;
  shown: number;
}

/** One cell: its frame, and its weights as a raster or as lines. */
export function gridCell(
  at: GridGeometry,
  x: number,
  y: number,
  tile: Tile,
  crop: Crop,
  mode: Mode,
  hue: number,
  cells: number,
): CellPicture {
  if (mode === "matrix") {
    const raster: Item = {
      kind: "raster",
      x,
      y,
      width: at.cell,
      height: at.cell,
      tile: cropped(tile, crop.rows, crop.columns),
    };
    return { items: [raster, frame(at, x, y)], total: 1, shown: 1 };
  }
  const { lines, total, shown } = cellLines(
    at,
    x,
    y,
    tile,
    crop,
    hue,
    Math.max(FEWEST_LINES, Math.floor(LINE_BUDGET / cells)),
  );
  return { items: [lines, frame(at, x, y)], total, shown };
}

function cellLines(at: GridGeometry, x: number, y: number, tile: Tile, crop: Crop, hue: number, budget: number) {
  const { row, column, weight, total, shown } = strongest({ tiles: [tile], ...crop }, budget);
  const inset = Math.max(2, Math.round(at.cell / 16));
  const place = (positions: number[]) => {
    const pitch = (at.cell - 2 * inset) / positions.length;
    return new Map(positions.map((position, i) => [position, y + inset + pitch * (i + 0.5)]));
  };
  const [rows, columns] = [place(crop.rows), place(crop.columns)];
  const lines: Lines = {
    kind: "lines",
    x0: x + inset,
    x1: x + at.cell - inset,
    y0: Float32Array.from(row, (r) => rows.get(r) ?? 0),
    y1: Float32Array.from(column, (c) => columns.get(c) ?? 0),
    alpha: Uint8Array.from(weight, (w) => alphaOf(w, 1)),
    hue: new Uint8Array(row.length).fill(hue),
    width: 1,
  };
  return { lines, total, shown };
}

/** Largest weight of a tile. */
export function largest(tile: Tile): number {
  let code = 0;
  for (const found of tile.codes) if (found > code) code = found;
  const table = weightTable(tile);
  return table ? table[code] : code;
}

export function gridArea(attention: AttentionSpec, at: GridGeometry): Area {
  const [rows, columns] = [attention.layers.length, attention.heads.length];
  return { name: "cell", x: at.x, y: at.y, width: at.pitch * columns, height: at.pitch * rows, rows, columns };
}
