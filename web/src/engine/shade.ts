/** A token's ground and ink by a number of its own. Pure. */

import { contrast, textOn } from "./colour";
import { type Scale, stepOf } from "./map/scale";
import type { Theme } from "./theme";

export interface Shading {
  values: Float32Array | null;
  scale: Scale;
  theme: Theme;
  visible: number;
}

const FAINTEST = 2;
/** WCAG 2.2, level AA. */
const READABLE = 4.5;

/** Colours of a token; nothing where it is as good as not shaded. */
export function shadeOf(
  position: number,
  { values, scale, theme, visible }: Shading,
): { fill: string; ink: string } | null {
  const step = values ? stepOf(values[position], scale, visible) : 0;
  if (step <= FAINTEST) return null;
  return groundOf(theme, step);
}

const grounds = new WeakMap<Theme, { fill: string; ink: string }[]>();

/** A step of the colour scale as ground, and ink that reads on it: the usual one while that does. */
export function groundOf(theme: Theme, step: number): { fill: string; ink: string } {
  const known = grounds.get(theme) ?? [];
  grounds.set(theme, known);
  if (!known[step]) {
    const fill = hexOf(theme, step);
    const { ink } = theme.colours;
    known[step] = { fill, ink: contrast(fill, ink) >= READABLE ? ink : textOn(fill) };
  }
  return known[step];
}

function hexOf({ lut }: Theme, step: number): string {
  const channel = (c: number) => lut[step * 4 + c].toString(16).padStart(2, "0");
  return `#${channel(0)}${channel(1)}${channel(2)}`;
}
