/** What the keyboard does in the head view: a pure step from one state to the next. */

import type { SelectionSpec, ViewSpec } from "../spec";
import { type Cursor, isArrow, moveCursor } from "./cursor";
import { runLevel, shownRows } from "./runs";
import { allHeads, attentionOf, pin, release, stepHead, stepLayer } from "./selection";

export interface HeadState {
  selection: SelectionSpec;
  cursor: Cursor | null;
  help: boolean;
  table: boolean;
}

/** The state after a key; nothing where the key means nothing here. */
export function pressHead(state: HeadState, key: string, spec: ViewSpec): HeadState | null {
  const { selection, cursor } = state;
  const attention = attentionOf(spec, selection);
  const select = (next: SelectionSpec): HeadState => ({ ...state, selection: next });
  if (isArrow(key)) return { ...state, cursor: moveCursor(cursor, key, shownRows(spec, selection)) };
  switch (key) {
    case "[":
      return select(stepHead(selection, attention, -1));
    case "]":
      return select(stepHead(selection, attention, 1));
    case ",":
      return select(stepLayer(selection, attention, -1));
    case ".":
      return select(stepLayer(selection, attention, 1));
    case "a":
      return select(allHeads(selection, attention));
    case "t":
      return { ...state, table: !state.table };
    case "?":
      return { ...state, help: !state.help };
    case "Enter":
      return cursor && select(pin(selection, cursor.side, cursor.position, runLevel(attentionOf(spec, selection))));
    case "Escape":
      return closeInnermost(state);
    default:
      return null;
  }
}

/** Closes the innermost thing that is open: the list of keys, the cursor and the pinned tokens, the table. */
function closeInnermost(state: HeadState): HeadState | null {
  const { selection, cursor } = state;
  if (state.help) return { ...state, help: false };
  if (cursor || selection.query !== null || selection.key !== null)
    return { ...state, cursor: null, selection: release(selection) };
  return state.table ? { ...state, table: false } : null;
}
