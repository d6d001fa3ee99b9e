/** What the keyboard does in the model view: a pure step from one state to the next. */

import type { AttentionSpec, SelectionSpec, ViewSpec } from "../spec";
import { type Arrow, type Cursor, isArrow, moveCursor } from "./cursor";
import type { Mode } from "./grid";
import { runLevel, shownRows } from "./runs";
import { attentionOf, headsAt, pin, release } from "./selection";

export interface ModelState {
  selection: SelectionSpec;
  /** The cell that the keyboard stands on. */
  cell: { layer: number; head: number };
  open: boolean;
  /** Whether a chosen cell is only selected, for another view shows it. */
  picks: boolean;
  cursor: Cursor | null;
  mode: Mode;
  openMode: Mode;
  help: boolean;
  table: boolean;
}

/** The state after a key; nothing where the key means nothing here. */
export function pressModel(state: ModelState, key: string, shift: boolean, spec: ViewSpec): ModelState | null {
  const { selection, cursor } = state;
  if (isArrow(key)) {
    if (!state.open || !shift) return moveCell(state, ...STEPS[key], attentionOf(spec, selection));
    return { ...state, cursor: moveCursor(cursor, key, shownRows(spec, selection)) };
  }
  switch (key) {
    case "Enter":
      if (!state.open) return openCell(state, state.cell);
      return (
        cursor && {
          ...state,
          selection: pin(selection, cursor.side, cursor.position, runLevel(attentionOf(spec, selection))),
        }
      );
    case "m":
      return state.open ? { ...state, openMode: other(state.openMode) } : { ...state, mode: other(state.mode) };
    case "t":
      return { ...state, table: !state.table };
    case "?":
      return { ...state, help: !state.help };
    case "Escape":
      return closeInnermost(state);
    default:
      return null;
  }
}

const STEPS: Record<Arrow, [down: number, across: number]> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
};

function other(mode: Mode): Mode {
  return mode === "lines" ? "matrix" : "lines";
}

/** The neighbouring cell; an open cell follows. At the borders it stays. */
export function moveCell(state: ModelState, down: number, across: number, attention: AttentionSpec): ModelState {
  const step = (list: number[], value: number, by: number) =>
    list[Math.max(0, Math.min(list.length - 1, list.indexOf(value) + by))];
  const layer = step(attention.layers, state.cell.layer, down);
  const heads = headsAt(attention, layer);
  if (!heads.length) return state;
  const near = heads.reduce((a, b) => (Math.abs(b - state.cell.head) < Math.abs(a - state.cell.head) ? b : a));
  const cell = { layer, head: step(heads, near, across) };
  return state.open || state.picks ? openCell(state, cell) : { ...state, cell };
}

/** Selects a cell, and shows it at full size unless another view does. */
export function openCell(state: ModelState, cell: ModelState["cell"]): ModelState {
  return {
    ...state,
    cell,
    open: !state.picks,
    selection: { ...state.selection, layer: cell.layer, heads: [cell.head] },
  };
}

/** Closes the innermost thing that is open: the list of keys, the pinned tokens, the table, the cell. */
function closeInnermost(state: ModelState): ModelState | null {
  const { selection, cursor } = state;
  if (state.help) return { ...state, help: false };
  if (state.open && (cursor || selection.query !== null || selection.key !== null))
    return { ...state, cursor: null, selection: release(selection) };
  if (state.table) return { ...state, table: false };
  return state.open ? { ...state, open: false } : null;
}
