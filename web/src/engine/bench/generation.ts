/** A state of a workbench as a generation view of its own. Pure. */

import type { AttentionSpec, SelectionSpec, SequenceSpec, StateSpec, StepSpec, TokensSpec, ViewSpec } from "../../spec";
import { queryOf, stepOf } from "../generation/steps";

/** What is shown of a state: its own answer, or another hypothesis of its tree. */
export type Written = Pick<StateSpec, "source" | "start" | "target" | "steps" | "attentions">;

/** The declaration that Python makes of the state's record; `spec` is that of the workbench. */
export function generationOf(spec: ViewSpec, written: Written, selection: SelectionSpec): ViewSpec {
  const { source, start, target, steps } = written;
  const attentions = offered(spec, written);
  const k = Math.max(0, ...steps.map(({ top }) => top.length));
  const read = joined(start, target);
  const streams: Record<string, TokensSpec> = {};
  for (const { query_stream, key_stream } of attentions) {
    streams[key_stream] = plain(source);
    streams[query_stream] = read;
  }
  const { version, title, theme, language, options } = spec;
  const counts = { border: start.labels.length, steps: target.labels.length, k };
  const numbers = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)]));
  return {
    version,
    view: "generation_view",
    title,
    theme,
    language,
    streams: { ...streams, answer: plain(target, false), choices: choicesOf(steps, k) },
    attentions,
    selection: { ...selection, query: kept(counts, selection.query) },
    options: { ...options, ...numbers },
    effects: [],
  };
}

/** Those kinds of attention whose queries are the answer's tokens, and of them the layers and heads on offer. */
export function offered(
  spec: Pick<ViewSpec, "attentions">,
  { attentions }: Pick<Written, "attentions">,
): AttentionSpec[] {
  return attentions.flatMap((one) => {
    const offer = spec.attentions.find(({ kind }) => kind === one.kind);
    if (!offer) return [];
    const { layers, heads, layer_heads } = offer;
    return [{ ...one, layers, heads, layer_heads, masks: layers.map((layer) => one.masks[one.layers.indexOf(layer)]) }];
  });
}

/** The same step of another answer, or its last. */
function kept(counts: { border: number; steps: number; k: number }, query: number | null): number {
  const answer = { ...counts, processedK: 0, experts: 0 };
  return queryOf(answer, stepOf(answer, query));
}

/** The tokens that were read: all but the last that was chosen. */
function joined(start: SequenceSpec, target: SequenceSpec): TokensSpec {
  const [first, then] = [plain(start), plain(target)];
  const border = first.labels.length;
  const last = border + then.labels.length - 1;
  return {
    labels: [...first.labels, ...then.labels].slice(0, last),
    pieces: [...first.pieces, ...then.pieces].slice(0, last),
    special: [...first.special, ...then.special.map((at) => border + at)].filter((at) => at < last),
    segments: null,
  };
}

function plain({ labels, pieces, special }: SequenceSpec, isMarked = true): TokensSpec {
  return { labels, pieces, special: isMarked ? special : [], segments: null };
}

/** `k` tokens of each step; where fewer were possible, the chosen one, whose log-probability there is minus infinity. */
function choicesOf(steps: readonly StepSpec[], k: number): TokensSpec {
  const all = steps.flatMap(({ top, chosen }) => Array.from({ length: k }, (_, place) => top[place] ?? chosen));
  return { labels: all.map(({ label }) => label), pieces: all.map(({ piece }) => piece), special: [], segments: null };
}
