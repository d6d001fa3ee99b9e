/** The strongest weights of a part of a map, found from coarse to fine. */

import { cellsAt, TILE } from "../engine/map/pyramid";
import { levelArray, type Subject } from "./level_tiles";
import type { Cell, Lookup } from "./lookup";
import { type Source, type Span, weights } from "./source";

/** Queries and keys, [start, stop) each. */
export interface Sight {
  queries: Span;
  keys: Span;
}

/** At most `most` cells, the strongest of as many blocks; blocks are single weights where the part is small. */
export async function strongestIn(
  source: Source,
  lookup: Lookup,
  subject: Subject,
  { queries, keys }: Sight,
  most: number,
  signal: AbortSignal,
): Promise<Cell[]> {
  const longest = Math.max(queries[1] - queries[0], keys[1] - keys[0]);
  const level = Math.max(0, Math.ceil(Math.log2(longest / TILE)));
  const rows = blocks(queries, subject.attention.queries, level);
  const columns = blocks(keys, subject.attention.keys, level);
  const slices: Span[] = [[subject.layer, subject.layer + 1], [0, 1], rows, columns];
  const tile = await source.read(levelArray({ ...subject, pool: "max" }, level), slices, signal);
  const values = weights(tile);
  const width = columns[1] - columns[0];
  const order = Uint32Array.from(values, (_, at) => at).filter((at) => values[at] > 0);
  order.sort((a, b) => values[b] - values[a]);
  const found = Array.from(order.subarray(0, most), (at) => {
    const [row, column] = [rows[0] + Math.floor(at / width), columns[0] + (at % width)];
    return lookup.strongest(subject, { query: row * 2 ** level, key: column * 2 ** level, level }, signal);
  });
  return (await Promise.all(found)).sort((a, b) => b.weight - a.weight);
}

function blocks([start, stop]: Span, positions: number, level: number): Span {
  return [start >> level, Math.min(cellsAt(positions, level), Math.ceil(stop / 2 ** level))];
}
