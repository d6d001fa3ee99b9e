/** What a neuron picture shows: one query of one head, and the rows of its keys. Pure. */

import type { TokensSpec } from "../../spec";
import type { DimSum } from "./dims";
import { columnOf, type Parts, sinkWeight, type Term } from "./parts";
import { topOf } from "./signed";

const VALUES: Term[] = ["value_norm", "weighted_value", "written"];

export interface NeuronScene {
  head: number;
  hue: number;
  query: number;
  queryTokens: TokensSpec;
  keyTokens: TokensSpec;
  /** Queries in the left column, in order. */
  queries: readonly number[];
  /** Shown keys, a row each. */
  keys: readonly number[];
  /** Weight of each key of the whole sequence. */
  weights: ArrayLike<number>;
  /** The parts of the rows from `first` on. */
  parts: Parts;
  first: number;
  dims: readonly number[];
  sum: DimSum;
  expanded: boolean;
  /** What to take from a key's number for its distance to the query; nothing between two sequences. */
  offset: number | null;
}

/** Row of the parts that a row of the picture has; -1 while it is on its way. */
export function partsRow({ parts, first }: Pick<NeuronScene, "parts" | "first">, row: number): number {
  return row >= first && row - first < parts.keys.length ? row - first : -1;
}

/** Terms between the products and the weight, each a column of numbers. A score that is the term before it is none. */
export function numberTerms(parts: Parts): Term[] {
  const every = parts.columns.map(({ term }) => term);
  const terms = every.slice(0, every.indexOf("weights"));
  const isSame = terms.at(-2) === "scaled" || terms.at(-2) === "capped";
  return isSame ? terms.slice(0, -1) : terms;
}

/** Terms after the weight: what stands behind the key. */
export function valueTerms(parts: Parts): Term[] {
  return parts.columns.map(({ term }) => term).filter((term) => VALUES.includes(term));
}

/** What the weights of a row add up to: the shown keys, the others, the sink. */
export interface Sums {
  shown: number;
  others: number;
  othersCount: number;
  sink: number | null;
}

export function sumsOf({ keys, weights, parts }: Pick<NeuronScene, "keys" | "weights" | "parts">): Sums {
  let whole = 0;
  for (let key = 0; key < weights.length; key++) whole += weights[key];
  const shown = keys.reduce((sum, key) => sum + weights[key], 0);
  return {
    shown,
    others: Math.max(0, whole - shown),
    othersCount: weights.length - keys.length,
    sink: parts.factors.sink === null ? null : sinkWeight(parts),
  };
}

/** Where the strongest colours of each column begin. */
export interface Tops {
  query: number;
  key: number;
  product: number;
  /** Of each column of numbers; those in units of the score share one. */
  number(term: Term): number;
}

export function topsOf(parts: Parts): Tops {
  const { width } = parts.factors;
  const products = new Float64Array(parts.keys.length * width);
  for (let i = 0; i < products.length; i++) products[i] = parts.query[i % width] * parts.key[i];
  const score = largest(parts, "scores");
  const number = (term: Term) => {
    if (VALUES.includes(term)) return largest(parts, term);
    return ["dot", "content", "turned"].includes(term) ? score / Math.abs(parts.factors.scale) : score;
  };
  return {
    query: topOf(parts.query),
    key: topOf(parts.key),
    product: topOf(products),
    number,
  };
}

function largest(parts: Parts, term: Term): number {
  return Math.max(1e-9, ...(columnOf(parts, term) ?? []).filter(Number.isFinite).map(Math.abs));
}
