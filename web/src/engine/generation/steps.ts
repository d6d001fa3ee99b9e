/** An answer step by step: which query chose what, and from what. Pure. */

import type { Tile } from "../../source/source";
import type { TokensSpec, ViewSpec } from "../../spec";

/** Where the answer stands in its stream. */
export interface Answer {
  /** Tokens of the prompt: the answer begins at this position. */
  border: number;
  steps: number;
  /** Alternatives known of each step. */
  k: number;
  processedK: number;
  experts: number;
}

export function answerOf({ options }: Pick<ViewSpec, "options">): Answer {
  const number = (name: string) => Number(options[name] ?? 0);
  return {
    border: number("border"),
    steps: number("steps"),
    k: number("k"),
    processedK: number("processed"),
    experts: number("experts"),
  };
}

export function queryOf({ border }: Answer, step: number): number {
  return border - 1 + step;
}

/** The step whose token a query chose, or the nearest one. */
export function stepOf({ border, steps }: Answer, query: number | null): number {
  return Math.max(0, Math.min(steps - 1, (query ?? 0) - border + 1));
}

/** What was read and, at its end, the token that was chosen last and never read. */
export function wholeText(read: TokensSpec, answer: TokensSpec): TokensSpec {
  const last = answer.labels.length - 1;
  return {
    ...read,
    labels: [...read.labels, answer.labels[last]],
    pieces: [...read.pieces, answer.pieces[last]],
    segments: null,
  };
}

export interface Alternative {
  /** Its place among the step's likeliest tokens; nothing for a chosen token that is none of them. */
  place: number | null;
  label: string;
  probability: number;
  isChosen: boolean;
}

/**
 * What a step could have chosen, likeliest first; the chosen one is added where it is not among them. `logs` are
 * [step, k + 1]: the alternatives' log-probabilities, then the chosen one's.
 */
export function alternatives(
  logs: ArrayLike<number>,
  k: number,
  step: number,
  tokens: TokensSpec,
  own: Chosen,
): Alternative[] {
  const row = (place: number) => logs[step * (k + 1) + place];
  const found: Alternative[] = [];
  let isThere = false;
  for (let place = 0; place < k; place++) {
    if (!(row(place) > -Infinity)) continue;
    const at = step * k + place;
    const isChosen: boolean = !isThere && tokens.pieces[at] === own.piece && Math.abs(row(place) - row(k)) < 1e-4;
    isThere ||= isChosen;
    found.push({ place, label: tokens.labels[at], probability: Math.exp(row(place)), isChosen });
  }
  if (!isThere) found.push({ place: null, label: own.label, probability: Math.exp(row(k)), isChosen: true });
  return found;
}

export interface Chosen {
  label: string;
  piece: string;
}

/** Heads' pictures made one. */
export function foldedTile(tiles: readonly Tile[], decoded: readonly Float32Array[], pool: "max" | "mean"): Tile {
  const codes = Float32Array.from(decoded[0], (_, i) => {
    let value = 0;
    for (const one of decoded) value = pool === "max" ? Math.max(value, one[i]) : value + one[i] / decoded.length;
    return value;
  });
  return { shape: tiles[0].shape, dtype: "f32", root: 1, error: Math.max(...tiles.map(({ error }) => error)), codes };
}

/** The row of the picture that holds a step, of pictures with fewer rows than steps. */
export function rowOf(step: number, steps: number, rows: number): number {
  let row = Math.floor((step * rows) / steps);
  while (row + 1 < rows && Math.floor(((row + 1) * steps) / rows) <= step) row++;
  return row;
}

/** The first step of a row of the picture. */
export function firstStep(row: number, steps: number, rows: number): number {
  return Math.floor((row * steps) / rows);
}
