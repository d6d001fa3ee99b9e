/** Where words, sentences and documents begin in a sequence of tokens, and which positions an axis names. Pure. */

import type { TokensSpec } from "../../spec";

export const CONTINUES = 0;
export const WORD = 1;
export const SENTENCE = 2;
export const DOCUMENT = 3;

const ENDS_SENTENCE = /[.!?…。！？][\s"'”’)\]]*$|\n\s*$/u;
const SAMPLE = 2000;

/** What begins at each token: nothing new, a word, a sentence (or line), a document (a text of a pair). */
export function grains({ pieces, segments }: Pick<TokensSpec, "pieces" | "segments">): Uint8Array {
  const spaced = pieces.slice(0, SAMPLE).some((piece) => /^\s/.test(piece));
  return Uint8Array.from(pieces, (piece, i) => {
    if (i === 0 || (segments && segments[i] >= 0 && segments[i] !== segments[i - 1])) return DOCUMENT;
    const before = pieces[i - 1];
    const isWord = spaced ? /^\s/.test(piece) || /\s$/.test(before) : !piece.startsWith("##");
    if (isWord && ENDS_SENTENCE.test(before)) return SENTENCE;
    if (/\n/.test(before)) return SENTENCE;
    return isWord ? WORD : CONTINUES;
  });
}

const known = new WeakMap<TokensSpec, Uint8Array>();

/** The same, worked out once for each sequence. */
export function beginsOf(tokens: TokensSpec): Uint8Array {
  let found = known.get(tokens);
  if (!found) {
    found = grains(tokens);
    known.set(tokens, found);
  }
  return found;
}

/** The text as it begins, without special tokens, at most about `characters` long and on one line. */
export function beginning(tokens: TokensSpec, characters: number): string {
  const begins = beginsOf(tokens);
  const special = new Set(tokens.special);
  let text = "";
  for (let i = 0; i < tokens.pieces.length; i++) {
    if (text.length > characters) return `${oneLine(text.slice(0, characters).replace(/\s\S*$/u, ""))} …`;
    if (special.has(i)) continue;
    const piece = tokens.pieces[i].replace(/^##/, "");
    const isApart = begins[i] === CONTINUES || /\s$/.test(text) || /^\s/.test(piece);
    text += isApart ? piece : ` ${piece}`;
  }
  return oneLine(text);
}

/** Round distances: 1, 2, 5, 10, 20, 50, … */
export function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((times) => times * power).find((step) => step >= least) ?? 10 * power;
}

const SENTENCES_FROM = 50;

/**
 * Positions of an axis to be named, at least `spacing` pixels apart: every token where there is room, else about every
 * so many, each moved to where a word begins nearby, or where tokens are many, a sentence.
 */
export function ticks(start: number, stop: number, zoom: number, spacing: number, begins: Uint8Array): number[] {
  const step = roundStep(spacing / zoom);
  const first = Math.max(0, Math.ceil(start / step) * step);
  const found: number[] = [];
  for (let wanted = first; wanted < Math.min(stop, begins.length); wanted += step) {
    const position = step === 1 ? wanted : nearby(wanted, step, begins, step >= SENTENCES_FROM ? SENTENCE : WORD);
    if (position >= start - 1 && position > (found.at(-1) ?? -1)) found.push(position);
  }
  return found;
}

/** The nearest position within a quarter of a step at which at least such a grain begins; else the position itself. */
function nearby(wanted: number, step: number, begins: Uint8Array, grain: number): number {
  const most = Math.floor(step / 4);
  for (let away = 0; away <= most; away++) {
    for (const position of [wanted - away, wanted + away]) if (begins[position] >= grain) return position;
  }
  return wanted;
}

/** The text that begins at a token, at most about `characters` long, on one line. */
export function snippet(pieces: readonly string[], position: number, characters: number): string {
  let text = "";
  for (let i = position; i < pieces.length && text.length < characters + 8; i++)
    text += pieces[i].startsWith("##") ? pieces[i].slice(2) : pieces[i];
  return oneLine(text);
}

/** Without line ends, and without the marks that turn the direction of what follows. */
function oneLine(text: string): string {
  return text
    .replace(/[\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "")
    .replace(/\s+/gu, " ")
    .trim();
}
