/** What changes while somebody looks at a map, as signals. */

import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { maskOf } from "../engine/map/mask";
import { rootFor, type Scale, type ScaleKind } from "../engine/map/scale";
import type { Block } from "../engine/map/strong";
import { beginsOf } from "../engine/map/text_grain";
import { attentionOf } from "../engine/selection";
import type { Host } from "../hosts/host";
import type { MapScene, MapStatus } from "../panels/map_panel";
import { type Cell, type Line, Lookup } from "../source/lookup";
import type { Source } from "../source/source";
import type { Sight } from "../source/strongest";
import type { ViewSpec } from "../spec";
import { type Loaded, Loader } from "./state";

export interface MapState {
  scene: ReadonlySignal<MapScene | null>;
  pool: Signal<"max" | "mean">;
  scale: Signal<Scale>;
  /** The block under the pointer, and the cell it stands for once that is known. */
  pointed: Signal<Block | null>;
  found: ReadonlySignal<Loaded<Cell | null>>;
  /** The cell to read: what is pointed at, else what is kept. */
  cell: ReadonlySignal<Cell | null>;
  row: ReadonlySignal<Loaded<Line>>;
  column: ReadonlySignal<Loaded<Line>>;
  status: Signal<MapStatus | null>;
  /** The queries and keys in sight. */
  sight: Signal<Sight | null>;
  table: Signal<boolean>;
  lookup: Lookup;
  stop(): void;
}

const DWELL_MS = 60;
const LINES_MS = 180;

export function mapState(spec: ViewSpec, source: Source, host: Host): MapState {
  const { selection } = host;
  const lookup = new Lookup(source);
  const pool = signal<"max" | "mean">(spec.options.pool === "mean" ? "mean" : "max");
  const kind = (spec.options.scale as ScaleKind | undefined) ?? "root";
  const scale = signal<Scale>({ kind, root: rootFor(attentionOf(spec, selection.peek()).keys), handle: 1 });
  const scene = currentMap(spec, host, pool);
  const pointed = signal<Block | null>(null);
  const [cells, rows, columns] = [new Loader<Cell | null>(), new Loader<Line>(), new Loader<Line>()];
  const pinned = computed(() => ({ query: selection.value.query, key: selection.value.key }));
  const cell = computed(() => cells.loaded.value.value);
  const ends = [
    effect(() => {
      const [now, block, { query, key }] = [scene.value, pointed.value, pinned.value];
      if (!now) return;
      const kept = query !== null && key !== null ? { query, key, level: 0 } : null;
      const wanted = block ?? kept;
      cells.run(async (signal) => {
        if (!wanted) return null;
        await pause(DWELL_MS, signal);
        return lookup.strongest(now.subject, wanted, signal);
      });
    }),
    effect(() =>
      followLine(scene.value, cell.value, rows, (now, found, signal) => lookup.row(now.subject, found.query, signal)),
    ),
    effect(() =>
      followLine(scene.value, cell.value, columns, (now, found, signal) =>
        lookup.column(now.subject, found.key, signal),
      ),
    ),
  ];
  const stop = () => {
    for (const end of ends) end();
    for (const loader of [cells, rows, columns]) loader.stop();
  };
  return {
    scene,
    pool,
    scale,
    pointed,
    found: cells.loaded,
    cell,
    row: rows.loaded,
    column: columns.loaded,
    status: signal(null),
    sight: signal(null),
    table: signal(false),
    lookup,
    stop,
  };
}

function followLine(
  scene: MapScene | null,
  cell: Cell | null,
  loader: Loader<Line>,
  read: (scene: MapScene, cell: Cell, signal: AbortSignal) => Promise<Line>,
): void {
  if (!scene || !cell) return;
  loader.run(async (signal) => {
    await pause(LINES_MS, signal);
    return read(scene, cell, signal);
  });
}

/** The map that the selection names; nothing while no head is selected. */
function currentMap(
  spec: ViewSpec,
  { selection }: Host,
  pool: ReadonlySignal<"max" | "mean">,
): ReadonlySignal<MapScene | null> {
  const subject = computed(() => `${selection.value.kind}/${selection.value.layer}/${selection.value.heads}`);
  return computed(() => {
    subject.value;
    const { layer, heads } = selection.peek();
    const attention = attentionOf(spec, selection.peek());
    if (!heads.length) return null;
    const axis = (stream: string) => ({ tokens: spec.streams[stream], begins: beginsOf(spec.streams[stream]) });
    return {
      subject: { attention, layer, heads, pool: pool.value },
      mask: maskOf(attention.layers, attention.masks, layer),
      queries: axis(attention.query_stream),
      keys: axis(attention.key_stream),
    };
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
