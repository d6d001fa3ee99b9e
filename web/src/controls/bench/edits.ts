/** Changes of attention: which kind they are of, and what they are in words. */

import { timeOf } from "../../engine/bench/sound";
import type { AttentionEditSpec, SequenceSpec, StateSpec } from "../../spec";
import { words } from "./words";

/** The kinds of attention that can be edited from here: of what an output step reads. */
export function editedKind(state: StateSpec): "cross" | "decoder" {
  return state.attentions.some(({ kind }) => kind === "cross") ? "cross" : "decoder";
}

/** A change in words. */
export function described(edit: AttentionEditSpec, labels: readonly string[], times: SequenceSpec["times"]): string {
  const w = words();
  const isRun = (keys: readonly number[]) => keys.length > 1 && keys.every((key, i) => key === keys[0] + i);
  const named = (keys: readonly number[]) =>
    times && edit.kind === "cross" && isRun(keys) && times[keys[keys.length - 1]]
      ? w.span(...timeOf(times, [keys[0], keys[keys.length - 1]]))
      : keys.map((key) => labels[key] ?? key).join(" ");
  const change = edit.change === "scale" ? `${w.verbs.scale} ×${edit.share}` : w.verbs[edit.change];
  const keys = edit.keys.length || edit.change !== "move" ? named(edit.keys) : w.others;
  const to =
    edit.change === "pin" ? named((edit.row ?? []).flatMap((weight, i) => (weight > 0 ? [i] : []))) : named(edit.to);
  return w.describe(edit.step, change, keys, to);
}
