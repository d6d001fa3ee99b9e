/** What changes while somebody steps through an answer, as signals. */

import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { StepsScene } from "../engine/generation/layout";
import { type Answer, answerOf, foldedTile, queryOf, stepOf } from "../engine/generation/steps";
import { attentionOf } from "../engine/selection";
import type { Host } from "../hosts/host";
import { HeadTiles } from "../source/head_tiles";
import type { Subject } from "../source/level_tiles";
import { type Line, Lookup } from "../source/lookup";
import { type Source, type Span, type Tile, weights } from "../source/source";
import type { SelectionSpec, ViewSpec } from "../spec";
import { type Loaded, Loader } from "./state";

export interface GenerationState {
  answer: Answer;
  step: ReadonlySignal<number>;
  playing: Signal<boolean>;
  pool: Signal<"max" | "mean">;
  line: ReadonlySignal<Loaded<Line>>;
  scene: ReadonlySignal<StepsScene | null>;
  /** Log-probabilities [step, k + 1] under the model's own logits, and after every processor. */
  choices: ReadonlySignal<ArrayLike<number> | null>;
  processed: ReadonlySignal<ArrayLike<number> | null>;
  /** Experts and gates [step, k] of the selected layer. */
  experts: ReadonlySignal<{ experts: ArrayLike<number>; gates: ArrayLike<number> } | null>;
  go(step: number): void;
  stop(): void;
}

const CELLS = 256;
const STEP_MS = 650;

export function generationState(
  spec: ViewSpec,
  source: Source,
  { selection, session, effects }: Host,
): GenerationState {
  const answer = answerOf(spec);
  const [tiles, lookup] = [new HeadTiles(source), new Lookup(source)];
  const step = computed(() => stepOf(answer, selection.value.query));
  const playing = signal(false);
  const pool = session?.pool ?? signal<"max" | "mean">(spec.options.pool === "max" ? "max" : "mean");
  const named = computed(() => `${selection.value.kind}/${selection.value.layer}/${selection.value.heads}`);
  const subject = computed((): Subject | null => {
    named.value;
    const { layer, heads } = selection.peek();
    return heads.length ? { attention: attentionOf(spec, selection.peek()), layer, heads, pool: pool.value } : null;
  });
  const [lines, matrices] = [new Loader<Line>(), new Loader<StepsScene>()];
  const [choices, processed] = [
    loadedOnce(spec, source, "choices", answer.k),
    loadedOnce(spec, source, "processed", answer.processedK),
  ];
  const experts = new Loader<{ experts: ArrayLike<number>; gates: ArrayLike<number> }>();
  const go = (to: number) => {
    const query = queryOf(answer, Math.max(0, Math.min(answer.steps - 1, to)));
    selection.value = { ...selection.peek(), query, key: null, rectangle: null };
  };
  const ends = [
    effect(() => {
      const [now, at] = [subject.value, queryOf(answer, step.value)];
      if (now) lines.run((signal) => lookup.run(now, "query", [at, at + 1], signal));
    }),
    effect(() => {
      const now = subject.value;
      if (now) matrices.run((signal) => stepsScene(spec, tiles, now, answer, signal));
    }),
    effect(() => {
      const { kind, layer } = selection.value;
      if (answer.experts) experts.run((signal) => expertsOf(source, answer, kind, layer, signal));
    }),
    effect(() => {
      if (!playing.value) return;
      const timer = setInterval(() => {
        if (step.peek() + 1 >= answer.steps) playing.value = false;
        else go(step.peek() + 1);
      }, STEP_MS);
      return () => clearInterval(timer);
    }),
  ];
  const stop = () => {
    for (const end of ends) end();
    for (const loader of [lines, matrices, experts]) loader.stop();
  };
  return {
    answer,
    step,
    playing,
    pool,
    line: lines.loaded,
    scene: computed(() => {
      const [scene, field, now] = [matrices.loaded.value.value, effects.value, subject.value];
      return scene && field && now ? { ...scene, effects: { field, heads: now.heads } } : scene;
    }),
    choices,
    processed,
    experts: computed(() => experts.loaded.value.value),
    go,
    stop,
  };
}

/** All steps against what was read, the selected heads made one. */
export async function stepsScene(
  spec: ViewSpec,
  tiles: HeadTiles,
  { attention, layer, heads, pool }: Subject,
  { border, steps }: Answer,
  signal?: AbortSignal,
): Promise<StepsScene> {
  const rest: Span[] = [
    [0, Math.min(CELLS, steps)],
    [0, Math.min(CELLS, attention.keys)],
  ];
  const found: Tile[] = await tiles.read(`${attention.kind}.matrix`, layer, heads, rest, signal);
  const isSelf = attention.query_stream === attention.key_stream;
  return {
    tile: foldedTile(found, found.map(weights), pool),
    answer: spec.streams.answer,
    border: isSelf ? border : attention.keys,
    keys: attention.keys,
    first: border - 1,
    effects: null,
  };
}

/** What every step chose from, [step, k + 1]. */
export async function choicesOf(spec: ViewSpec, source: Source, what: string, k: number): Promise<ArrayLike<number>> {
  const { steps } = answerOf(spec);
  const slices: Span[] = [
    [0, 1],
    [0, 1],
    [0, steps],
    [0, k + 1],
  ];
  return weights(await source.read(`${spec.attentions[0].kind}.${what}`, slices));
}

function loadedOnce(spec: ViewSpec, source: Source, what: string, k: number): ReadonlySignal<ArrayLike<number> | null> {
  const found = signal<ArrayLike<number> | null>(null);
  if (k)
    choicesOf(spec, source, what, k).then(
      (logs) => {
        found.value = logs;
      },
      () => {},
    );
  return found;
}

async function expertsOf(
  source: Source,
  answer: Answer,
  kind: SelectionSpec["kind"],
  layer: number,
  signal: AbortSignal,
) {
  const slices: Span[] = [
    [layer, layer + 1],
    [0, 1],
    [0, answer.steps],
    [0, answer.experts],
  ];
  const [experts, gates] = await Promise.all(
    ["experts", "gates"].map(async (what) => weights(await source.read(`${kind}.${what}`, slices, signal))),
  );
  return { experts, gates };
}
