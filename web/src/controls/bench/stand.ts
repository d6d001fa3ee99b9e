/** Which state of the model belongs to which token of the picture. */

import type { Place, Stand } from "./places";
import type { Bench } from "./state";

/** The state of a chosen token: of the source in the encoder, of a step in the decoder's row that chose it. */
export function standing(bench: Bench, { side, position }: Place, stream: string): Stand {
  if (side === "source" && bench.session.value.encoder_decoder) return { stream: "encoder", position };
  const { start } = bench.state.value;
  const row = side === "source" ? position : start.labels.length - 1 + position;
  return { stream: stream === "encoder" ? "decoder" : stream, position: row };
}

/** The token that a position of a stream belongs to in the picture; nothing before the first step. */
export function placeOf(bench: Bench, { stream, position }: Stand): Place | null {
  if (stream === "encoder") return { side: "source", position };
  const step = position - bench.state.value.start.labels.length + 1;
  return step < 0 ? null : { side: "target", position: step };
}

/** What was read at each position of a stream. */
export function labelsOf(bench: Bench, stream: string): string[] {
  const { source, start, target } = bench.state.value;
  return stream === "encoder" ? source.labels : [...start.labels, ...target.labels.slice(0, -1)];
}
