/** Flies a map: carries out what keys and buttons ask, and keeps the panel and the signals in step. */

import { effect, type Signal } from "@preact/signals";
import type { MapAction } from "../engine/map/map_keys";
import { topLevel } from "../engine/map/pyramid";
import type { ScaleKind } from "../engine/map/scale";
import { type Block, strongEdges } from "../engine/map/strong";
import { attentionOf, release, stepHead, stepLayer } from "../engine/selection";
import type { Host } from "../hosts/host";
import { MapPanel, type MapScene } from "../panels/map_panel";
import { levelArray } from "../source/level_tiles";
import type { Source, Span, Tile } from "../source/source";
import type { SelectionSpec, ViewSpec } from "../spec";
import type { MapState } from "./map_state";

/** Pixels per cell at which tokens and single weights are easily seen. */
export const CLOSE = 18;
export const SCALES: ScaleKind[] = ["root", "log", "relative"];

interface Props {
  spec: ViewSpec;
  source: Source;
  host: Host;
  state: MapState;
  help: Signal<boolean>;
}

export class MapPilot {
  private panel: MapPanel | null = null;
  private figure: HTMLElement | null = null;
  private edges: { name: string; list: Block[]; at: number } = { name: "", list: [], at: -1 };

  constructor(private readonly props: Props) {}

  /** Puts the map into its stage, following the signals until the result is called. */
  board(stage: HTMLElement): () => void {
    const { host, state, source } = this.props;
    const { selection, theme } = host;
    const panel = new MapPanel(stage, this.events(), theme.peek(), source);
    [this.panel, this.figure] = [panel, stage.closest("figure")];
    const ends = [
      effect(() => panel.dress(theme.value)),
      effect(() => {
        if (state.scene.value) panel.show(state.scene.value);
      }),
      effect(() => panel.colour(state.scale.value)),
      effect(() => panel.effects(host.effects.value)),
      effect(() => {
        const { query, key, rectangle } = selection.value;
        panel.mark({ query, key }, rectangle);
        if (!panel.shows(query, key)) panel.lookAt(query, key);
      }),
      effect(() => {
        const { query, key } = selection.value;
        panel.name((state.pointed.value && state.cell.value) || { query, key });
      }),
    ];
    return () => {
      for (const end of ends) end();
      panel.dispose();
      this.panel = null;
    };
  }

  /** Keeps a cell and brings it into sight. */
  visit(query: number | null, key: number | null, zoom?: number): void {
    const { selection } = this.props.host;
    this.props.state.pointed.value = null;
    selection.value = { ...selection.peek(), query, key };
    this.panel?.lookAt(query, key, zoom);
  }

  retry(): void {
    this.panel?.retry();
  }

  perform(action: MapAction): void {
    const { spec, host, state } = this.props;
    const now = host.selection.peek();
    const attention = attentionOf(spec, now);
    const select = (next: SelectionSpec) => {
      host.selection.value = next;
    };
    if (action.do === "move") this.panel?.moveBy(action.right, action.down);
    else if (action.do === "zoom") this.panel?.zoomBy(action.factor);
    else if (action.do === "all") this.panel?.showAll();
    else if (action.do === "step") this.step(action.right, action.down);
    else if (action.do === "edge") void this.goToEdge(action.by);
    else if (action.do === "find") this.figure?.querySelector<HTMLElement>("input.find")?.focus();
    else if (action.do === "pool") state.pool.value = state.pool.peek() === "max" ? "mean" : "max";
    else if (action.do === "scale") this.nextScale();
    else if (action.do === "head") select(stepHead(now, attention, action.by));
    else if (action.do === "layer") select(stepLayer(now, attention, action.by));
    else if (action.do === "table") state.table.value = !state.table.peek();
    else if (action.do === "help") this.props.help.value = !this.props.help.peek();
    else this.release();
  }

  private events() {
    const { host, state } = this.props;
    return {
      point: (block: Block | null) => {
        state.pointed.value = block;
      },
      click: (block: Block) => void this.keep(block),
      brush: (rectangle: number[] | null) => {
        host.selection.value = { ...host.selection.peek(), rectangle };
      },
      moved: (sight: MapState["sight"]["value"]) => {
        state.sight.value = sight;
      },
      shown: (status: MapState["status"]["value"]) => {
        state.status.value = status;
      },
    };
  }

  /** Keeps the cell that a block stands for, or releases it where it was kept. */
  private async keep(block: Block): Promise<void> {
    const { host } = this.props;
    const cell = await this.found(block);
    if (!cell) return;
    const { query, key } = cell;
    const before = host.selection.peek();
    host.selection.value = before.query === query && before.key === key ? release(before) : { ...before, query, key };
  }

  private step(right: number, down: number): void {
    const now = this.props.host.selection.peek();
    const { queries, keys } = attentionOf(this.props.spec, now);
    const clamp = (value: number, end: number) => Math.max(0, Math.min(end - 1, value));
    this.visitQuietly(clamp((now.query ?? 0) + down, queries), clamp((now.key ?? 0) + right, keys));
  }

  private visitQuietly(query: number, key: number): void {
    const { host, state } = this.props;
    state.pointed.value = null;
    host.selection.value = { ...host.selection.peek(), query, key };
  }

  private nextScale(): void {
    const { scale } = this.props.state;
    const kind = SCALES[(SCALES.indexOf(scale.peek().kind) + 1) % SCALES.length];
    scale.value = { ...scale.peek(), kind, handle: 1 };
  }

  private release(): void {
    const { help, host } = this.props;
    if (help.peek()) help.value = false;
    else host.selection.value = { ...release(host.selection.peek()), rectangle: null };
  }

  /** To the next of the strong edges, from the strongest on. */
  private async goToEdge(by: 1 | -1): Promise<void> {
    const scene = this.props.state.scene.peek();
    if (!scene) return;
    const level = topLevel(scene.subject.attention);
    const name = `${levelArray({ ...scene.subject, pool: "max" }, level)}/${scene.subject.layer}`;
    if (this.edges.name !== name) {
      const list = await edgesOf(scene, this.props.source, level).catch((): Block[] => []);
      this.edges = { name, list, at: by > 0 ? -1 : 0 };
    }
    const { list } = this.edges;
    if (!list.length) return;
    this.edges.at = (this.edges.at + by + list.length) % list.length;
    const cell = await this.found(list[this.edges.at]);
    if (cell) this.visit(cell.query, cell.key, CLOSE);
  }

  /** The strongest cell of a block; nothing where it cannot be read, which the readout says. */
  private async found(block: Block) {
    const scene = this.props.state.scene.peek();
    if (!scene) return null;
    return this.props.state.lookup.strongest(scene.subject, block, new AbortController().signal).catch(() => null);
  }
}

/** Strong edges in the first picture of the whole map that comes, be it a sample. */
async function edgesOf({ subject }: MapScene, source: Source, level: number): Promise<Block[]> {
  const { queries, keys, query_stream, key_stream } = subject.attention;
  const array = levelArray({ ...subject, pool: "max" }, level);
  const slices: Span[] = [
    [subject.layer, subject.layer + 1],
    [0, 1],
    [0, Math.ceil(queries / 2 ** level)],
    [0, Math.ceil(keys / 2 ** level)],
  ];
  const enough = new AbortController();
  const tile = await new Promise<Tile>((resolve, reject) => {
    source.read(array, slices, enough.signal, resolve).then(resolve, reject);
  });
  enough.abort();
  return strongEdges(tile, level, query_stream === key_stream);
}
