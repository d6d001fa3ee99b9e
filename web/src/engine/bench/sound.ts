/** A sound on a time axis: where its marks stand, which stretch a step listened to, what goes to padding. Pure. */

import type { Matrix, RowToken } from "./rows";
import { weightOf } from "./rows";

/** A run of frames, [first, last]. */
export type Stretch = [number, number];

const STEPS = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];
const APART = 52;

/** Times in seconds at which marks stand, at least so many pixels apart that their labels do not touch. */
export function marks(seconds: number, width: number): number[] {
  const step = STEPS.find((one) => (one / seconds) * width >= APART) ?? STEPS[STEPS.length - 1];
  const count = Math.floor(seconds / step + 1e-6);
  return Array.from({ length: count + 1 }, (_, i) => Math.round(i * step * 100) / 100);
}

/** The shortest run of frames around the strongest one that carries this share of the weight shown. */
export function listened(weights: readonly number[], share: number): Stretch | null {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!total) return null;
  let first = weights.indexOf(Math.max(...weights));
  let last = first;
  let sum = weights[first];
  while (sum < share * total && (first > 0 || last < weights.length - 1)) {
    const before = first > 0 ? weights[first - 1] : -1;
    const after = last < weights.length - 1 ? weights[last + 1] : -1;
    sum += Math.max(before, after);
    if (after > before) last++;
    else first--;
  }
  return [first, last];
}

/** The mean share of these rows' weight that goes to keys that are not shown. */
export function hidden(matrix: Matrix, queries: readonly RowToken[], keys: readonly RowToken[]): number {
  const shown = queries.map(({ index }) => keys.reduce((sum, key) => sum + weightOf(matrix, index, key.index), 0));
  const mean = shown.reduce((sum, one) => sum + one, 0) / Math.max(1, shown.length);
  return Math.max(0, 1 - mean);
}

/** The time of a run of frames, [start, end] in seconds. */
export function timeOf(times: readonly (readonly number[])[], [first, last]: Stretch): [number, number] {
  return [times[first][0], times[last][1]];
}

/** The frames that lie between two times, at least in part. */
export function framesOf(times: readonly (readonly number[])[], start: number, end: number): Stretch | null {
  const first = times.findIndex(([, stop]) => stop > start + 1e-6);
  const after = times.findIndex(([begin]) => begin >= end - 1e-6);
  const last = (after < 0 ? times.length : after) - 1;
  return first < 0 || last < first ? null : [first, last];
}
