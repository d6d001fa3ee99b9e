/** What changes while somebody reads a text view, as signals. */

import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type Direction, followed, handleFor, type Run, sideOf } from "../engine/follow";
import { type Scale, TEXT_ROOT } from "../engine/map/scale";
import { attentionOf } from "../engine/selection";
import type { Host } from "../hosts/host";
import type { Subject } from "../source/level_tiles";
import { type Line, Lookup } from "../source/lookup";
import type { Source } from "../source/source";
import type { ViewSpec } from "../spec";
import { type Loaded, Loader } from "./state";

export interface TextState {
  subject: ReadonlySignal<Subject | null>;
  pool: Signal<"max" | "mean">;
  direction: Signal<Direction>;
  /** The tokens followed: the selected ones, else what is pointed at. */
  source: ReadonlySignal<Run | null>;
  pointed: Signal<number | null>;
  pinned: Signal<boolean>;
  line: ReadonlySignal<Loaded<Shown>>;
  scale: Signal<Scale>;
  stop(): void;
}

/** Weights of all tokens, and whose they are: a run's, or nobody's (what is received, or given colours). */
export interface Shown extends Line {
  run: Run | null;
  direction: Direction;
  isGiven: boolean;
}

const DWELL_MS = 90;
export const LONGEST_RUN = 64;

export function textState(spec: ViewSpec, source: Source, host: Host): TextState {
  const { selection } = host;
  const lookup = new Lookup(source);
  const pool = signal<"max" | "mean">(spec.options.pool === "max" ? "max" : "mean");
  const direction = signal<Direction>(spec.options.direction === "attended" ? "attended" : "attends");
  const named = computed(() => `${selection.value.kind}/${selection.value.layer}/${selection.value.heads}`);
  const subject = computed((): Subject | null => {
    named.value;
    const { layer, heads } = selection.peek();
    return heads.length ? { attention: attentionOf(spec, selection.peek()), layer, heads, pool: pool.value } : null;
  });
  const pointed = signal<number | null>(null);
  const run = computed(() => followed(selection.value, attentionOf(spec, selection.value), sideOf(direction.value)));
  const name = computed(() => String(run.value ?? pointed.value ?? ""));
  const chosen = computed((): Run | null => {
    name.value;
    const at = pointed.peek();
    return run.peek() ?? (at === null ? null : [at, at + 1]);
  });
  const loader = new Loader<Shown>();
  const scale = signal<Scale>({ kind: "root", root: TEXT_ROOT, handle: 1 });
  const ends = [
    effect(() => {
      const [now, from, way] = [subject.value, chosen.value, direction.value];
      if (!now) return;
      const isHovered = !run.peek();
      loader.run(async (signal, progress) => {
        if (from && isHovered) await pause(DWELL_MS, signal);
        const shown = (line: Line, isGiven = false): Shown => ({ ...line, run: from, direction: way, isGiven });
        if (from) return shown(await lookup.run(now, sideOf(way), from, signal));
        if (spec.options.color === "given") return shown(await lookup.colours(now, signal), true);
        return shown(await lookup.received(now, signal, (line) => progress(shown(line))));
      });
    }),
    effect(() => {
      const line = loader.loaded.value.value;
      if (line) scale.value = { ...scale.peek(), handle: handleFor(line.weights, scale.peek()) };
    }),
  ];
  const stop = () => {
    for (const end of ends) end();
    loader.stop();
  };
  return { subject, pool, direction, source: chosen, pointed, pinned: signal(false), line: loader.loaded, scale, stop };
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
