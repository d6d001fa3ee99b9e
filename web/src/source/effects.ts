/** Effects as they are read: of one layer's heads, and of all heads as a whole. */

import type { Field } from "../engine/effect";
import { holdsFor } from "../engine/effect";
import type { EffectSpec, SelectionSpec, ViewSpec } from "../spec";
import type { Source, Span } from "./source";
import { weights } from "./source";

/** The effects of a kind of attention, where there are any. */
export function effectsOf({ effects }: ViewSpec, kind: SelectionSpec["kind"]): EffectSpec | null {
  return effects.find((one) => one.kind === kind) ?? null;
}

/** The effects of these heads; nothing where the view is not to be coloured by effects, or has none of this kind. */
export async function readField(
  spec: ViewSpec,
  source: Source,
  { kind, layer, heads, color, least }: SelectionSpec,
  signal?: AbortSignal,
): Promise<Field | null> {
  const info = effectsOf(spec, kind);
  const attention = spec.attentions.find((one) => one.kind === kind);
  if (!info || !attention || color !== "effect") return null;
  const [, , queries, keys] = info.spans as Span[];
  const planes = new Map<number, Float32Array>();
  const at = (axis: string, place: number, [start, stop]: readonly number[]): Span | null => {
    if (!info.axes.includes(axis)) return [0, 1];
    return place >= start && place < stop ? [place, place + 1] : null;
  };
  const read = async (head: number) => {
    const [down, across] = [at("layer", layer, info.spans[0]), at("head", head, info.spans[1])];
    if (!down || !across || !holdsFor(info, layer, head)) return;
    planes.set(head, weights(await source.read(`${kind}.effect`, [down, across, queries, keys], signal)));
  };
  const [all] = await Promise.all([whole(kind, attention, source, signal), ...heads.map(read)]);
  return { info, layer, planes, ...all, least };
}

async function whole(
  kind: string,
  { layers, head_count }: ViewSpec["attentions"][number],
  source: Source,
  signal?: AbortSignal,
) {
  const slices: Span[] = [
    [0, Math.max(...layers) + 1],
    [0, head_count],
    [0, 1],
    [0, 1],
  ];
  const tile = await source.read(`${kind}.effect_head`, slices, signal);
  return { heads: weights(tile), headCount: head_count };
}
