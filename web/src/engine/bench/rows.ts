/** The two rows of tokens that attention goes between, and the links that carry most of it. Pure. */

import type { SelectionSpec, SequenceSpec, StateSpec } from "../../spec";

/** A token of a row: the number that attention knows it by, and the output step that it chose (nothing: none). */
export interface RowToken {
  index: number;
  label: string;
  special: boolean;
  step: number | null;
}

export interface Rows {
  keys: RowToken[];
  queries: RowToken[];
}

/** Weights of the tokens shown, [query, key] from the query `first` on, several heads made one. */
export interface Matrix {
  first: number;
  rows: number;
  columns: number;
  values: Float32Array;
}

export interface Link {
  query: number;
  key: number;
  weight: number;
}

/** What is read of a state: its own answer, or another hypothesis of its tree. */
export type Answer = Pick<StateSpec, "source" | "start" | "target">;

/** The tokens of both sides: of decoders, queries are the steps that they chose. */
export function rowsOf(kind: SelectionSpec["kind"], answer: Answer): Rows {
  const source = tokensOf(answer.source);
  if (kind !== "cross" && kind !== "decoder") return { keys: source, queries: source };
  const first = firstRow(kind, answer);
  const queries = tokensOf(answer.target).map((token, step) => ({ ...token, index: first + step, step }));
  if (kind === "cross") return { keys: source, queries };
  const start = tokensOf(answer.start);
  const read = tokensOf(answer.target).slice(0, -1);
  const keys = [...start, ...read.map((token, i) => ({ ...token, index: start.length + i, step: i }))];
  return { keys, queries };
}

/** The first query that chose a token: of the rows before it nothing is shown. */
export function firstRow(kind: SelectionSpec["kind"], { start }: Pick<StateSpec, "start">): number {
  return kind === "cross" || kind === "decoder" ? start.labels.length - 1 : 0;
}

function tokensOf({ labels, special }: SequenceSpec): RowToken[] {
  const marked = new Set(special);
  return labels.map((label, index) => ({ index, label, special: marked.has(index), step: null }));
}

/** Of each query the strongest keys that together carry this share of its weight, strongest first. */
export function strongestLinks({ queries, keys }: Rows, matrix: Matrix, share: number): Link[] {
  return queries.flatMap(({ index }, query) => {
    const found = keys.map((key, i) => ({ query, key: i, weight: weightOf(matrix, index, key.index) }));
    const total = found.reduce((sum, { weight }) => sum + weight, 0);
    found.sort((a, b) => b.weight - a.weight);
    let sum = 0;
    const count = found.findIndex(({ weight }) => {
      sum += weight;
      return sum >= share * total;
    });
    return found.slice(0, count + 1).filter(({ weight }) => weight > 0);
  });
}

export function weightOf({ first, columns, values }: Matrix, query: number, key: number): number {
  return values[(query - first) * columns + key] ?? 0;
}

/** The mean of equally large matrices. */
export function meanOf(parts: readonly { shape: readonly number[]; values: ArrayLike<number> }[], first = 0): Matrix {
  const [rows, columns] = parts[0]?.shape ?? [0, 0];
  const values = new Float32Array(rows * columns);
  for (const part of parts) for (let i = 0; i < values.length; i++) values[i] += part.values[i] / parts.length;
  return { first, rows, columns, values };
}
