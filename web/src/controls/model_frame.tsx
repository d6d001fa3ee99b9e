/** The model view's controls around its grid, and the cell that is open. */

import { computed, effect, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { headEffect, lookOf } from "../engine/effect";
import { effectName } from "../engine/effect_legend";
import type { Cell, Grid } from "../engine/grid";
import { gridLabels, gridLayer, largest, tileAt } from "../engine/grid";
import { scaleRoot } from "../engine/lut";
import { type ModelState, openCell, pressModel } from "../engine/model_keys";
import { pooledNotes } from "../engine/notes";
import { attentionOf } from "../engine/selection";
import type { Host } from "../hosts/host";
import { GridPanel } from "../panels/grid_panel";
import type { SelectionSpec, ViewSpec } from "../spec";
import { signedText, t, weightText } from "../strings";
import { GridTable } from "./grid_table";
import { coded, isOurs, KindAndFilter } from "./head_frame";
import { Legend } from "./legend";
import { pageNotes, Shortcuts, Status } from "./messages";
import { OpenedCell } from "./opened_cell";
import type { PictureProps } from "./picture";
import type { Loading } from "./state";
import { ModeSwitch, Toggle } from "./toolbar";

export interface ModelFrameProps extends Pick<PictureProps, "scene" | "choice" | "top" | "pointing"> {
  spec: ViewSpec;
  host: Host;
  /** Loads the overviews, and the weights of the opened cell. */
  overviews: Loading;
  weights: Loading;
  grid: ReadonlySignal<Grid>;
  /** Everything that keys change. */
  state: ReadonlySignal<ModelState>;
  change(state: ModelState): void;
  hovered: Signal<Cell | null>;
  /** Share of the attention that the lines of the grid carry. */
  share: Signal<number>;
}

export function ModelFrame(props: ModelFrameProps) {
  const { spec, host, overviews, grid, state, change, hovered } = props;
  const now = state.value;
  const stage = useRef<HTMLDivElement>(null);
  const panel = useRef<GridPanel>(null);
  useEffect(() => attach(stage.current!, panel, props), []);
  const pointed = hovered.value ?? now.cell;
  return (
    <figure class="view wide" aria-label={t.modelView} onKeyDown={(event) => press(event, props)}>
      <div class="bar">
        <ModeSwitch mode={now.mode} choose={(mode) => change({ ...now, mode })} />
        {!now.picks && <KindAndFilter spec={spec} selection={host.selection} />}
        {now.mode === "matrix" && <Legend theme={host.theme.value} root={rootOf(grid.value)} />}
        <div class="ends">
          <span class="pointed">{pointed && cellText(grid.value, pointed)}</span>
          <Toggle
            label={t.table}
            hint={t.gridTableHint}
            on={now.table}
            flip={() => change({ ...now, table: !now.table })}
          />
          <Toggle
            label={t.shortcutsButton}
            hint={t.shortcutsHint}
            on={now.help}
            flip={() => change({ ...now, help: !now.help })}
          />
        </div>
      </div>
      <div class="body" data-state={overviews.loaded.value.state}>
        <Status loaded={overviews.loaded.value} retry={() => overviews.retry()} />
        <div
          class={now.open ? "stage grid behind" : "stage grid"}
          ref={stage}
          tabIndex={0}
          role="application"
          aria-label={t.modelView}
        />
        {now.open && <OpenedCell {...props} origin={panel.current?.place(now.cell)} />}
        {now.help && (
          <Shortcuts keys={now.picks ? t.pickKeys : t.modelKeys} close={() => change({ ...now, help: false })} />
        )}
      </div>
      <figcaption>{caption(props)}</figcaption>
      {now.table && !now.open && <GridTable grid={grid.value} />}
      <div class="spoken" aria-live="polite">
        {now.open ? t.opened(now.cell.layer, now.cell.head) : spokenCell(grid.value, now.cell)}
      </div>
    </figure>
  );
}

/** The grid in its stage, following the signals until the view goes. */
function attach(stage: HTMLElement, panel: { current: GridPanel | null }, props: ModelFrameProps): () => void {
  const { host, grid, state, change, hovered, share } = props;
  const events = {
    point: (cell: Cell | null) => {
      const was = hovered.value;
      if (was?.layer !== cell?.layer || was?.head !== cell?.head) hovered.value = cell;
    },
    open: (cell: Cell) => change(openCell(state.peek(), cell)),
  };
  const made = new GridPanel(stage, events, host.theme.peek(), (now, at, theme) => {
    const { items, shown, total } = gridLayer(now, at, theme);
    share.value = total ? shown / total : 1;
    return [...gridLabels(now.attention, at, { layer: t.layerAxis, head: t.headAxis }), ...items];
  });
  panel.current = made;
  const cell = computed(() => state.value.cell);
  const ends = [
    effect(() => made.dress(host.theme.value)),
    effect(() => made.show(grid.value)),
    effect(() => made.stand(cell.value)),
    effect(() => made.choose(state.value.picks ? chosenCells(host.selection.value) : [])),
    effect(() => made.point(hovered.value)),
  ];
  return () => {
    for (const end of ends) end();
    made.dispose();
  };
}

function chosenCells({ layer, heads }: SelectionSpec): Cell[] {
  return heads.map((head) => ({ layer, head }));
}

function press(event: KeyboardEvent, { spec, state, change, pointing }: ModelFrameProps): void {
  if (!isOurs(event)) return;
  const after = pressModel(state.value, event.key, event.shiftKey, spec);
  if (!after) return;
  event.preventDefault();
  event.stopPropagation();
  pointing.hover.value = null;
  change(after);
}

function cellText(grid: Grid, cell: Cell): string {
  const tile = tileAt(grid, cell);
  const name = t.cell(cell.layer, cell.head);
  return tile ? `${name}: ${t.cellLargest(weightText(largest(tile)))}${cellEffect(grid, cell)}` : name;
}

function spokenCell(grid: Grid, cell: Cell): string {
  const tile = tileAt(grid, cell);
  if (!tile) return t.cell(cell.layer, cell.head);
  return t.cellAria(cell.layer, cell.head, weightText(largest(tile))) + cellEffect(grid, cell);
}

function cellEffect({ effects }: Grid, { layer, head }: Cell): string {
  if (!effects) return "";
  const value = headEffect(effects, layer, head);
  const look = lookOf(value, effects);
  const words =
    look === "unknown" ? t.notMeasured : `${signedText(value)}${look === "noise" ? ` (${t.notMeasurable})` : ""}`;
  return `; ${effectName(effects)}: ${words}`;
}

function anyTile(grid: Grid) {
  return grid.tiles.values().next().value?.[0];
}

function rootOf(grid: Grid): number {
  const tile = anyTile(grid);
  return tile ? scaleRoot(tile) : 2;
}

function caption({ spec, host, grid, share }: ModelFrameProps): string {
  const attention = attentionOf(spec, host.selection.value);
  const tile = anyTile(grid.value);
  const { layers, heads, queries, keys } = attention;
  const sentences = [t.modelCaption(spec.title, layers.length, heads.length, queries, keys)];
  if (!tile) return sentences[0];
  const sampled = [...grid.value.tiles.values()].filter((tiles) => tiles.some(({ share = 1 }) => share < 1)).length;
  if (sampled) sentences.push(t.sampledLayers(sampled, layers.length));
  sentences.push(...pooledNotes(tile.shape, queries, keys, host.selection.value.filter));
  if (grid.value.effects?.heads.every(Number.isNaN)) sentences.push(t.noHeadEffects);
  if (share.value < 1) sentences.push(t.cellShare(share.value));
  return [...sentences, ...coded(tile.error), ...pageNotes(spec)].join(" ");
}
