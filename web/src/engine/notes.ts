/** What a picture that shows less than all says about it. Pure. */

import { signedText, t } from "../strings";
import type { Choice } from "./choice";
import type { Field } from "./effect";
import type { Scene } from "./scene";

/** Which share of the attention the lines carry, where they are not all there are. */
export function shareNotes(chosen: Choice | null, level = 0): string[] {
  if (!chosen || chosen.weight.length === chosen.candidates) return [];
  if (level) return [t.runLines(chosen.weight.length, chosen.candidates)];
  return [t.share(chosen.weight.length, chosen.candidates, chosen.shown / chosen.total)];
}

/** That tokens are shown in runs, and that weights are still from a sample. */
export function runNotes({ level, share }: Pick<Scene, "level" | "share">): string[] {
  return [...(level ? [t.runs(2 ** level)] : []), ...(share < 1 ? [t.sampledHeads(share)] : [])];
}

type Coloured = Pick<Scene, "effects" | "layer"> & { heads: readonly { head: number }[] };

/** Which edges have no colour of their own, and why, where a picture is coloured by effects. */
export function effectNotes({ effects, layer, heads }: Coloured): string[] {
  if (!effects) return [];
  const other = heads.filter(({ head }) => !effects.planes.has(head)).map(({ head }) => head);
  return [
    ...(other.length ? [t.otherHeads(layer, other)] : []),
    ...(effects.least ? [t.leastShown(signedText(effects.least))] : []),
  ];
}

/** The same for a layer and the numbers of its heads. */
export function subjectNotes(
  effects: Field | null,
  { layer, heads }: { layer: number; heads: readonly number[] },
): string[] {
  return effectNotes({ effects, layer, heads: heads.map((head) => ({ head })) });
}

/** That blocks of weights were made one, and what follows for a sentence filter. */
export function pooledNotes(shape: readonly number[], queries: number, keys: number, filter: string): string[] {
  const [rows, columns] = shape;
  if (rows >= queries && columns >= keys) return [];
  return [t.pooled(rows, columns), ...(filter === "all" ? [] : [t.border])];
}

/** The heads that a picture shows, in words. */
export function headsNamed(heads: readonly number[], all: readonly number[]): string {
  return heads.length === 1 ? t.headButton(heads[0]).toLowerCase() : t.headsShown(heads.length, all.length);
}
