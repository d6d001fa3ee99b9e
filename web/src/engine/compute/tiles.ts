/** Exact rectangles and pooled tiles of a computed head, a few rows at a time, so that the work can be left and resumed. */

import type { Group } from "./group";

type Run = readonly [start: number, stop: number];

export interface Picture {
  weights: Float32Array;
  share: number;
}

/** Multiplications that are done at once (about ten milliseconds); more are first sampled. */
const AT_ONCE = 6e7;
/** What a weight costs beside its product, in multiplications: a comparison, or an exponential. */
const BESIDE = { max: 8, mean: 48 };

/** Weights [query, key], the last picture being whole. */
export function* exact(group: Group, place: number, queries: Run, keys: Run): Generator<Picture | null> {
  const width = keys[1] - keys[0];
  const weights = new Float32Array((queries[1] - queries[0]) * width);
  for (let query = queries[0]; query < queries[1]; query++) {
    const row = (query - queries[0]) * width - keys[0];
    group.row(place, query, keys, (memory, at, from, stop) => {
      for (let key = from; key < stop; key++) weights[row + key] = Math.exp(memory[at + key - from]);
    });
    yield null;
  }
  yield { weights, share: 1 };
}

/** The largest or the mean weight of each block [row, column]; where that takes long, first from some rows of each. */
export function* pooled(
  group: Group,
  place: number,
  level: number,
  pool: "max" | "mean",
  rows: Run,
  columns: Run,
): Generator<Picture | null> {
  const block = 2 ** level;
  const queries: Run = [rows[0] * block, Math.min(group.queries, rows[1] * block)];
  const keys: Run = [columns[0] * block, Math.min(group.keys, columns[1] * block)];
  const cells = new Cells(group, place, level, pool, rows, columns, keys);
  const work = (queries[1] - queries[0]) * (keys[1] - keys[0]) * (group.width + BESIDE[pool]);
  const each = Math.max(1, Math.min(block, Math.floor((block * AT_ONCE) / work)));
  for (let row = rows[0]; row < rows[1]; row++) {
    for (const query of sampled(row, block, each, group.queries)) cells.read(query);
    yield null;
  }
  if (each === block) {
    yield { weights: cells.weights(), share: 1 };
    return;
  }
  yield { weights: cells.weights(), share: each / block };
  for (let row = rows[0]; row < rows[1]; row++) {
    const done = new Set(sampled(row, block, each, group.queries));
    for (let query = row * block; query < Math.min(group.queries, (row + 1) * block); query++) {
      if (done.has(query)) continue;
      cells.read(query);
      yield null;
    }
  }
  yield { weights: cells.weights(), share: 1 };
}

/** At most `most` rows of a row of blocks, spread evenly and not in step with a text that repeats. */
function sampled(row: number, block: number, most: number, queries: number): number[] {
  const size = Math.min(block, queries - row * block);
  const count = Math.min(most, size);
  const jitter = count === size ? 0 : ((row * 2654435761) >>> 0) / 4294967296;
  return Array.from({ length: count }, (_, i) => row * block + Math.floor(((i + jitter) * size) / count));
}

class Cells {
  private readonly found: Float32Array;
  private readonly counts: Int32Array;
  private readonly width: number;

  constructor(
    private readonly group: Group,
    private readonly place: number,
    private readonly level: number,
    private readonly pool: "max" | "mean",
    private readonly rows: Run,
    private readonly columns: Run,
    private readonly keys: Run,
  ) {
    this.width = columns[1] - columns[0];
    this.found = new Float32Array((rows[1] - rows[0]) * this.width).fill(pool === "max" ? Number.NEGATIVE_INFINITY : 0);
    this.counts = new Int32Array(rows[1] - rows[0]);
  }

  read(query: number): void {
    const { found, columns, level, pool } = this;
    const row = (query >> level) - this.rows[0];
    const start = row * this.width - columns[0];
    this.counts[row]++;
    this.group.row(this.place, query, this.keys, (memory, at, from, stop) => {
      for (let key = from; key < stop; ) {
        const column = key >> level;
        const end = Math.min(stop, (column + 1) << level);
        let cell = found[start + column];
        if (pool === "max")
          for (; key < end; key++) cell = memory[at + key - from] > cell ? memory[at + key - from] : cell;
        else for (; key < end; key++) cell += Math.exp(memory[at + key - from]);
        found[start + column] = cell;
      }
    });
  }

  /** The cells as they are now: maxima, or sums over what was read divided by the size of the block. */
  weights(): Float32Array {
    if (this.pool === "max") return this.found.map(Math.exp);
    const block = 2 ** this.level;
    return this.found.map((sum, i) => {
      const [row, column] = [Math.floor(i / this.width), (i % this.width) + this.columns[0]];
      const high = this.counts[row];
      return high ? sum / high / (Math.min(this.group.keys, (column + 1) * block) - column * block) : 0;
    });
  }
}
