/** Which weights become lines: exactly the strongest, and the share of all attention that they carry. */

import { type Tile, weights, weightTable } from "../source/source";

export interface Choice {
  /** For each line: which tile, which row and which column of it, and its weight. */
  tile: Uint16Array;
  row: Uint32Array;
  column: Uint32Array;
  weight: Float32Array;
  /** How many weights are not zero; the sum of all weights, and of the chosen ones. */
  candidates: number;
  total: number;
  shown: number;
}

/** The part of the tiles [row, column] to choose from. */
export interface Field {
  tiles: readonly Tile[];
  rows: readonly number[];
  columns: readonly number[];
}

/**
 * The `budget` largest weights of a field.
 *
 * Of weights that equal the smallest chosen one, those at even distances are taken, so that no row is preferred.
 * Weights are ranked by counting, without sorting: codes as they are, floats by the upper and then the lower half of
 * their bits (weights below 1e-40 count as zero).
 */
export function strongest(field: Field, budget: number): Choice {
  const ranking = rank(field.tiles);
  const counts = histogram(field, ranking);
  const first = cut(counts, budget);
  const cuts = ranking.values ? refine(field, ranking, first, budget) : first;
  const candidates = counts.subarray(1).reduce((sum, n) => sum + n, 0);
  const total = ranking.values ? mass(field, ranking.values) : weighted(counts, ranking.weight);
  return { ...collect(field, ranking, cuts, budget, candidates), candidates, total };
}

interface Ranking {
  /** Per tile: the larger the weight the larger the key, 0 for none. */
  keys: (Uint8Array | Uint16Array | Uint32Array)[];
  /** Decoded weights where keys are the bits of floats; nothing where keys are codes. */
  values: Float32Array[] | null;
  weight(key: number): number;
}

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

function rank(tiles: readonly Tile[]): Ranking {
  const [first] = tiles;
  const table = first && weightTable(first);
  if (table && tiles.every((tile) => tile.dtype === first.dtype && tile.root === first.root)) {
    return {
      keys: tiles.map((tile) => tile.codes as Uint8Array | Uint16Array),
      values: null,
      weight: (key) => table[key],
    };
  }
  const values = tiles.map(weights);
  const keys = values.map((plain) => new Uint32Array(plain.buffer, plain.byteOffset, plain.length));
  const weight = (key: number) => {
    bits[0] = key;
    return float[0];
  };
  return { keys, values, weight };
}

/** Calls `visit` with the index of every element of the field, tile by tile. */
function visitAll(
  { tiles, rows, columns }: Field,
  visit: (tile: number, row: number, column: number, at: number) => void,
): void {
  for (let t = 0; t < tiles.length; t++) {
    const width = tiles[t].shape[1];
    for (const row of rows) {
      for (const column of columns) visit(t, row, column, row * width + column);
    }
  }
}

/** How often each key occurs; of 32-bit keys, each upper half. */
function histogram({ tiles, rows, columns }: Field, { keys, values }: Ranking): Uint32Array {
  const shift = values ? 16 : 0;
  const counts = new Uint32Array(keys[0] instanceof Uint8Array ? 256 : 65536);
  tiles.forEach((tile, t) => {
    const of = keys[t];
    for (const row of rows) {
      const start = row * tile.shape[1];
      for (let c = 0; c < columns.length; c++) counts[of[start + columns[c]] >>> shift]++;
    }
  });
  return counts;
}

interface Cut {
  key: number;
  above: number;
  ties: number;
}

/** The key at which the budget is used up, how many elements lie above it and how many on it. */
function cut(counts: Uint32Array, budget: number): Cut {
  let above = 0;
  let key = counts.length - 1;
  while (key > 0 && above + counts[key] < budget) above += counts[key--];
  return { key, above, ties: key ? counts[key] : 0 };
}

/** The cut among 32-bit keys whose upper half is that of the coarse cut. */
function refine(field: Field, { keys }: Ranking, coarse: Cut, budget: number): Cut {
  if (!coarse.key) return { ...coarse, key: 65535 };
  const counts = new Uint32Array(65536);
  visitAll(field, (t, _row, _column, at) => {
    if (keys[t][at] >>> 16 === coarse.key) counts[keys[t][at] & 65535]++;
  });
  let key = 65535;
  let above = coarse.above;
  while (key > 0 && above + counts[key] < budget) above += counts[key--];
  return { key: coarse.key * 65536 + key, above, ties: counts[key] };
}

function collect(field: Field, ranking: Ranking, { key, above, ties }: Cut, budget: number, candidates: number) {
  const { tiles, rows, columns } = field;
  const size = Math.min(budget, candidates);
  const taken = Math.min(ties, size - above);
  const out = {
    tile: new Uint16Array(size),
    row: new Uint32Array(size),
    column: new Uint32Array(size),
    weight: new Float32Array(size),
    shown: 0,
  };
  let [n, tie] = [0, 0];
  for (let t = 0; t < tiles.length; t++) {
    const keys = ranking.keys[t];
    const width = tiles[t].shape[1];
    for (const row of rows) {
      for (let c = 0; c < columns.length; c++) {
        const found = keys[row * width + columns[c]];
        if (found < key || (found === key && !evenly(tie++, taken, ties))) continue;
        out.tile[n] = t;
        out.row[n] = row;
        out.column[n] = columns[c];
        out.weight[n] = ranking.weight(found);
        out.shown += out.weight[n++];
      }
    }
  }
  return out;
}

/** Whether element i of `all` is one of `some` that lie at even distances. */
function evenly(i: number, some: number, all: number): boolean {
  return Math.floor(((i + 1) * some) / all) > Math.floor((i * some) / all);
}

function weighted(counts: Uint32Array, weight: (key: number) => number): number {
  return counts.reduce((sum, n, key) => (n ? sum + n * weight(key) : sum), 0);
}

function mass(field: Field, values: Float32Array[]): number {
  let sum = 0;
  visitAll(field, (t, _row, _column, at) => {
    sum += values[t][at];
  });
  return sum;
}
