/** Where the tokens of both rows stand, and the curves between them. Pure. */

import type { Measure } from "../display_list";
import { fit } from "../text";
import type { Rows, RowToken } from "./rows";

/** More tokens than this stand as a strip without words: frames of sound, patches, long texts. */
export const MOST_WORDS = 160;
const SIZE = 13;
const PADDING = 14;
const NARROWEST = 24;
const WIDEST = 132;
const GAP = 3;
const STRIP_PITCH = 4;

export interface Placed {
  x: number;
  width: number;
  label: string;
}

export interface Graph {
  width: number;
  keys: Placed[];
  queries: Placed[];
  /** Whether the keys, and the queries, stand without words. */
  strip: boolean;
  below: boolean;
}

/**
 * Both rows over at least this width; each output step takes at least `column`. Very many tokens stand as a strip, and
 * of a sound (`isSound`) any number of frames.
 */
export function graphOf(rows: Rows, width: number, column: number, measure: Measure, isSound = false): Graph {
  const { keys, queries } = rows;
  const isOf = (row: Rows["keys"]) => row.length > MOST_WORDS || (isSound && row.every(({ step }) => step === null));
  const [strip, below] = [isOf(keys), isOf(queries)];
  const above = strip ? [] : keys.map((token) => placed(token, NARROWEST, measure));
  const under = below ? [] : queries.map((token) => placed(token, column, measure));
  const strips = [strip ? keys.length : 0, below ? queries.length : 0].map((count) => count * STRIP_PITCH);
  const most = Math.max(width, total(above), total(under), Math.min(Math.max(...strips), 4 * width));
  return {
    width: most,
    keys: strip ? stripped(keys.length, most) : spread(above, most),
    queries: below ? stripped(queries.length, most) : spread(under, most),
    strip,
    below,
  };
}

function placed({ label }: RowToken, least: number, measure: Measure): Placed {
  const width = Math.min(WIDEST, Math.max(least, measure(label, SIZE) + PADDING));
  return { x: 0, width, label: fit(label, width - PADDING + 4, SIZE, measure) };
}

function total(row: readonly Placed[]): number {
  return row.reduce((sum, { width }) => sum + width + GAP, 0);
}

/** The row in the middle, its tokens at most half as wide again apart. */
function spread(row: readonly Placed[], width: number): Placed[] {
  const free = width - total(row);
  const gap = GAP + (row.length > 1 ? Math.min(26, free / row.length) : 0);
  const taken = row.reduce((sum, one) => sum + one.width + gap, -gap);
  let x = Math.max(0, (width - taken) / 2);
  return row.map((one) => {
    const at = { ...one, x };
    x += one.width + gap;
    return at;
  });
}

function stripped(count: number, width: number): Placed[] {
  const pitch = width / count;
  return Array.from({ length: count }, (_, i) => ({ x: i * pitch, width: pitch, label: "" }));
}

/** A curve from under a key to above a query. */
export function curve(from: Placed, to: Placed, top: number, bottom: number): string {
  const [x0, x1] = [middle(from), middle(to)];
  const bend = (bottom - top) * 0.45;
  return `M${x0.toFixed(1)} ${top}C${x0.toFixed(1)} ${top + bend} ${x1.toFixed(1)} ${bottom - bend} ${x1.toFixed(1)} ${bottom}`;
}

export function middle({ x, width }: Placed): number {
  return x + width / 2;
}
