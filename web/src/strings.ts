/** The words on screen, in the language that is spoken now. */

import { chinese } from "./languages/chinese";
import { type Catalogue, english } from "./languages/english";
import type { ViewSpec } from "./spec";

export { number, percent, signedText, weightText } from "./languages/numbers";

type Language = ViewSpec["language"];

/** The catalogue. Read it where a word is shown, not when a module is loaded: `speak` may still change it. */
export let t: Catalogue = english;

/** Speaks a language and says which; `"auto"` is that of the browser where it is one of ours, else English. */
export function speak(language: Language): "en" | "zh" {
  const spoken = language === "auto" ? preferred() : language;
  t = spoken === "zh" ? chinese : english;
  return spoken;
}

function preferred(): "en" | "zh" {
  const known = globalThis.navigator?.languages ?? [];
  const first = known.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag === "zh" || tag === "en");
  return first === "zh" ? "zh" : "en";
}
