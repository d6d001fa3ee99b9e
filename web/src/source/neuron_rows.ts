/** What a neuron picture is made from, a query and its keys at a time; from whatever carrier. */

import {
  columnOf,
  FACTORS,
  type Factors,
  factorsOf,
  type Parts,
  pairsOf,
  partsOf,
  type QueryRow,
} from "../engine/neuron/parts";
import type { AttentionSpec } from "../spec";
import { RecentlyUsed } from "./recently_used";
import { type Source, SourceError, type Span, weights } from "./source";

const KEPT_BYTES = 32e6;
/** Keys so close together are read at once, with those between them. */
const NEAR = 6;

/** One head of one layer. */
export interface NeuronHead {
  attention: AttentionSpec;
  layer: number;
  head: number;
}

export class NeuronRows {
  private readonly keys = new RecentlyUsed<string, Float32Array>(KEPT_BYTES);
  private readonly known = new Map<string, Promise<Factors>>();

  constructor(private readonly source: Source) {}

  factors(of: NeuronHead, signal: AbortSignal): Promise<Factors> {
    const name = `${of.attention.kind}/${of.layer}/${of.head}`;
    const found =
      this.known.get(name) ?? this.line(of, "factors", of.head, [0, 1], [0, FACTORS], signal).then(factorsOf);
    this.known.set(name, found);
    found.catch(() => this.known.delete(name));
    return found;
  }

  /** All of a query but its keys. */
  async row(of: NeuronHead, query: number, signal: AbortSignal): Promise<QueryRow> {
    const { queries, keys } = of.attention;
    const factors = await this.factors(of, signal);
    const own: Span = [query, query + 1];
    const first = queries - 1 - query;
    const read = (array: string, rows: Span, columns: Span) => this.line(of, array, of.head, rows, columns, signal);
    const [vector, [high, low], distanceBias, bias, visible, pairs, valueNorm, writeNorm] = await Promise.all([
      read("query", own, [0, factors.width]),
      read("lse", own, [0, 2]),
      factors.hasDistanceBias ? read("distance_bias", [0, 1], [first, first + keys]) : null,
      factors.hasBias ? read("bias", own, [0, keys]) : null,
      factors.hasVisible ? read("visible", own, [0, keys]) : null,
      factors.pairs ? read("rotary", [0, factors.pairs], [0, 4]) : [],
      factors.hasValueNorm ? this.line(of, "value_norm", factors.kvHead, [0, 1], [0, keys], signal) : null,
      factors.hasWriteNorm ? read("write_norm", [0, 1], [0, keys]) : null,
    ]);
    const terms = { distanceBias, bias, visible, rotary: pairsOf(pairs), valueNorm, writeNorm };
    return { position: query, query: vector, lse: high + low, ...terms };
  }

  /** The weight of every key: as it is carried, else from the queries and keys. */
  async weights(of: NeuronHead, row: QueryRow, signal: AbortSignal): Promise<ArrayLike<number>> {
    const { keys } = of.attention;
    try {
      return await this.line(of, "exact", of.head, [row.position, row.position + 1], [0, keys], signal);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
    }
    const every = Array.from({ length: keys }, (_, key) => key);
    const parts = await this.parts(of, row, every, signal);
    return columnOf(parts, "weights") ?? [];
  }

  async parts(of: NeuronHead, row: QueryRow, keys: readonly number[], signal: AbortSignal): Promise<Parts> {
    const factors = await this.factors(of, signal);
    const { layers, masks } = of.attention;
    const vectors = await this.vectors(of, factors, keys, signal);
    return partsOf(row, factors, masks[layers.indexOf(of.layer)], keys, vectors);
  }

  private async vectors(of: NeuronHead, { kvHead, width }: Factors, keys: readonly number[], signal: AbortSignal) {
    const name = (key: number) => `${of.attention.kind}/${of.layer}/${kvHead}/${key}`;
    const found = new Map<number, Float32Array>();
    for (const key of keys) {
      const vector = this.keys.get(name(key));
      if (vector) found.set(key, vector);
    }
    const read = async ([start, stop]: Span) => {
      const block = await this.line(of, "key", kvHead, [start, stop], [0, width], signal);
      for (let key = start; key < stop; key++) {
        const vector = block.subarray((key - start) * width, (key - start + 1) * width);
        found.set(key, vector);
        this.keys.set(name(key), vector, vector.byteLength);
      }
    };
    await Promise.all(nearby(keys.filter((key) => !found.has(key))).map(read));
    const all = new Float32Array(keys.length * width);
    keys.forEach((key, i) => {
      all.set(found.get(key) ?? [], i * width);
    });
    return all;
  }

  private async line(
    { attention, layer }: NeuronHead,
    array: string,
    head: number,
    rows: Span,
    columns: Span,
    signal: AbortSignal,
  ): Promise<Float32Array> {
    const slices: Span[] = [[layer, layer + 1], [head, head + 1], rows, columns];
    return weights(await this.source.read(`${attention.kind}.${array}`, slices, signal));
  }
}

/** Runs that hold these numbers and few others. */
export function nearby(numbers: readonly number[]): Span[] {
  const spans: Span[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last && number - last[1] < NEAR) last[1] = Math.max(last[1], number + 1);
    else spans.push([number, number + 1]);
  }
  return spans;
}
