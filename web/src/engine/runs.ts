/** Long texts in lines and matrices: runs of tokens that share a row. The twin of Python's LevelsView. Pure. */

import type { SelectionSpec, TokensSpec, ViewSpec } from "../spec";
import type { Size } from "./map/camera";
import { topLevel } from "./map/pyramid";
import { snippet } from "./map/text_grain";
import { attentionOf, shownPositions } from "./selection";

export const TOKENS_UP_TO = 1024;
const LABEL = 22;

/** A row stands for 2^level tokens. */
export function runLevel(size: Size): number {
  return Math.max(size.queries, size.keys) > TOKENS_UP_TO ? topLevel(size) : 0;
}

/** The rows of both sides that hold positions which the sentence filter lets through. */
export function shownRows(spec: ViewSpec, selection: SelectionSpec): { queries: number[]; keys: number[] } {
  const { queries, keys } = shownPositions(spec, selection);
  const level = runLevel(attentionOf(spec, selection));
  if (!level) return { queries, keys };
  const rows = (positions: number[]) => [...new Set(positions.map((position) => position >> level))];
  return { queries: rows(queries), keys: rows(keys) };
}

const known = new WeakMap<TokensSpec, Map<number, TokensSpec>>();

/** The tokens of each row as if they were one: its label is the text that begins there. */
export function rowTokens(tokens: TokensSpec, level: number): TokensSpec {
  if (!level) return tokens;
  const levels = known.get(tokens) ?? new Map<number, TokensSpec>();
  known.set(tokens, levels);
  const found = levels.get(level) ?? joined(tokens, 2 ** level);
  levels.set(level, found);
  return found;
}

function joined({ pieces, segments }: TokensSpec, run: number): TokensSpec {
  const starts = Array.from({ length: Math.ceil(pieces.length / run) }, (_, i) => i * run);
  const labels = starts.map((start) => {
    const text = snippet(pieces.slice(start, start + run), 0, LABEL);
    return text.length > LABEL ? `${text.slice(0, LABEL)}…` : text || "…";
  });
  const sides = segments && starts.map((start) => segments[start]);
  return { labels, pieces: labels, special: [], segments: sides };
}

/** Tokens of a row as they are counted: one number, or the first and the last. */
export function rowName(row: number, level: number, end: number): string {
  const first = row * 2 ** level;
  return level ? `${first}–${Math.min(end, first + 2 ** level) - 1}` : String(row);
}
