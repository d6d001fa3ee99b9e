/** A token's ground and ink by a number of its own. Pure. */

import { contrast, textOn } from "./colour";
import { type Field, hexOf, lookOf, pixelOf } from "./effect";
import { type Scale, stepOf } from "./map/scale";
import type { Theme } from "./theme";

export interface Shading {
  values: Float32Array | null;
  scale: Scale;
  theme: Theme;
  visible: number;
  /** What each token's effect is, where these are shown instead. */
  effects?: { values: Float32Array; field: Field } | null;
}

const FAINTEST = 2;
/** WCAG 2.2, level AA. */
const READABLE = 4.5;

/** Colours of a token; nothing where it is as good as not shaded. */
export function shadeOf(
  position: number,
  { values, scale, theme, visible, effects }: Shading,
): { fill: string; ink: string } | null {
  if (effects) return effectShade(effects.values[position], effects.field, theme);
  const step = values ? stepOf(values[position], scale, visible) : 0;
  if (step <= FAINTEST) return null;
  return groundOf(theme, step);
}

/** A token's effect as its ground; what was not measured is pale. */
function effectShade(value: number, field: Field, theme: Theme): { fill: string; ink: string } | null {
  const look = lookOf(value, field);
  if (look === "hidden") return null;
  if (look === "unknown") return { fill: theme.colours.surface, ink: theme.colours.muted };
  const fill = hexOf(pixelOf(look, theme));
  const { ink } = theme.colours;
  return { fill, ink: contrast(fill, ink) >= READABLE ? ink : textOn(fill) };
}

const grounds = new WeakMap<Theme, { fill: string; ink: string }[]>();

/** A step of the colour scale as ground, and ink that reads on it: the usual one while that does. */
export function groundOf(theme: Theme, step: number): { fill: string; ink: string } {
  const known = grounds.get(theme) ?? [];
  grounds.set(theme, known);
  if (!known[step]) {
    const fill = stepHex(theme, step);
    const { ink } = theme.colours;
    known[step] = { fill, ink: contrast(fill, ink) >= READABLE ? ink : textOn(fill) };
  }
  return known[step];
}

function stepHex({ lut }: Theme, step: number): string {
  const channel = (c: number) => lut[step * 4 + c].toString(16).padStart(2, "0");
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}
