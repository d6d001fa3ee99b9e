/** Which keys a query may see, as a rule; the twin of Python's MaskRule. */

import type { MaskSpec } from "../../spec";

export const FULL: MaskSpec = { before: null, after: null, chunk: null, offset: 0 };

/** The rule of a layer. */
export function maskOf(layers: readonly number[], masks: readonly MaskSpec[], layer: number): MaskSpec {
  return masks[layers.indexOf(layer)] ?? FULL;
}

/** The keys that a query sees: [first, one past the last); equal where it sees none. */
export function seen(mask: MaskSpec, query: number, keys: number): [start: number, stop: number] {
  const position = query + mask.offset;
  let [start, stop] = [0, keys];
  if (mask.before !== null) start = Math.max(start, position - mask.before);
  if (mask.after !== null) stop = Math.min(stop, position + mask.after + 1);
  if (mask.chunk !== null) {
    const chunk = Math.floor(position / mask.chunk);
    start = Math.max(start, chunk * mask.chunk);
    stop = Math.min(stop, (chunk + 1) * mask.chunk);
  }
  start = Math.min(start, keys);
  return [start, Math.max(start, stop)];
}

export function isFull(mask: MaskSpec): boolean {
  return mask.before === null && mask.after === null && mask.chunk === null;
}

/** The keys that any query of a run sees: [first, one past the last). The borders never fall from query to query. */
export function reach(mask: MaskSpec, first: number, stop: number, keys: number): [start: number, stop: number] {
  return [seen(mask, first, keys)[0], seen(mask, stop - 1, keys)[1]];
}

/** Whether nothing of a rectangle is seen. */
export function hidesAll(mask: MaskSpec, queries: readonly number[], keys: readonly number[], all: number): boolean {
  const [start, stop] = reach(mask, queries[0], queries[1], all);
  return stop <= keys[0] || start >= keys[1] || start === stop;
}
