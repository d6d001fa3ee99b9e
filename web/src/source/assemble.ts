/** Puts a rectangle together from the tiles that cover it. */

import { type Codes, product, type Span, sizes, type Tile, weights } from "./source";

export interface Placed {
  slices: readonly (readonly number[])[];
  tile: Tile;
}

/** The common part of two rectangles, or nothing. */
export function overlap(a: readonly (readonly number[])[], b: readonly (readonly number[])[]): Span[] | null {
  const common = a.map(([start, stop], axis): Span => [Math.max(start, b[axis][0]), Math.min(stop, b[axis][1])]);
  return common.every(([start, stop]) => start < stop) ? common : null;
}

/** The rectangle `slices`, or nothing where the parts (which must not overlap each other) leave a hole. */
export function assemble(slices: Span[], parts: readonly Placed[]): Tile | null {
  const whole = parts.find((part) =>
    part.slices.every(([start, stop], axis) => start === slices[axis][0] && stop === slices[axis][1]),
  );
  if (whole) return whole.tile;
  const shape = sizes(slices);
  const total = product(shape);
  const pieces = parts.flatMap((part) => {
    const common = overlap(slices, part.slices);
    return common ? [{ ...part, common }] : [];
  });
  if (!pieces.length || pieces.reduce((sum, piece) => sum + product(sizes(piece.common)), 0) !== total) return null;
  const first = pieces[0].tile;
  const alike = pieces.every(({ tile }) => tile.dtype === first.dtype && tile.root === first.root);
  const codes = alike ? empty(first.codes, total) : new Float32Array(total);
  for (const piece of pieces) copy(piece, slices, codes, alike ? piece.tile.codes : weights(piece.tile));
  const error = Math.max(...pieces.map(({ tile }) => tile.error));
  return alike ? { ...first, shape, error, codes } : { shape, dtype: "f32", root: 1, error, codes };
}

function empty(like: Codes, length: number): Codes {
  if (like instanceof Uint8Array) return new Uint8Array(length);
  return like instanceof Uint16Array ? new Uint16Array(length) : new Float32Array(length);
}

/** Copies the common part row by row (the last axis is contiguous on both sides). */
function copy(piece: Placed & { common: Span[] }, slices: Span[], into: Codes, from: Codes): void {
  const { common } = piece;
  const last = common.length - 1;
  const length = common[last][1] - common[last][0];
  const place = common.map(([start]) => start);
  for (;;) {
    const source = flat(place, piece.slices);
    into.set(from.subarray(source, source + length), flat(place, slices));
    let axis = last - 1;
    while (axis >= 0 && ++place[axis] === common[axis][1]) place[axis] = common[axis--][0];
    if (axis < 0) return;
  }
}

function flat(place: readonly number[], slices: readonly (readonly number[])[]): number {
  return place.reduce((at, value, axis) => at * (slices[axis][1] - slices[axis][0]) + value - slices[axis][0], 0);
}
