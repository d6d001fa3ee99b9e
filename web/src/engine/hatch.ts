/** The ground of what a mask hides: thin diagonals, one pattern for each theme. */

import type { Theme } from "./theme";

export const PERIOD = 8;
const known = new Map<string, CanvasPattern>();

/** A fill for hatched ground; the plain ground where the canvas makes no patterns. */
export function hatching(context: CanvasRenderingContext2D, theme: Theme): CanvasPattern | string {
  const found = known.get(theme.name);
  if (found) return found;
  const tile = document.createElement("canvas");
  tile.width = tile.height = PERIOD;
  const pen = tile.getContext("2d");
  if (!pen) return theme.colours.hover;
  pen.fillStyle = theme.colours.hover;
  pen.fillRect(0, 0, PERIOD, PERIOD);
  pen.strokeStyle = theme.colours.rule;
  pen.lineWidth = 1;
  for (const from of [-PERIOD, 0, PERIOD]) {
    pen.moveTo(from, PERIOD);
    pen.lineTo(from + PERIOD, 0);
  }
  pen.stroke();
  const pattern = context.createPattern(tile, "repeat");
  if (pattern) known.set(theme.name, pattern);
  return pattern ?? theme.colours.hover;
}
