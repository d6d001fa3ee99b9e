/** Signed effects as colours: blue where the output gained, red where it lost, the page's own colour for none. Pure. */

import type { EffectSpec } from "../spec";
import { rgb } from "./colour";
import type { Theme } from "./theme";

/** Effects of the selected heads, as far as they were measured. */
export interface Field {
  info: EffectSpec;
  layer: number;
  /** The part of "<kind>.effect" [query, key] of each head that the effects hold for; the spans say where it lies. */
  planes: ReadonlyMap<number, Float32Array>;
  /** The strongest effect of every head [layer, head]. */
  heads: Float32Array;
  headCount: number;
  /** Size of the smallest effect that is shown. */
  least: number;
}

/** What an effect looks like: not measured, within the noise, too small to be shown, or a place from -1 to 1. */
export type Look = "unknown" | "noise" | "hidden" | number;

/** Effects up to so many times the noise are not measurable. */
const NOISE_TIMES = 3;

/** After Crameri's vik and berlin (MIT), turned round so that blue is more: from the page's colour to the strongest. */
const MORE = {
  light: ["#c9dde7", "#71a8c4", "#1e6f9d", "#033e7d", "#001261"],
  dark: ["#123a52", "#2d7597", "#5aa3da", "#9eb0ff"],
};
const LESS = {
  light: ["#eacebd", "#d39774", "#be6533", "#8b2706", "#590008"],
  dark: ["#4a1a0c", "#8a3f2a", "#c4756a", "#ffacac"],
};

export const SIDE = 127;
/** Colours of lines: so many of either sign, one for what is not measurable, one for what was not measured. */
export const EFFECT_HUES = { each: 7, noise: 14, unknown: 15 };
type Named = Pick<Theme, "name" | "colours">;
const tables = new Map<string, Uint32Array<ArrayBuffer>>();

/** Place of an effect on its scale, a square root on both sides of zero. */
export function placeOfEffect(value: number, top: number): number {
  return Math.sign(value) * Math.min(1, Math.sqrt(Math.abs(value) / top));
}

/** What an effect of that size looks like. */
export function lookOf(value: number, { info: { noise, top }, least }: Pick<Field, "info" | "least">): Look {
  if (Number.isNaN(value)) return "unknown";
  const size = Math.abs(value);
  if (size < least) return "hidden";
  if (noise !== null && size <= NOISE_TIMES * noise) return "noise";
  return placeOfEffect(value, top);
}

/** Colours (RGBA in memory) of places -1 to 1 in steps of 1/127. */
export function signedTable(theme: Named): Uint32Array<ArrayBuffer> {
  const known = tables.get(theme.name);
  if (known) return known;
  const side = (stops: string[]) => [theme.colours.surface, ...stops].map(rgb);
  const [more, less] = [side(MORE[theme.name]), side(LESS[theme.name])];
  const table = Uint32Array.from({ length: 2 * SIDE + 1 }, (_, i) => {
    const place = (i - SIDE) / SIDE;
    return packed(along(place < 0 ? less : more, Math.abs(place)));
  });
  tables.set(theme.name, table);
  return table;
}

function along(stops: readonly (readonly number[])[], share: number): number[] {
  const at = share * (stops.length - 1);
  const below = Math.min(stops.length - 2, Math.floor(at));
  return stops[below].map((from, c) => Math.round(from + (at - below) * (stops[below + 1][c] - from)));
}

function packed([red, green, blue]: readonly number[]): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** The colours of lines, by number. */
export function effectHues(theme: Named): string[] {
  const table = signedTable(theme);
  const { each } = EFFECT_HUES;
  const side = (sign: number) =>
    Array.from({ length: each }, (_, i) => hexOf(table[SIDE + sign * Math.round((SIDE * (i + 1)) / each)]));
  return [...side(-1), ...side(1), theme.colours.muted, theme.colours.edge];
}

/** The pixel of a look, what cannot be told from zero as zero; nothing (the hatching below shows) where none was measured. */
export function pixelOf(look: Look, theme: Theme): number {
  if (look === "unknown") return 0;
  const table = signedTable(theme);
  return table[SIDE + Math.round(SIDE * (typeof look === "number" ? look : 0))];
}

export function hexOf(pixel: number): string {
  const part = (shift: number) => ((pixel >>> shift) & 255).toString(16).padStart(2, "0");
  return `#${part(0)}${part(8)}${part(16)}`;
}

/** The effect of the largest size, with its sign, in a block of 2^level × 2^level edges of a head; NaN where there is none. */
export function effectAt({ info, planes }: Field, head: number, query: number, key: number, level = 0): number {
  const plane = planes.get(head);
  if (!plane) return Number.NaN;
  const [, , [q0, q1], [k0, k1]] = info.spans;
  const run = (place: number, axis: string, start: number, stop: number) =>
    info.axes.includes(axis) ? [Math.max(start, place * 2 ** level), Math.min(stop, (place + 1) * 2 ** level)] : [0, 1];
  const [first, last] = run(query, "query", q0, q1);
  const [left, right] = run(key, "key", k0, k1);
  let found = Number.NaN;
  for (let q = first; q < last; q++)
    for (let k = left; k < right; k++) found = stronger(found, plane[(q - q0) * (k1 - k0) + k - k0]);
  return found;
}

/** The one of the larger size; what was not measured is none. */
export function stronger(a: number, b: number): number {
  return Number.isNaN(a) || Math.abs(b) > Math.abs(a) ? b : a;
}

/** The strongest of several heads. */
export function effectOf(field: Field, heads: readonly number[], query: number, key: number, level = 0): number {
  return heads.reduce((found, head) => stronger(found, effectAt(field, head, query, key, level)), Number.NaN);
}

/** The strongest effect of a head as a whole. */
export function headEffect({ heads, headCount }: Field, layer: number, head: number): number {
  return heads[layer * headCount + head] ?? Number.NaN;
}

/** The effect of each token along a side: of what is followed on the other side, or of all that was measured. */
export function effectLine(
  field: Field,
  heads: readonly number[],
  side: "query" | "key",
  count: number,
  run: readonly [number, number] | null,
): Float32Array {
  const other = side === "key" ? "query" : "key";
  const [start, stop] = !field.info.axes.includes(other)
    ? [0, 1]
    : (run ?? field.info.spans[other === "query" ? 2 : 3]);
  return Float32Array.from({ length: count }, (_, place) => {
    let found = Number.NaN;
    for (let at = start; at < stop; at++)
      found = stronger(found, side === "key" ? effectOf(field, heads, at, place) : effectOf(field, heads, place, at));
    return found;
  });
}

/** Whether the effects are of what the picture of this layer and head shows. */
export function holdsFor({ layers, heads }: EffectSpec, layer: number, head: number): boolean {
  return (layers === null || layers.includes(layer)) && (heads === null || heads.includes(head));
}
