/**
 * Widths of text without a browser: the advances of Helvetica, which Arial and Liberation Sans share.
 *
 * A picture is then laid out the same on every machine, whatever fonts it has. Where a script has no table a character
 * takes the width that its fonts usually give it.
 */

import type { Measure } from "./display_list";
import { graphemes } from "./text";

/** Thousandths of an em in two base-36 digits each, from these code points on; 00 where the font has no glyph. */
const TABLES: readonly (readonly [first: number, advances: string])[] = [
  [
    0x20,
    "7q7q9vfgfgopij5b9999atg87q997q7qfgfgfgfgfgfgfgfgfgfg7q7qg8g8g8fgs7ijijk2k2ijgzlmk27qdwijfgn5k2lmijlmk2ijgzk2ijq8" +
      "ijijgz7q7q7qd1fg99fgfgdwfgfg7qfgfg6666dw66n5fgfgfgfg99dw7qfgdwk2dwdwdw9a789ag80000000000000000000000000000000000" +
      "000000000000000000000000000000007q99fgfgfgfg78fg99khaafgg899khfcb4f9999999g0ex7q9999a5fgn6n6n6gzijijijijijijrsk2" +
      "ijijijij7q7q7q7qk2k2lmlmlmlmlmg8lmk2k2k2k2ijijgzfgfgfgfgfgfgopdwfgfgfgfg7q7q7q7qfgfgfgfgfgfgfgf9gzfgfgfgfgdwfgdw" +
      "ijfgijfgijfgk2dwk2dwk2dwk2dwk2h3k2fgijfgijfgijfgijfgijfglmfglmfglmfglmfgk2fgk2fg7q7q7q7q7q7q7q667q7qkfccdw66ijdw" +
      "dwfg66fg66fg84fg9afg66k2fgk2fgk2fggsk3fglmfglmfglmfgrsq8k299k299k299ijdwijdwijdwijdwgz7qgzafgz7qk2fgk2fgk2fgk2fg" +
      "k2fgk2fgq8k2ijdwijgzdwgzdwgzdw66",
  ],
  [
    0x370,
    "00000000000000000000000000007q00000000009999ij7qlsnaao00li00nrkw66ijijfbikijgzk2lm7qijikn5k2i2lmk2ij00h6gzijm6ij" +
      "n7ks7qijg2cefg66f7g2fzdwfhcec9fgfg66dwdwg0dwcgfgj6ftdeh5azf7i0eljtlp66f7fgf7lp0000000000000000000000000000000000" +
      "0000000000000000000000000000000000000000000000000000000000000000ijijo1f2jzij7q7qdwtds2nqg7k2hnjziji8ijf2itijpngs" +
      "jzjzg7i8n5k2lmjzijk2gzhnl4ijkkijphq2m0oli8jzs2k2fgfxera5g7fgilcqfjfjc6g7j4fcfgf2fgdwcqdwmvdwfxehmamvhdjzehe6kuf2" +
      "fgfgfga5e6dw667q66p6mkfgc6fjdwfc",
  ],
];
const BOLD = 1.11;
const WIDE = 1;
const EMOJI = 1.25;
const OTHER = 0.62;

const IS_EMOJI = /\p{Emoji_Presentation}|\p{Extended_Pictographic}\ufe0f/u;
const IS_WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff00-\uff60\uffe0-\uffe6]/u;
const IS_CURSIVE = /[\p{Script=Arabic}\p{Script=Syriac}]/u;
const CURSIVE = 0.5;
const HAS_NO_WIDTH = /^[\p{M}\p{Cf}]$/u;

/** Width of a text in Helvetica, as far as it has the characters. */
export const helvetica: Measure = (text, size, bold = false) => {
  let ems = 0;
  for (const cluster of isLatin(text) ? text : graphemes(text)) ems += clusterWidth(cluster);
  return ems * size * (bold ? BOLD : 1);
};

function isLatin(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** Ems that one cluster takes: its first character's, for marks stand above it and joined emoji are one picture. */
function clusterWidth(cluster: string): number {
  if (IS_EMOJI.test(cluster)) return EMOJI;
  let ems = 0;
  for (const character of cluster) ems += characterWidth(character);
  return ems;
}

function characterWidth(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  for (const [first, advances] of TABLES) {
    const at = 2 * (code - first);
    if (at < 0 || at >= advances.length) continue;
    const advance = Number.parseInt(advances.slice(at, at + 2), 36);
    if (advance) return advance / 1000;
  }
  if (HAS_NO_WIDTH.test(character)) return 0;
  if (IS_WIDE.test(character)) return WIDE;
  return IS_CURSIVE.test(character) ? CURSIVE : OTHER;
}
