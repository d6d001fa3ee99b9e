/** The numbers of a heatmap: which cells are masked, their colours, and the sums along both sides. Pure. */

import { type Tile, weights } from "../../source/source";
import type { MaskSpec } from "../../spec";
import { effectAt, type Field, lookOf, pixelOf } from "../effect";
import type { Lut } from "../lut";
import type { Size } from "../map/camera";
import { reach } from "../map/mask";
import { NAN, placeOf, type Scale, stepOf, valueText } from "../map/scale";
import type { Scene } from "../scene";
import type { Theme } from "../theme";

export type HeatScale = "linear" | "root" | "log";

/** Scenes as they are coloured: on a scale that ends at `top`, with a panel for each head. */
export interface Heat {
  scene: Scene;
  scale: Scale;
  /** Value of the strongest colour. */
  top: number;
  marginals: boolean;
  panels: readonly Panel[];
}

/** One head's cells, row by row, as steps of the colour ramp (0: exactly zero), and its sums. */
export interface Panel {
  head: number;
  steps: Uint16Array;
  /** Sums over the shown keys of each row, over the shown queries of each column; what is no number counts nothing. */
  rows: Float64Array;
  columns: Float64Array;
}

export const MASKED = 1000;
export const UNKNOWN = 1001;

/** The scale of that name that ends at a value. */
export function scaleTo(name: HeatScale, top: number): Scale {
  const scale: Scale = { kind: name === "log" ? "log" : "root", root: name === "root" ? 2 : 1, handle: 1 };
  return { ...scale, handle: Math.max(1e-9, placeOf(top, scale, 1)) };
}

/** Largest weight that is shown; 1 where all are zero or not numbers. */
export function largestShown({ heads, queries, keys }: Scene): number {
  let most = 0;
  for (const { tile } of heads) {
    const values = weights(tile);
    for (const query of queries) {
      const start = query * tile.shape[1];
      for (let c = 0; c < keys.length; c++) if (values[start + keys[c]] > most) most = values[start + keys[c]];
    }
  }
  return most || 1;
}

/** A head's cells: masked ones, those that are no number, and steps of the scale. */
export function panelOf(scene: Scene, mask: MaskSpec, size: Size, scale: Scale, head: number, tile: Tile): Panel {
  const { queries, keys, level } = scene;
  const block = 2 ** level;
  const values = weights(tile);
  const [rows, columns] = [new Float64Array(queries.length), new Float64Array(keys.length)];
  const steps = new Uint16Array(rows.length * columns.length).fill(MASKED);
  for (let r = 0; r < rows.length; r++) {
    const query = queries[r];
    const [start, stop] = reach(mask, query * block, Math.min(size.queries, (query + 1) * block), size.keys);
    for (let c = 0; c < columns.length; c++) {
      const key = keys[c];
      if (key * block >= stop || (key + 1) * block <= start) continue;
      const weight = values[query * tile.shape[1] + key];
      const isKnown = !Number.isNaN(weight);
      steps[r * columns.length + c] = isKnown ? stepOf(weight, scale, 1) : UNKNOWN;
      if (!isKnown) continue;
      rows[r] += weight;
      columns[c] += weight;
    }
  }
  return { head, steps, rows, columns };
}

/** Pixels of a head's cells: masked ones transparent, zero the page's own colour, what is no number its own. */
export function heatCells({ steps }: Panel, lut: Lut): Uint32Array<ArrayBuffer> {
  const ramp = new Uint32Array(lut.buffer);
  const zero = (ramp[0] | 0xff000000) >>> 0;
  const cells = new Uint32Array(steps.length);
  for (let i = 0; i < steps.length; i++)
    cells[i] = steps[i] === MASKED ? 0 : steps[i] === UNKNOWN ? NAN : steps[i] ? ramp[steps[i]] : zero;
  return cells;
}

/** Pixels of a head's cells by their effects; masked ones and those not measured transparent. */
export function effectCells(
  scene: Scene,
  effects: Field,
  { head, steps }: Panel,
  theme: Theme,
): Uint32Array<ArrayBuffer> {
  const { queries, keys, level } = scene;
  return Uint32Array.from(steps, (step, i) => {
    if (step === MASKED) return 0;
    const value = effectAt(effects, head, queries[Math.floor(i / keys.length)], keys[i % keys.length], level);
    return pixelOf(lookOf(value, effects), theme);
  });
}

/** Whether any cell shown is masked, or no number. */
export function has({ panels }: Heat, what: typeof MASKED | typeof UNKNOWN): boolean {
  return panels.some(({ steps }) => steps.includes(what));
}

/** The largest sums of each side over all heads. */
export function largestSums({ panels }: Heat): { rows: number; columns: number } {
  const most = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b), 0);
  return {
    rows: Math.max(0, ...panels.map(({ rows }) => most(rows))),
    columns: Math.max(0, ...panels.map(({ columns }) => most(columns))),
  };
}

/** Values to be written along the colour bar, and their places on it. */
export function barMarks(name: HeatScale, top: number): { place: number; text: string }[] {
  const scale = scaleTo(name, top);
  const values =
    name === "linear" ? evenly(top) : name === "root" ? [0, 0.01, 0.1, 0.25, 0.5, 1] : [1e-6, 1e-4, 1e-2, 1];
  return values
    .map((value) => ({ place: placeOf(value, scale, 1) / scale.handle, text: valueText(value) }))
    .filter(({ place }) => place <= 1 + 1e-9);
}

const MOST_MARKS = 5;

/** Round values from zero on. */
function evenly(top: number): number[] {
  const power = 10 ** Math.floor(Math.log10(top));
  const step = [0.1, 0.2, 0.5, 1, 2].map((times) => times * power).find((one) => top / one <= MOST_MARKS) ?? top;
  return Array.from({ length: Math.floor(top / step + 1e-9) + 1 }, (_, i) => Number((i * step).toPrecision(6)));
}
