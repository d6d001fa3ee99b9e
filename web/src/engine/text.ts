/** How a token's label fits its place. */

import type { Measure } from "./display_list";

const RIGHT_TO_LEFT = /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** Direction of a piece of text alone: that of its first letter. */
export function direction(text: string): "ltr" | "rtl" {
  return RIGHT_TO_LEFT.test(text) ? "rtl" : "ltr";
}

const segmenter =
  typeof Intl !== "undefined" && typeof Intl.Segmenter === "function"
    ? new Intl.Segmenter(undefined, { granularity: "grapheme" })
    : null;

/** Where there is no Intl: flags, joined emoji, and letters with their marks (UAX 29, without Hangul and Indic rules). */
const CLUSTER =
  /\r\n|\p{RI}\p{RI}|\p{ExtPict}[\ufe0f\p{EMod}]*(?:\u200d\p{ExtPict}[\ufe0f\p{EMod}]*)*|\P{M}(?:\p{M}|\u200d)*|\p{M}+/gu;

/** Characters as readers count them: an emoji family or a letter with its marks is one. */
export function graphemes(text: string): string[] {
  return segmenter ? Array.from(segmenter.segment(text), ({ segment }) => segment) : (text.match(CLUSTER) ?? []);
}

const LONGEST = 400;

/** The text, with its middle left out where it is wider than `width`. */
export function fit(text: string, width: number, size: number, measure: Measure): string {
  if (text.length < LONGEST && measure(text, size) <= width) return text;
  const characters = graphemes(text.length < LONGEST ? text : text.slice(0, LONGEST / 2) + text.slice(-LONGEST / 2));
  let [kept, over] = [0, characters.length];
  while (over - kept > 1) {
    const tried = (kept + over) >> 1;
    if (measure(shorten(characters, tried), size) <= width) kept = tried;
    else over = tried;
  }
  return shorten(characters, kept);
}

function shorten(characters: readonly string[], kept: number): string {
  const ahead = Math.ceil(kept / 2);
  return `${characters.slice(0, ahead).join("")}…${characters.slice(characters.length - (kept - ahead)).join("")}`;
}
