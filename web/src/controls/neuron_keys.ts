/** What the keyboard does in the neuron view, and what another kind of attention keeps. */

import type { DimOrder, DimSum } from "../engine/neuron/dims";
import type { KeyChoice } from "../engine/neuron/keys";
import { setKind, stepLayer } from "../engine/selection";
import type { Host } from "../hosts/host";
import type { SelectionSpec, ViewSpec } from "../spec";
import { headOf, type NeuronState, queryOf } from "./neuron_state";

const CHOICES: KeyChoice[] = ["top", "near", "found", "all"];
const ORDERS: DimOrder[] = ["stored", "contribution", "frequency"];
const SUMS: DimSum[] = ["each", "running", "pairs"];

function next<T>(list: readonly T[], now: T): T {
  return list[(list.indexOf(now) + 1) % list.length];
}

/** Another kind of attention: one head, and the last query. */
export function setNeuronKind(now: SelectionSpec, spec: ViewSpec, kind: SelectionSpec["kind"]): SelectionSpec {
  const next = setKind(now, spec, kind);
  const { attention, head } = headOf(spec, next);
  return { ...next, heads: [head], query: attention.queries - 1 };
}

export interface Open {
  help: { value: boolean };
  table: { value: boolean };
}

/** What a key does; nothing where it means nothing here. */
export function neuronAction(
  event: Pick<KeyboardEvent, "key" | "shiftKey">,
  spec: ViewSpec,
  { selection }: Host,
  state: NeuronState,
  { help, table }: Open,
): (() => void) | undefined {
  const now = selection.peek();
  const { attention, head } = headOf(spec, now);
  const set = (change: Partial<SelectionSpec>) => {
    state.hovered.value = null;
    selection.value = { ...now, ...change };
  };
  const step = (by: number) => () => {
    if (event.shiftKey) set({ key: steppedKey(state, now.key, by) });
    else set({ query: Math.max(0, Math.min(attention.queries - 1, queryOf(spec, now) + by)) });
  };
  const heads = attention.layer_heads[attention.layers.indexOf(now.layer)] ?? attention.heads;
  const stepHead = (by: number) => () =>
    set({ heads: [heads[(heads.indexOf(head) + by + heads.length) % heads.length]] });
  const { choosing, dimOrder, dimSum, expanded } = state;
  const turns = (state.scene.peek()?.parts.rotary.length ?? 0) > 0;
  const actions: Record<string, () => void> = {
    ArrowUp: step(-1),
    ArrowDown: step(1),
    Escape: () => {
      if (help.value) help.value = false;
      else if (now.key !== null) set({ key: null });
      else table.value = false;
    },
    e: () => (expanded.value = !expanded.peek()),
    d: () => (dimOrder.value = next(turns ? ORDERS : ORDERS.slice(0, 2), dimOrder.peek())),
    s: () => (dimSum.value = next(turns ? SUMS : SUMS.slice(0, 2), dimSum.peek())),
    k: () => (choosing.value = { ...choosing.peek(), choice: next(CHOICES, choosing.peek().choice) }),
    w: () => {
      const order = choosing.peek().order === "weight" ? "position" : "weight";
      choosing.value = { ...choosing.peek(), order };
    },
    "[": stepHead(-1),
    "]": stepHead(1),
    ",": () => set(stepLayer(now, attention, -1)),
    ".": () => set(stepLayer(now, attention, 1)),
    t: () => (table.value = !table.value),
    "?": () => (help.value = !help.value),
  };
  return actions[event.key];
}

/** The next (or previous) shown key; the first or last one where none is kept. */
function steppedKey({ scene }: NeuronState, key: number | null, by: number): number | null {
  const keys = scene.peek()?.keys ?? [];
  const row = key === null ? -1 : keys.indexOf(key);
  const next = row < 0 ? (by > 0 ? 0 : keys.length - 1) : Math.max(0, Math.min(keys.length - 1, row + by));
  return keys[next] ?? null;
}
