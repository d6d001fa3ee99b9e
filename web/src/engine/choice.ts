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
 * Of weights that equal the smallest chosen one, those at even distances are taken, so that no row is preferred. Codes are
 * ranked by counting; floats by sorting their bits, in which larger ones are larger.
 */
export function strongest(field: Field, budget: number): Choice {
  const ranking = rank(field.tiles);
  if (ranking.values) {
    const keys = sorted(field, ranking.keys);
    const cuts = cutSorted(keys, budget);
    return {
      ...collect(field, ranking, cuts, budget, keys.length),
      candidates: keys.length,
      total: mass(keys, ranking),
    };
  }
  const counts = histogram(field, ranking);
  const candidates = counts.subarray(1).reduce((sum, n) => sum + n, 0);
  const total = weighted(counts, ranking.weight);
  return { ...collect(field, ranking, cut(counts, budget), budget, candidates), candidates, total };
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

/** How often each key occurs. */
function histogram({ tiles, rows, columns }: Field, { keys }: Ranking): Uint32Array {
  const counts = new Uint32Array(keys[0] instanceof Uint8Array ? 256 : 65536);
  tiles.forEach((tile, t) => {
    const of = keys[t];
    for (const row of rows) {
      const start = row * tile.shape[1];
      for (let c = 0; c < columns.length; c++) counts[of[start + columns[c]]]++;
    }
  });
  return counts;
}

/** All keys of the field that are not zero, the smallest first. */
function sorted({ tiles, rows, columns }: Field, keys: Ranking["keys"]): Uint32Array {
  const found = new Uint32Array(tiles.length * rows.length * columns.length);
  let n = 0;
  tiles.forEach((tile, t) => {
    const of = keys[t];
    for (const row of rows) {
      const start = row * tile.shape[1];
      for (let c = 0; c < columns.length; c++) {
        const key = of[start + columns[c]];
        if (key) found[n++] = key;
      }
    }
  });
  return found.subarray(0, n).sort();
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

/** The same among sorted keys. */
function cutSorted(keys: Uint32Array, budget: number): Cut {
  if (keys.length <= budget) return { key: 0, above: keys.length, ties: 0 };
  const key = keys[keys.length - budget];
  let [first, end] = [keys.length - budget, keys.length - budget];
  while (first > 0 && keys[first - 1] === key) first--;
  while (end < keys.length && keys[end] === key) end++;
  return { key, above: keys.length - end, ties: end - first };
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

function mass(keys: Uint32Array, { weight }: Ranking): number {
  let sum = 0;
  for (let i = 0; i < keys.length; i++) sum += weight(keys[i]);
  return sum;
}
