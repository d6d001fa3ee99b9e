/** One query's weights taken apart; the twin of Python's `regard.record.parts`. Pure. */

import type { MaskSpec } from "../../spec";

/** What a head has besides its vectors. */
export interface Factors {
  scale: number;
  softcap: number | null;
  sink: number | null;
  /** Dimensions of its queries and keys. */
  width: number;
  kvHead: number;
  /** Pairs of dimensions that rotary embedding turns, as far as that is known. */
  pairs: number;
  hasDistanceBias: boolean;
  hasBias: boolean;
  hasVisible: boolean;
  hasValueNorm: boolean;
  hasWriteNorm: boolean;
}

/** How many numbers travel for them. */
export const FACTORS = 11;

/** A head's factors from the numbers that travel, in the order of Python's `FACTORS`. */
export function factorsOf(numbers: ArrayLike<number>): Factors {
  const or = (value: number) => (Number.isNaN(value) ? null : value);
  return {
    scale: numbers[0],
    softcap: or(numbers[1]),
    sink: or(numbers[2]),
    width: numbers[3],
    kvHead: numbers[4],
    pairs: numbers[5],
    hasDistanceBias: numbers[6] > 0,
    hasBias: numbers[7] > 0,
    hasVisible: numbers[8] > 0,
    hasValueNorm: numbers[9] > 0,
    hasWriteNorm: numbers[10] > 0,
  };
}

/** What belongs to one query of a head. The rows have one number for each key of the whole sequence. */
export interface QueryRow {
  position: number;
  query: ArrayLike<number>;
  lse: number;
  distanceBias: ArrayLike<number> | null;
  bias: ArrayLike<number> | null;
  visible: ArrayLike<number> | null;
  rotary: readonly Pair[];
  valueNorm: ArrayLike<number> | null;
  writeNorm: ArrayLike<number> | null;
}

/** Two dimensions that are turned together, and the radians by which each token turns them further. */
export interface Pair {
  first: number;
  second: number;
  angle: number;
}

/** Pairs from the four numbers each that travel: the angle comes in two. */
export function pairsOf(numbers: ArrayLike<number>): Pair[] {
  return Array.from({ length: numbers.length / 4 }, (_, i) => {
    const [first, second, high, low] = [0, 1, 2, 3].map((place) => numbers[4 * i + place]);
    return { first, second, angle: high + low };
  });
}

export type Term =
  | "content"
  | "turned"
  | "dot"
  | "scaled"
  | "capped"
  | "distance_bias"
  | "bias"
  | "mask"
  | "scores"
  | "weights"
  | "value_norm"
  | "weighted_value"
  | "written";

export interface Column {
  term: Term;
  values: Float64Array;
}

/** The parts of one query's weights on some keys. */
export interface Parts {
  position: number;
  keys: readonly number[];
  factors: Factors;
  query: ArrayLike<number>;
  lse: number;
  rotary: readonly Pair[];
  /** One vector after the other. */
  key: ArrayLike<number>;
  /** The terms that this head has, in the order in which they come in. */
  columns: Column[];
}

/** `key` holds the vectors of `keys`, one after the other. */
export function partsOf(
  row: QueryRow,
  factors: Factors,
  mask: MaskSpec,
  keys: readonly number[],
  key: ArrayLike<number>,
): Parts {
  const { width, scale, softcap } = factors;
  const each = (value: (key: number, i: number) => number) => Float64Array.from(keys, value);
  const dot = each((_, i) => product(row.query, key, i * width, width));
  const turned = row.rotary.length
    ? each((at, i) => turnedBy(row.query, key, i * width, row.rotary, row.position + mask.offset - at))
    : null;
  const scaled = dot.map((value) => value * scale);
  const capped = softcap === null ? null : scaled.map((value) => softcap * Math.tanh(value / softcap));
  const [distance, bias] = [row.distanceBias, row.bias].map((line) => line && each((at) => line[at]));
  const hidden = each((at) => (isHidden(mask, row.position, at) || row.visible?.[at] === 0 ? -Infinity : 0));
  const scores = (capped ?? scaled).map((value, i) => value + (distance?.[i] ?? 0) + (bias?.[i] ?? 0) + hidden[i]);
  const weights = scores.map((score) => (Number.isFinite(row.lse) ? Math.exp(score - row.lse) : 0));
  const norms = row.valueNorm && each((at) => row.valueNorm?.[at] ?? 0);
  const terms: [Term, Float64Array | null][] = [
    ["content", turned && dot.map((value, i) => value - turned[i])],
    ["turned", turned],
    ["dot", dot],
    ["scaled", scaled],
    ["capped", capped],
    ["distance_bias", distance],
    ["bias", bias],
    ["mask", hidden.some((value) => value !== 0) ? hidden : null],
    ["scores", scores],
    ["weights", weights],
    ["value_norm", norms],
    ["weighted_value", norms && weights.map((weight, i) => weight * norms[i])],
    ["written", row.writeNorm && weights.map((weight, i) => weight * (row.writeNorm?.[keys[i]] ?? 0))],
  ];
  const columns = terms.flatMap(([term, values]) => (values ? [{ term, values }] : []));
  return { position: row.position, keys, factors, query: row.query, lse: row.lse, rotary: row.rotary, key, columns };
}

export function columnOf(parts: Parts, term: Term): Float64Array | null {
  return parts.columns.find((column) => column.term === term)?.values ?? null;
}

/** What a sink takes of the row: a score that belongs to no key. */
export function sinkWeight({ factors, lse }: Pick<Parts, "factors" | "lse">): number {
  return factors.sink === null ? 0 : Math.exp(factors.sink - lse);
}

/** Whether a mask rule hides a key; the twin of `MaskRule.hidden`. */
export function isHidden({ before, after, chunk, offset }: MaskSpec, query: number, key: number): boolean {
  const at = query + offset;
  return (
    (before !== null && key < at - before) ||
    (after !== null && key > at + after) ||
    (chunk !== null && Math.floor(at / chunk) !== Math.floor(key / chunk))
  );
}

/** What the distance between query and key changes of their product: each pair, less it turned back by its angle. */
function turnedBy(
  query: ArrayLike<number>,
  key: ArrayLike<number>,
  start: number,
  pairs: readonly Pair[],
  distance: number,
): number {
  let sum = 0;
  for (const { first, second, angle } of pairs) {
    const [q0, q1, k0, k1] = [query[first], query[second], key[start + first], key[start + second]];
    const [along, across] = [q0 * k0 + q1 * k1, q1 * k0 - q0 * k1];
    sum += along - (along * Math.cos(angle * distance) + across * Math.sin(angle * distance));
  }
  return sum;
}

function product(query: ArrayLike<number>, key: ArrayLike<number>, start: number, width: number): number {
  let sum = 0;
  for (let i = 0; i < width; i++) sum += query[i] * key[start + i];
  return sum;
}
