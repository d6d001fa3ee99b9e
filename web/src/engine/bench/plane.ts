/** A plane of states that can be looked at closer: where points stand, which is pointed at, and what is near. Pure. */

import type { NeighbourSpec, NeighboursSpec, ProjectionSpec } from "../../spec";

export interface Point {
  x: number;
  y: number;
}

/** A point of the plane at (x, y) stands at (k x + left, k y + top). */
export interface Closeness {
  k: number;
  left: number;
  top: number;
}

export const WHOLE: Closeness = { k: 1, left: 0, top: 0 };
const CLOSEST = 64;

export function placed({ k, left, top }: Closeness, { x, y }: Point): Point {
  return { x: k * x + left, y: k * y + top };
}

/** Closer or farther; what stands at a place stays there. */
export function zoomed(now: Closeness, factor: number, at: Point, width: number, height: number): Closeness {
  const k = Math.min(CLOSEST, Math.max(1, now.k * factor));
  const by = k / now.k;
  return kept({ k, left: at.x - by * (at.x - now.left), top: at.y - by * (at.y - now.top) }, width, height);
}

export function moved(now: Closeness, dx: number, dy: number, width: number, height: number): Closeness {
  return kept({ ...now, left: now.left + dx, top: now.top + dy }, width, height);
}

/** So that the plane always fills the picture. */
function kept({ k, left, top }: Closeness, width: number, height: number): Closeness {
  const between = (value: number, size: number) => Math.min(0, Math.max(size * (1 - k), value));
  return { k, left: between(left, width), top: between(top, height) };
}

/** The place in a list of the point that is nearest to where one points, no farther than a radius; -1: none. */
export function pointedAt(points: readonly Point[], at: Point, radius: number): number {
  let [found, least] = [-1, radius];
  points.forEach(({ x, y }, i) => {
    const far = Math.hypot(x - at.x, y - at.y);
    if (far <= least) [found, least] = [i, far];
  });
  return found;
}

/** The neighbours of one position, the nearest first, as a projection knows them. */
export function nearestOf({ state, stream, layer, found, search }: ProjectionSpec, position: number): NeighboursSpec {
  const near = found.flatMap((one) => {
    const at = one.near.indexOf(position);
    return at < 0 ? [] : [{ ...one, distance: one.distances[at] }];
  });
  near.sort((a, b) => a.distance - b.distance);
  return { state, stream, layer, position, found: near, note: search };
}

/** What a neighbour is known by, in every answer. */
export function nameOf({ text, side, position }: NeighbourSpec): string {
  return `${text}/${side}/${position}`;
}
