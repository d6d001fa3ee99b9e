/** Running text as a still picture: where each token stands, and how it is shaded. Pure. */

import type { TokensSpec } from "../spec";
import type { DisplayList, Item, Measure } from "./display_list";
import type { Run } from "./follow";
import { type Shading, shadeOf } from "./shade";
import { fit } from "./text";

const SIZE = 15;
const SPECIAL_SIZE = 12;
const LINE = 26;
const PAD = 1;
const GROUND = 21;
const BREAKS_ANYWHERE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;

export interface Placed {
  position: number;
  text: string;
  size: number;
  x: number;
  /** Middle of the line. */
  y: number;
  width: number;
}

/** Tokens in lines of a width, broken where words begin; a word that is wider is broken between its tokens. */
export function flow(tokens: TokensSpec, width: number, measure: Measure): Placed[] {
  const special = new Set(tokens.special);
  const space = measure(" ", SIZE);
  const placed: Placed[] = [];
  let [x, y] = [0, LINE / 2];
  const newLine = () => {
    x = 0;
    y += LINE;
  };
  for (const word of words(tokens)) {
    const sized = word.positions.map((position) => {
      const size = special.has(position) ? SPECIAL_SIZE : SIZE;
      const text = fit(tokens.labels[position], width, size, measure);
      return { position, text, size, width: measure(text, size) + 2 * PAD };
    });
    const all = sized.reduce((sum, token) => sum + token.width, 0);
    if (x > 0 && word.isSpaced) x += space;
    if (x > 0 && x + Math.min(all, width) > width) newLine();
    for (const token of sized) {
      if (x > 0 && x + token.width > width) newLine();
      placed.push({ ...token, x, y });
      x += token.width;
    }
    if (word.endsLine) newLine();
  }
  return placed;
}

interface Word {
  positions: number[];
  isSpaced: boolean;
  endsLine: boolean;
}

/** Runs of tokens between which a line may be broken. */
function words({ pieces }: TokensSpec): Word[] {
  const found: Word[] = [];
  pieces.forEach((piece, position) => {
    const isSpaced = /^[^\S\n]/.test(piece);
    const last = found.at(-1);
    if (!last || isSpaced || last.endsLine || BREAKS_ANYWHERE.test(piece))
      found.push({ positions: [position], isSpaced, endsLine: false });
    else last.positions.push(position);
    if (/\n/.test(piece)) found[found.length - 1].endsLine = true;
  });
  return found;
}

/** The text with its shades, and a frame around the tokens that are followed. */
export function stillText(
  tokens: TokensSpec,
  shading: Shading,
  followed: Run | null,
  width: number,
  measure: Measure,
): DisplayList {
  const special = new Set(tokens.special);
  const placed = flow(tokens, width, measure);
  const items = placed.flatMap(({ position, text, size, x, y, width: across }): Item[] => {
    const shade = shadeOf(position, shading);
    const box = { x, y: y - GROUND / 2, width: across, height: GROUND };
    const isFollowed = followed !== null && position >= followed[0] && position < followed[1];
    const plain = special.has(position) ? "muted" : "ink";
    return [
      ...(shade ? [{ kind: "rect", ...box, fill: shade.fill, radius: 2 } as const] : []),
      ...(isFollowed ? [{ kind: "rect", ...box, stroke: "accent", radius: 2 } as const] : []),
      { kind: "text", x: x + PAD, y, text, size, align: "left", colour: shade?.ink ?? plain },
    ];
  });
  const height = (placed.at(-1)?.y ?? 0) + LINE / 2;
  return { width, height, layers: { text: items }, areas: [] };
}
