/** State that changes while somebody looks, as signals. */

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Cursor, focusOf, visible } from "../engine/cursor";
import type { Field } from "../engine/effect";
import { type Focus, isPartOf, isSomewhere, type Link, linksOf, NOWHERE, type Scene, sceneOf } from "../engine/scene";
import { runOf } from "../engine/selection";
import type { Tile } from "../source/source";
import type { SelectionSpec, ViewSpec } from "../spec";

/** What pointer, keyboard and pinned tokens focus, in this order. */
export interface Pointing {
  hover: Signal<Focus | null>;
  cursor: Signal<Cursor | null>;
  focus: ReadonlySignal<Focus>;
  links: ReadonlySignal<readonly Link[]>;
}

export function pointing(selection: ReadonlySignal<SelectionSpec>, scene: ReadonlySignal<Scene | null>): Pointing {
  const hover = signal<Focus | null>(null);
  const cursor = signal<Cursor | null>(null);
  const focus = computed(() => {
    const shown = scene.value;
    const level = shown?.level ?? 0;
    const pinned = { query: runOf(selection.value.query, level), key: runOf(selection.value.key, level) };
    const pointed = hover.value ?? focusOf(cursor.value);
    return shown ? visible(!pointed || isPartOf(pointed, pinned) ? pinned : pointed, shown) : NOWHERE;
  });
  const links = computed(() => (scene.value && isSomewhere(focus.value) ? linksOf(scene.value, focus.value) : []));
  return { hover, cursor, focus, links };
}

/** Tiles as they came, and the selection they were read for. */
export interface LayerTiles {
  selection: SelectionSpec;
  tiles: Tile[];
}

/** The scene of the tiles that have come last, under the sentence filter chosen now. */
export function currentScene(
  spec: ViewSpec,
  selection: ReadonlySignal<SelectionSpec>,
  loaded: ReadonlySignal<Loaded<LayerTiles>>,
  effects: ReadonlySignal<Field | null>,
): ReadonlySignal<Scene | null> {
  const kind = computed(() => selection.value.kind);
  const filter = computed(() => selection.value.filter);
  const latest = computed(() => loaded.value.value);
  return computed(() => {
    if (!latest.value) return null;
    const { selection: read, tiles } = latest.value;
    const now = { ...read, filter: read.kind === kind.value ? filter.value : ("all" as const) };
    return sceneOf(spec, now, read.heads, tiles, effects.value);
  });
}

export type Loaded<T> = { state: "loading" | "failed" | "ready"; message: string; value: T | null };

/** What controls see of a loader. */
export interface Loading {
  readonly loaded: ReadonlySignal<Loaded<unknown>>;
  retry(): void;
}

type Task<T> = (signal: AbortSignal, progress: (value: T) => void) => Promise<T>;

/**
 * Runs one task at a time; a new one ends the one before. What was loaded last stays while the next is on its way; a task
 * that fails leaves only what it had got itself.
 */
export class Loader<T> implements Loading {
  readonly loaded = signal<Loaded<T>>({ state: "loading", message: "", value: null });
  private running = new AbortController();
  private task: Task<T> | null = null;

  run(task: Task<T>): void {
    this.running.abort(new DOMException("replaced", "AbortError"));
    this.running = new AbortController();
    this.task = task;
    const { signal } = this.running;
    this.loaded.value = { ...this.loaded.peek(), state: "loading", message: "" };
    let part: T | null = null;
    const progress = (value: T) => {
      part = value;
      this.settle(signal, { state: "loading", message: "", value });
    };
    task(signal, progress).then(
      (value) => this.settle(signal, { state: "ready", message: "", value }),
      (error) => this.settle(signal, { state: "failed", message: messageOf(error), value: part }),
    );
  }

  retry(): void {
    if (this.task) this.run(this.task);
  }

  stop(): void {
    this.running.abort(new DOMException("closed", "AbortError"));
  }

  private settle(signal: AbortSignal, loaded: Loaded<T>): void {
    if (!signal.aborted) this.loaded.value = loaded;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
