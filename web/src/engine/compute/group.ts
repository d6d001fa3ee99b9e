/** Heads that share one key head, computed from quantised queries and keys; the twin of Python's Quantised. */

import type { MaskSpec, QuantisedSpec } from "../../spec";
import { seen } from "../map/mask";
import { STEP, type Workspace, workspace } from "./kernel";

export type GroupSpec = Pick<QuantisedSpec, "heads" | "lse_scale" | "softcap" | "mask" | "arrays">;
export type GroupArrays = Readonly<Record<string, Uint8Array>>;

/** At most so many keys at once: their scores stay in the processor's cache. */
const RUN = 4096;

interface Corrections {
  /** Where each row's edges begin, and one past the last. */
  starts: Int32Array;
  keys: Int32Array;
  /** Log of each weight. */
  logs: Float32Array;
}

export class Group {
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly mask: MaskSpec;
  private readonly softcap: number | null;
  private readonly space: Workspace;
  private readonly stride: number;
  private readonly out: number;
  private readonly lse: Float64Array;
  private readonly corrections: readonly Corrections[];
  private readonly bias: Float32Array | null;

  constructor(
    { heads, lse_scale, softcap, mask, arrays }: GroupSpec,
    bytes: GroupArrays,
    module: WebAssembly.Module | null,
  ) {
    const [, , width, queries] = arrays.query.shape;
    this.queries = queries;
    this.keys = arrays.key.shape[2];
    this.width = width;
    this.mask = mask;
    this.softcap = softcap;
    this.stride = Math.ceil(this.keys / STEP) * STEP + STEP;
    const queryAt = width * this.stride;
    this.out = queryAt + heads.length * queries * width;
    this.space = workspace(this.out + RUN + 2 * STEP, module);
    const steps = floats(bytes.steps);
    this.placeKeys(numbers(bytes.key, arrays.key.shape[0], true));
    this.placeQueries(numbers(bytes.query, arrays.query.shape[0], true), heads.length, steps);
    const [start, step] = lse_scale;
    this.lse = Float64Array.from(numbers(bytes.lse, arrays.lse.shape[0], false), (code) => start + step * code);
    this.corrections = corrections(bytes, arrays, heads.length, queries);
    this.bias = bytes.distance_bias ? floats(bytes.distance_bias) : null;
  }

  /**
   * Logs of the weights of one query with a run of keys: `visit` gets them in runs [from, stop) at `memory[at + key - from]`;
   * hidden keys are in no run.
   */
  row(
    place: number,
    query: number,
    keys: readonly [number, number],
    visit: (memory: Float32Array, at: number, from: number, stop: number) => void,
  ): void {
    const [first, last] = seen(this.mask, query, this.keys);
    const stop = Math.min(last, keys[1]);
    for (let from = Math.max(first, keys[0]); from < stop; from += RUN) {
      const end = Math.min(stop, from + RUN);
      this.logs(place, query, from, end);
      visit(this.space.memory, this.out, from, end);
    }
  }

  private logs(place: number, query: number, from: number, stop: number): void {
    const { memory } = this.space;
    const { out, stride, width } = this;
    const count = stop - from;
    const queryAt = width * stride + (place * this.queries + query) * width;
    if (width) this.space.products(queryAt, from, stride, width, count, out);
    else memory.fill(0, out, out + count);
    const lse = this.lse[place * this.queries + query];
    if (this.softcap !== null)
      for (let j = 0; j < count; j++) memory[out + j] = this.softcap * Math.tanh(memory[out + j] / this.softcap);
    if (this.bias) {
      const at = place * (this.queries + this.keys - 1) + from - query + this.queries - 1;
      for (let j = 0; j < count; j++) memory[out + j] += this.bias[at + j];
    }
    for (let j = 0; j < count; j++) memory[out + j] -= lse;
    const { starts, keys, logs } = this.corrections[place];
    for (
      let edge = firstFrom(keys, starts[query], starts[query + 1], from);
      edge < starts[query + 1] && keys[edge] < stop;
      edge++
    ) {
      memory[out + keys[edge] - from] = logs[edge];
    }
  }

  private placeKeys(codes: Int32Array): void {
    for (let d = 0; d < this.width; d++)
      this.space.memory.set(codes.subarray(d * this.keys, (d + 1) * this.keys), d * this.stride);
  }

  /** [head, dim, query] → [head, query, dim], times the square of the step. */
  private placeQueries(codes: Int32Array, heads: number, steps: Float32Array): void {
    const { memory } = this.space;
    const { width, queries } = this;
    const start = width * this.stride;
    for (let head = 0; head < heads; head++) {
      for (let d = 0; d < width; d++) {
        const from = (head * width + d) * queries;
        const square = steps[d] * steps[d];
        for (let query = 0; query < queries; query++)
          memory[start + (head * queries + query) * width + d] = codes[from + query] * square;
      }
    }
  }
}

function corrections(bytes: GroupArrays, arrays: GroupSpec["arrays"], heads: number, queries: number): Corrections[] {
  const counts = numbers(bytes.counts, arrays.counts.shape[0], false);
  const gaps = numbers(bytes.gaps, arrays.gaps.shape[0], false);
  const found: Corrections[] = [];
  let edge = 0;
  for (let head = 0; head < heads; head++) {
    const starts = new Int32Array(queries + 1);
    for (let query = 0; query < queries; query++) starts[query + 1] = starts[query] + counts[head * queries + query];
    const total = starts[queries];
    const keys = new Int32Array(total);
    for (let query = 0; query < queries; query++) {
      let key = 0;
      for (let i = starts[query]; i < starts[query + 1]; i++) keys[i] = key += gaps[edge + i];
    }
    const logs = Float32Array.from(bytes.codes.subarray(edge, edge + total), (code) => 2 * Math.log(code / 255));
    found.push({ starts, keys, logs });
    edge += total;
  }
  return found;
}

/** Whole numbers from their byte planes, zigzag undone where they have signs. */
export function numbers(planes: Uint8Array, count: number, signed: boolean): Int32Array {
  const size = planes.length / Math.max(1, count);
  const found = new Int32Array(size);
  for (let plane = 0; plane < count; plane++) {
    for (let i = 0; i < size; i++) found[i] |= planes[plane * size + i] << (8 * plane);
  }
  if (signed) for (let i = 0; i < size; i++) found[i] = found[i] & 1 ? -((found[i] + 1) >> 1) : found[i] >> 1;
  return found;
}

function floats(bytes: Uint8Array): Float32Array {
  const aligned = bytes.slice();
  return new Float32Array(aligned.buffer, 0, aligned.length >> 2);
}

/** The first edge of a row whose key is at least this. */
function firstFrom(keys: Int32Array, start: number, stop: number, key: number): number {
  let [low, high] = [start, stop];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
