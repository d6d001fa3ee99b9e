/** The effects that a view is coloured by, as a signal that follows its selection. */

import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Field } from "../engine/effect";
import { readField } from "../source/effects";
import type { Source } from "../source/source";
import type { SelectionSpec, ViewSpec } from "../spec";

export interface Effects {
  readonly field: ReadonlySignal<Field | null>;
  /** Why they could not be read; empty where they could. */
  readonly failure: ReadonlySignal<string>;
  stop(): void;
}

export function followedEffects(spec: ViewSpec, source: Source, selection: Signal<SelectionSpec>): Effects {
  const read = signal<Field | null>(null);
  const failure = signal("");
  const wanted = computed(() => {
    const { kind, layer, heads, color } = selection.value;
    return `${kind}/${layer}/${heads}/${color}`;
  });
  const least = computed(() => selection.value.least);
  let running = new AbortController();
  const end = effect(() => {
    wanted.value;
    running.abort(new DOMException("replaced", "AbortError"));
    running = new AbortController();
    const { signal: still } = running;
    const now = selection.peek();
    const before = read.peek();
    if (before && (before.layer !== now.layer || before.info.kind !== now.kind))
      read.value = now.color === "effect" ? { ...before, layer: now.layer, planes: new Map() } : null;
    readField(spec, source, now, still).then(
      (found) => {
        if (still.aborted) return;
        read.value = found;
        failure.value = "";
      },
      (error) => {
        if (still.aborted) return;
        read.value = null;
        failure.value = error instanceof Error ? error.message : String(error);
      },
    );
  });
  return {
    field: computed(() => read.value && { ...read.value, least: least.value }),
    failure,
    stop: () => {
      end();
      running.abort(new DOMException("closed", "AbortError"));
    },
  };
}
