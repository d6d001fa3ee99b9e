/** What changes while somebody looks at a neuron view, as signals. */

import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type DimOrder, type DimSum, dimsInOrder } from "../engine/neuron/dims";
import { type Choosing, chosenKeys, queriesAround } from "../engine/neuron/keys";
import type { NeuronFocus } from "../engine/neuron/layout";
import type { Parts, QueryRow } from "../engine/neuron/parts";
import type { NeuronScene } from "../engine/neuron/scene";
import { attentionOf } from "../engine/selection";
import { HUES } from "../engine/theme";
import type { Host } from "../hosts/host";
import { type NeuronHead, NeuronRows } from "../source/neuron_rows";
import type { Source } from "../source/source";
import type { SelectionSpec, ViewSpec } from "../spec";
import { type Loaded, Loader } from "./state";

export interface NeuronState {
  /** The query that is pointed at in the left column. */
  hovered: Signal<number | null>;
  focus: Signal<NeuronFocus>;
  choosing: Signal<Choosing>;
  dimOrder: Signal<DimOrder>;
  dimSum: Signal<DimSum>;
  expanded: Signal<boolean>;
  /** Rows of the picture that are in sight. */
  inSight: Signal<[first: number, stop: number]>;
  loaded: ReadonlySignal<Loaded<Found>>;
  scene: ReadonlySignal<NeuronScene | null>;
  retry(): void;
  stop(): void;
}

/** A query's row, and the parts of those keys that are shown in sight. */
interface Found {
  of: NeuronHead;
  row: QueryRow;
  weights: ArrayLike<number>;
  keys: readonly number[];
  first: number;
  parts: Parts;
}

export const TOP = 24;
/** As many rows are worked out at once. */
const AT_ONCE = 96;
const QUERIES = 24;

export function headOf(spec: ViewSpec, selection: SelectionSpec): NeuronHead {
  const attention = attentionOf(spec, selection);
  const heads = attention.layer_heads[attention.layers.indexOf(selection.layer)] ?? attention.heads;
  const head = selection.heads.find((one) => heads.includes(one)) ?? heads[0];
  return { attention, layer: selection.layer, head };
}

/** The selected query; where none is, the last one that is no special token, for it sees most. */
export function queryOf(spec: ViewSpec, selection: SelectionSpec): number {
  if (selection.query !== null) return selection.query;
  const { queries, query_stream } = attentionOf(spec, selection);
  const special = new Set(spec.streams[query_stream].special);
  const words = Array.from({ length: queries }, (_, query) => query).filter((query) => !special.has(query));
  return words.at(-1) ?? queries - 1;
}

export function neuronState(spec: ViewSpec, source: Source, { selection }: Host): NeuronState {
  const rows = new NeuronRows(source);
  const loader = new Loader<Found>();
  const hovered = signal<number | null>(null);
  const focus = signal<NeuronFocus>({ row: null, place: null });
  const choosing = signal<Choosing>({ choice: "top", count: TOP, order: "position", text: "" });
  const [dimOrder, dimSum] = [signal<DimOrder>("stored"), signal<DimSum>("each")];
  const expanded = signal(true);
  const inSight = signal<[number, number]>([0, AT_ONCE]);
  const query = computed(() => hovered.value ?? queryOf(spec, selection.value));
  const name = computed(() => `${selection.value.kind}/${selection.value.layer}/${selection.value.heads}`);
  const block = computed(() => Math.floor(inSight.value[0] / (AT_ONCE / 4)));
  const ends = [
    effect(() => {
      name.value;
      const [of, at, chosen, part] = [headOf(spec, selection.peek()), query.value, choosing.value, block.value];
      const around = selection.peek().key ?? at;
      loader.run((signal) => find(rows, spec, of, at, chosen, around, part, signal));
    }),
  ];
  const scene = computed((): NeuronScene | null => {
    const found = loader.loaded.value.value;
    return found && sceneOf(spec, found, selection.value, dimOrder.value, dimSum.value, expanded.value);
  });
  return {
    hovered,
    focus,
    choosing,
    dimOrder,
    dimSum,
    expanded,
    inSight,
    loaded: loader.loaded,
    scene,
    retry: () => loader.retry(),
    stop: () => {
      for (const end of ends) end();
      loader.stop();
    },
  };
}

async function find(
  rows: NeuronRows,
  spec: ViewSpec,
  of: NeuronHead,
  query: number,
  choosing: Choosing,
  around: number,
  block: number,
  signal: AbortSignal,
): Promise<Found> {
  const row = await rows.row(of, query, signal);
  const weights = await rows.weights(of, row, signal);
  const keys = chosenKeys(choosing, weights, spec.streams[of.attention.key_stream].labels, around);
  const start = Math.max(0, (block - 1) * (AT_ONCE / 4));
  const first = start < keys.length ? start : 0;
  const parts = await rows.parts(of, row, keys.slice(first, first + AT_ONCE), signal);
  return { of, row, weights, keys, first, parts };
}

export function sceneOf(
  spec: ViewSpec,
  { of, row, weights, keys, first, parts }: Found,
  { query: pinned, key }: Pick<SelectionSpec, "query" | "key">,
  dimOrder: DimOrder,
  sum: DimSum,
  expanded: boolean,
): NeuronScene {
  const { attention, layer, head } = of;
  const at = key === null ? -1 : keys.indexOf(key) - first;
  const isSelf = attention.query_stream === attention.key_stream;
  return {
    head,
    hue: head % HUES,
    query: row.position,
    queryTokens: spec.streams[attention.query_stream],
    keyTokens: spec.streams[attention.key_stream],
    queries: queriesAround(pinned ?? row.position, attention.queries, QUERIES),
    keys,
    weights,
    parts,
    first,
    dims: dimsInOrder(dimOrder, parts, at >= 0 && at < parts.keys.length ? at : null),
    sum,
    expanded,
    offset: isSelf ? attention.masks[attention.layers.indexOf(layer)].offset : null,
  };
}

/** The scene that a selection shows first. */
export async function firstScene(spec: ViewSpec, source: Source): Promise<NeuronScene> {
  const { selection } = spec;
  const of = headOf(spec, selection);
  const query = queryOf(spec, selection);
  const choosing: Choosing = { choice: "top", count: TOP, order: "position", text: "" };
  const found = await find(
    new NeuronRows(source),
    spec,
    of,
    query,
    choosing,
    selection.key ?? query,
    0,
    new AbortController().signal,
  );
  return sceneOf(spec, found, selection, "stored", "each", true);
}
