/** Tokens in two columns with lines between them: where everything stands. */

import type { Area, Measure } from "./display_list";
import type { Scene } from "./scene";
import type { Side } from "./selection";

export const ROW = 20;
export const HEADER = 28;
export const GAP = 8;
export const TOKEN_SIZE = 13;
const NARROWEST_LINES = 96;
const WIDEST_TEXT = 168;
const NARROWEST_TEXT = 48;
const VERY_LONG = 40;

/** Where a column's text and its strip of per-head weights stand. */
export interface Column {
  textX: number;
  stripX: number;
  align: "left" | "right";
}

export interface Geometry {
  width: number;
  height: number;
  textWidth: number;
  /** Width of one head's place in a strip. */
  slot: number;
  query: Column;
  key: Column;
  x0: number;
  x1: number;
}

/** A horizontal band of the picture; what lies outside need not be drawn. */
export interface Band {
  top: number;
  bottom: number;
}

export function geometry(scene: Scene, width: number, measure: Measure): Geometry {
  const heads = Math.max(1, scene.heads.length);
  const slot = Math.max(2, Math.min(8, Math.floor(Math.min(72, width * 0.1) / heads)));
  const strip = slot * heads;
  const room = (width - 2 * strip - 6 * GAP - NARROWEST_LINES) / 2;
  const textWidth = Math.floor(Math.min(widestLabel(scene, measure) + 2, WIDEST_TEXT, room));
  const inner = strip + GAP + textWidth;
  return {
    width,
    height: HEADER + ROW * Math.max(scene.queries.length, scene.keys.length, 1) + GAP,
    textWidth,
    slot,
    query: { textX: inner, stripX: 0, align: "right" },
    key: { textX: width - inner, stripX: width - strip, align: "left" },
    x0: inner + 2 * GAP,
    x1: width - inner - 2 * GAP,
  };
}

function widestLabel({ queryTokens, keyTokens, queries, keys }: Scene, measure: Measure): number {
  let widest = NARROWEST_TEXT;
  for (const [tokens, positions] of [
    [queryTokens, queries],
    [keyTokens, keys],
  ] as const) {
    for (const position of positions) {
      const label = tokens.labels[position];
      widest = Math.max(widest, label.length > VERY_LONG ? WIDEST_TEXT : measure(label, TOKEN_SIZE));
    }
  }
  return widest;
}

/** Middle of a row. */
export function rowY(row: number): number {
  return HEADER + ROW * (row + 0.5);
}

/** Rows of a column that touch a band. */
export function rowsIn(band: Band, count: number): [first: number, stop: number] {
  const clamp = (row: number) => Math.max(0, Math.min(count, row));
  return [clamp(Math.floor((band.top - HEADER) / ROW)), clamp(Math.ceil((band.bottom - HEADER) / ROW))];
}

/** Row of each position that is shown. */
export function rowsOf(positions: readonly number[]): Int32Array {
  const rows = new Int32Array((positions.at(-1) ?? -1) + 1).fill(-1);
  positions.forEach((position, row) => {
    rows[position] = row;
  });
  return rows;
}

/** Areas that answer which token lies under a pointer. */
export function tokenAreas(scene: Scene, at: Geometry): Area[] {
  const column = (name: Side, x: number, rows: number): Area => ({
    name,
    x,
    y: HEADER,
    width: at.x0,
    height: ROW * rows,
    rows,
    columns: 1,
  });
  return [column("query", 0, scene.queries.length), column("key", at.x1, scene.keys.length)];
}
