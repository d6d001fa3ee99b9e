/** Opacity of lines: proportional to the weight, in steps that are as many as a painter wants strokes. */

const LEVELS = 28;
const FAINTEST = 2;

/** The steps, from the faintest line to an opaque one; each 1.2 times the one below. */
export const ALPHAS = Uint8Array.from({ length: LEVELS }, (_, i) =>
  Math.round(FAINTEST * (255 / FAINTEST) ** (i / (LEVELS - 1))),
);

const STRONGEST = 0.85;

/**
 * Opacity of a weight of 1. Many heads put many lines between the same tokens, so it falls with the square root of
 * their number; where only a share of the attention is drawn, it rises with the square root of what is missing.
 */
export function gain(heads: number, share: number): number {
  return Math.min(STRONGEST, 2 / Math.sqrt(Math.max(1, heads)) / Math.sqrt(Math.max(0.05, share)));
}

/** Opacity (0-255) of a weight, rounded to a step; a weight that is not zero is never invisible. */
export function alphaOf(weight: number, strength: number): number {
  if (!(weight > 0)) return 0;
  const wanted = Math.min(255, Math.max(FAINTEST, 255 * weight * strength));
  return ALPHAS[Math.round((Math.log(wanted / FAINTEST) / Math.log(255 / FAINTEST)) * (LEVELS - 1))];
}
