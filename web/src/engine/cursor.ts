/** The token that the keyboard stands on, and how keys move it. */

import type { Focus, Scene } from "./scene";
import { NOWHERE } from "./scene";
import type { Side } from "./selection";

export interface Cursor {
  side: Side;
  position: number;
}

export type Arrow = "ArrowUp" | "ArrowDown" | "ArrowLeft" | "ArrowRight";

type Shown = Pick<Scene, "queries" | "keys">;

export function isArrow(key: string): key is Arrow {
  return key.startsWith("Arrow");
}

function positionsOf(shown: Shown, side: Side): number[] {
  return side === "query" ? shown.queries : shown.keys;
}

/** Up and down go through the tokens of a side, left and right change sides; the first press enters at the first query. */
export function moveCursor(cursor: Cursor | null, arrow: Arrow, shown: Shown): Cursor | null {
  const side = arrow === "ArrowLeft" ? "query" : arrow === "ArrowRight" ? "key" : (cursor?.side ?? "query");
  const positions = positionsOf(shown, side);
  if (!positions.length) return cursor;
  const row = cursor ? positionsOf(shown, cursor.side).indexOf(cursor.position) : -1;
  const step = arrow === "ArrowDown" ? 1 : arrow === "ArrowUp" ? -1 : 0;
  const next = row < 0 ? 0 : row + step;
  return { side, position: positions[Math.max(0, Math.min(positions.length - 1, next))] };
}

export function focusOf(cursor: Cursor | null): Focus | null {
  return cursor && { ...NOWHERE, [cursor.side]: cursor.position };
}

/** The focus as far as its tokens are shown. */
export function visible(focus: Focus, shown: Shown): Focus {
  const within = (position: number | null, positions: number[]) =>
    position !== null && positions.includes(position) ? position : null;
  return { query: within(focus.query, shown.queries), key: within(focus.key, shown.keys) };
}
