/** Strong edges worth a visit: the largest blocks of a map, away from what is large everywhere. Pure. */

import { type Tile, weights } from "../../source/source";

/** A block of cells: 2^level each way, from this query and key on. */
export interface Block {
  query: number;
  key: number;
  level: number;
}

/**
 * Blocks of the whole map in falling order of their weight.
 *
 * Left out are the first key (where heads rest their attention) and, in self-attention, what lies on the diagonal and
 * beside it; of neighbouring blocks only the strongest is taken.
 */
export function strongEdges(tile: Tile, level: number, isSelf: boolean, most = 200): Block[] {
  const [rows, columns] = tile.shape.slice(-2);
  const values = weights(tile);
  const isPlain = (at: number) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    return column === 0 || (isSelf && Math.abs(row - column) <= 1) || !(values[at] > 0);
  };
  const order = Uint32Array.from(values, (_, i) => i)
    .filter((at) => !isPlain(at))
    .sort((a, b) => values[b] - values[a]);
  const taken = new Set<number>();
  const found: Block[] = [];
  for (const at of order) {
    if (found.length >= most) break;
    const [row, column] = [Math.floor(at / columns), at % columns];
    if (row >= rows || isBesideOne(taken, row, column, columns)) continue;
    taken.add(at);
    found.push({ query: row * 2 ** level, key: column * 2 ** level, level });
  }
  return found;
}

function isBesideOne(taken: ReadonlySet<number>, row: number, column: number, columns: number): boolean {
  for (let down = -1; down <= 1; down++) {
    for (let right = -1; right <= 1; right++) if (taken.has((row + down) * columns + column + right)) return true;
  }
  return false;
}
