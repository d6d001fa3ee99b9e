/** The model view: all layers and heads as small pictures, one of which can be opened. */

import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { ModelFrame } from "../controls/model_frame";
import { currentScene, type LayerTiles, Loader, pointing } from "../controls/state";
import { choose } from "../engine/bipartite_lines";
import type { DisplayList } from "../engine/display_list";
import type { Field } from "../engine/effect";
import { effectLegend } from "../engine/effect_legend";
import {
  blocksOf,
  type Cell,
  type Grid,
  gridArea,
  gridGeometry,
  gridLabels,
  gridLayer,
  type Mode,
} from "../engine/grid";
import { weightLegend } from "../engine/legend";
import type { ModelState } from "../engine/model_keys";
import { pooledNotes } from "../engine/notes";
import { topLinks } from "../engine/scene";
import { attentionOf, headsAt, shownPositions } from "../engine/selection";
import { bodyWidth, sheet } from "../engine/sheet";
import type { Host, Image, Render } from "../hosts/host";
import { readField } from "../source/effects";
import { HeadTiles } from "../source/head_tiles";
import type { Source, Span, Tile } from "../source/source";
import type { AttentionSpec, SelectionSpec, ViewSpec } from "../spec";
import { t } from "../strings";

const LINES_UP_TO = 32;
const OPEN_LINES_UP_TO = 100;
const TABLE_ROWS = 30;
/** On paper nothing opens, so cells of few heads are larger than on screen. */
const LARGEST_STILL = 200;

/** The whole grid at a width, as data. */
export function layout(grid: Grid, width: number): DisplayList {
  const at = gridGeometry(grid.attention, width);
  const labels = gridLabels(grid.attention, at, { layer: t.layerAxis, head: t.headAxis });
  return {
    width: at.width,
    height: at.height,
    layers: { labels, cells: gridLayer(grid, at).items },
    areas: [gridArea(grid.attention, at)],
  };
}

/** Every layer and head on offer, as lines or matrices by their length. */
export const image: Image = async (spec, source, page) => {
  const { selection } = spec;
  const attention = attentionOf(spec, selection);
  const tiles = new HeadTiles(source);
  const found = new Map<number, readonly Tile[]>();
  for (const layer of attention.layers) found.set(layer, await tiles.read(...overviewOf(attention, layer)));
  const effects = await readField(spec, source, selection);
  const grid = { ...gridOf(spec, selection, found, modeFor(attention, LINES_UP_TO)), effects };
  const at = gridGeometry(attention, bodyWidth(page.width), LARGEST_STILL);
  const { items, total, shown } = gridLayer(grid, at, page.theme);
  const labels = gridLabels(attention, at, { layer: t.layerAxis, head: t.headAxis });
  const { layers, heads, queries, keys } = attention;
  const [first] = found.values().next().value ?? [];
  return sheet(
    {
      title: t.modelCaption(spec.title, layers.length, heads.length, queries, keys),
      legend: effects
        ? effectLegend(effects, page.theme, bodyWidth(page.width), page.measure)
        : grid.mode === "matrix"
          ? weightLegend(page.theme, bodyWidth(page.width), page.measure)
          : null,
      body: { width: at.width, height: at.height, layers: { labels, items }, areas: [] },
      notes: [
        ...(first ? pooledNotes(first.shape, queries, keys, selection.filter) : []),
        ...(effects?.heads.every(Number.isNaN) ? [t.noHeadEffects] : []),
        ...(total > shown ? [t.cellShare(shown / total)] : []),
      ],
    },
    page,
  );
};

/** What to read for the overviews of a layer's heads. */
function overviewOf(
  attention: AttentionSpec,
  layer: number,
  heads: readonly number[] = headsAt(attention, layer),
): [string, number, readonly number[], Span[]] {
  const rest: Span[] = [
    [0, Math.min(attention.overview, attention.queries)],
    [0, Math.min(attention.overview, attention.keys)],
  ];
  return [`${attention.kind}.overview`, layer, heads, rest];
}

function modeFor({ queries, keys }: AttentionSpec, limit: number): Mode {
  return Math.max(queries, keys) <= limit ? "lines" : "matrix";
}

function gridOf(spec: ViewSpec, selection: SelectionSpec, tiles: Grid["tiles"], mode: Mode): Grid {
  const attention = attentionOf(spec, selection);
  const { queries, keys } = shownPositions(spec, selection);
  const crop = {
    rows: blocksOf(queries, attention.queries, attention.overview),
    columns: blocksOf(keys, attention.keys, attention.overview),
  };
  return { attention, tiles, crop, mode };
}

type Overviews = { kind: SelectionSpec["kind"]; tiles: ReadonlyMap<number, readonly Tile[]> };

export const render: Render = (spec, source, host) => {
  const tiles = new HeadTiles(source);
  const overviews = new Loader<Overviews>();
  const weights = new Loader<LayerTiles>();
  const ui = signal(initial(spec, host.selection.peek()));
  const cellField = signal<Field | null>(null);
  const scene = currentScene(spec, host.selection, weights.loaded, cellField);
  const pointed = pointing(host.selection, scene);
  const state = computed(
    (): ModelState => ({ ...ui.value, selection: host.selection.value, cursor: pointed.cursor.value }),
  );
  const change = (next: ModelState) => {
    ui.value = next;
    host.selection.value = next.selection;
    pointed.cursor.value = next.cursor;
  };
  const choice = computed(() => scene.value && choose(scene.value));
  const top = computed(() => (choice.value ? topLinks(choice.value, TABLE_ROWS, scene.value) : []));
  const grid = currentGrid(spec, host, ui, overviews);
  const ends = [
    effect(() => {
      const cell = cellOf(spec, host.selection.value, ui.peek().cell);
      if (cell !== ui.peek().cell) ui.value = { ...ui.peek(), cell };
    }),
    followKind(spec, host, tiles, overviews),
    followCell(spec, host, state, tiles, weights),
    followEffects(spec, source, host, state, cellField),
  ];
  const [hovered, share] = [signal<Cell | null>(null), signal(1)];
  const props = {
    spec,
    host,
    overviews,
    weights,
    grid,
    state,
    change,
    hovered,
    share,
    scene,
    choice,
    top,
    pointing: pointed,
  };
  renderInto(h(ModelFrame, props), host.element);
  return () => {
    for (const end of ends) end();
    overviews.stop();
    weights.stop();
    renderInto(null, host.element);
  };
};

/** The cell that a selection of one head names; otherwise the present one, as far as it exists in this kind. */
function cellOf(spec: ViewSpec, selection: SelectionSpec, cell: Cell): Cell {
  const attention = attentionOf(spec, selection);
  const layer = attention.layers.includes(cell.layer) ? cell.layer : selection.layer;
  const heads = headsAt(attention, layer);
  const head = heads.includes(cell.head) ? cell.head : (heads[0] ?? cell.head);
  const named = selection.heads.length === 1 ? { layer: selection.layer, head: selection.heads[0] } : { layer, head };
  return named.layer === cell.layer && named.head === cell.head ? cell : named;
}

function initial(spec: ViewSpec, selection: SelectionSpec): ModelState {
  const attention = attentionOf(spec, selection);
  return {
    selection,
    cell: cellOf(spec, selection, { layer: selection.layer, head: attention.heads[0] }),
    open: false,
    picks: spec.options.picks === "yes",
    cursor: null,
    mode: modeFor(attention, LINES_UP_TO),
    openMode: modeFor(attention, OPEN_LINES_UP_TO),
    help: false,
    table: false,
  };
}

/** Reads the overviews of a kind of attention, and shows each layer as it comes. */
function followKind(spec: ViewSpec, host: Host, tiles: HeadTiles, loader: Loader<Overviews>): () => void {
  const kind = computed(() => host.selection.value.kind);
  return effect(() => {
    const attention = attentionOf(spec, { ...host.selection.peek(), kind: kind.value });
    loader.run(async (signal, progress) => {
      const found = new Map<number, Tile[]>();
      const read = async (layer: number) => {
        const show = (of: Tile[]) => {
          found.set(layer, [...of]);
          progress({ kind: attention.kind, tiles: new Map(found) });
        };
        show(await tiles.read(...overviewOf(attention, layer), signal, show));
      };
      await Promise.all(attention.layers.map(read));
      return { kind: attention.kind, tiles: found };
    });
  });
}

/** Reads the weights of the cell that is open. */
function followCell(
  spec: ViewSpec,
  host: Host,
  state: ReadonlySignal<ModelState>,
  tiles: HeadTiles,
  loader: Loader<LayerTiles>,
): () => void {
  const wanted = computed(() => {
    const { open, cell } = state.value;
    return open ? `${host.selection.value.kind}/${cell.layer}/${cell.head}` : "";
  });
  return effect(() => {
    if (!wanted.value) return;
    const { cell } = state.peek();
    const selection = { ...host.selection.peek(), layer: cell.layer, heads: [cell.head] };
    const attention = attentionOf(spec, selection);
    const { queries, keys, overview } = attention;
    const isWhole = Math.max(queries, keys) <= overview;
    loader.run(async (signal, progress) => {
      const show = (early: Tile[]) => progress({ selection, tiles: [...early] });
      const found = isWhole
        ? tiles.read(...overviewOf(attention, cell.layer, [cell.head]), signal)
        : tiles.full(attention, cell.layer, [cell.head], signal, show);
      return { selection, tiles: await found };
    });
  });
}

/** Reads the effects of the cell that is open. */
function followEffects(
  spec: ViewSpec,
  source: Source,
  { selection, effects }: Host,
  state: ReadonlySignal<ModelState>,
  field: Signal<Field | null>,
): () => void {
  let asked = 0;
  return effect(() => {
    const { open, cell } = state.value;
    const now = ++asked;
    field.value = null;
    if (!open || !effects.value) return;
    readField(spec, source, { ...selection.value, layer: cell.layer, heads: [cell.head] }).then((found) => {
      if (now === asked) field.value = found;
    });
  });
}

/** The grid of the overviews that have come so far, under the sentence filter and in the mode chosen now. */
function currentGrid(
  spec: ViewSpec,
  { selection, effects }: Host,
  ui: ReadonlySignal<ModelState>,
  overviews: Loader<Overviews>,
): ReadonlySignal<Grid> {
  const mode = computed(() => ui.value.mode);
  const shown = computed(() => `${selection.value.kind}/${selection.value.filter}`);
  const loaded = computed(() => overviews.loaded.value.value);
  return computed(() => {
    shown.value;
    const { kind } = attentionOf(spec, selection.peek());
    const tiles = loaded.value?.kind === kind ? loaded.value.tiles : new Map();
    return { ...gridOf(spec, selection.peek(), tiles, mode.value), effects: effects.value };
  });
}
