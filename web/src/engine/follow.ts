/** Which tokens a text view follows, as a selection says it. Pure. */

import type { AttentionSpec, SelectionSpec } from "../spec";
import { placeOf, type Scale } from "./map/scale";
import type { Side } from "./selection";

export type Direction = "attends" | "attended";
export type Run = readonly [start: number, stop: number];

/** The side on which tokens are followed: queries where we ask what they attend to, keys where who attends to them. */
export function sideOf(direction: Direction): Side {
  return direction === "attends" ? "query" : "key";
}

export function otherSide(side: Side): Side {
  return side === "query" ? "key" : "query";
}

/** The run of tokens that is followed: a rectangle over all of the other side, else the one selected token. */
export function followed(selection: SelectionSpec, attention: AttentionSpec, side: Side): Run | null {
  const { rectangle } = selection;
  const position = selection[side];
  if (rectangle) {
    const [q0, q1, k0, k1] = rectangle;
    if (side === "query" && k0 === 0 && k1 === attention.keys) return [q0, q1];
    if (side === "key" && q0 === 0 && q1 === attention.queries) return [k0, k1];
  }
  return position === null ? null : [position, position + 1];
}

/** The selection in which a run of tokens is followed. */
export function follow(
  selection: SelectionSpec,
  attention: AttentionSpec,
  side: Side,
  [start, stop]: Run,
): SelectionSpec {
  const one = { ...selection, [side]: start, rectangle: null };
  if (stop - start === 1) return one;
  const rectangle = side === "query" ? [start, stop, 0, attention.keys] : [0, attention.queries, start, stop];
  return { ...one, rectangle };
}

/** Where the strongest colour goes when nobody says: to the largest value but the first token's, on which attention rests. */
export function largestBeyondFirst(values: Float32Array): number {
  let most = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > most) most = values[i];
  return most || values[0] || 1;
}

const LEAST_HANDLE = 0.05;

/** The handle of a colour scale at that value. */
export function handleFor(values: Float32Array, scale: Scale): number {
  return Math.max(LEAST_HANDLE, Math.min(1, placeOf(largestBeyondFirst(values), scale, values.length)));
}
