/** One tile per layer and head, kept while it may be wanted again; heads that are missing are read in runs. */

import { runLevel } from "../engine/runs";
import type { AttentionSpec } from "../spec";
import { levelArray } from "./level_tiles";
import { RecentlyUsed } from "./recently_used";
import { type Source, SourceError, type Span, type Tile } from "./source";

const KEPT_BYTES = 64e6;

export class HeadTiles {
  private readonly known = new RecentlyUsed<string, Tile>(KEPT_BYTES);

  constructor(private readonly source: Source) {}

  /** Tiles of the given heads of one layer, `rest` being the spans of the last two axes; in the order of `heads`. */
  async read(
    array: string,
    layer: number,
    heads: readonly number[],
    rest: Span[],
    signal?: AbortSignal,
    part?: (tiles: Tile[]) => void,
  ): Promise<Tile[]> {
    const name = (head: number) => `${array}/${layer}/${head}/${rest}`;
    const found = new Map<number, Tile>();
    const missing: number[] = [];
    for (const head of heads) {
      const tile = this.known.get(name(head));
      if (tile) found.set(head, tile);
      else missing.push(head);
    }
    const all = () => heads.map((head) => found.get(head));
    const read = async ([start, stop]: Span) => {
      const tile = await this.source.read(array, [[layer, layer + 1], [start, stop], ...rest], signal, (early) => {
        split(early).forEach((one, i) => {
          found.set(start + i, one);
        });
        if (all().every(Boolean)) part?.(all() as Tile[]);
      });
      split(tile).forEach((part, i) => {
        found.set(start + i, part);
        this.known.set(name(start + i), part, part.codes.byteLength);
      });
    };
    await Promise.all(runs(missing).map(read));
    return heads.map((head) => {
      const tile = found.get(head);
      if (!tile) throw new SourceError(`Layer ${layer} has no head ${head}.`);
      return tile;
    });
  }

  /** Each head at full size: its weights, or of a long text the largest weight of each block of them. */
  async full(
    attention: AttentionSpec,
    layer: number,
    heads: readonly number[],
    signal?: AbortSignal,
    part?: (tiles: Tile[]) => void,
  ): Promise<Tile[]> {
    const level = runLevel(attention);
    const sizes = [attention.queries, attention.keys];
    const rest = sizes.map((size): Span => [0, Math.ceil(size / 2 ** level)]);
    if (!level) return this.read(`${attention.kind}.weights`, layer, heads, rest, signal, part);
    const found: (Tile | undefined)[] = heads.map(() => undefined);
    const read = async (head: number, i: number) => {
      const array = levelArray({ attention, layer, heads: [head], pool: "max" }, level);
      const name = `${array}/${layer}`;
      const take = (tile: Tile) => {
        found[i] = { ...tile, shape: tile.shape.slice(2) };
        return found[i];
      };
      const early = (tile: Tile) => {
        take(tile);
        if (found.every(Boolean)) part?.(found as Tile[]);
      };
      const tile =
        this.known.get(name) ??
        take(await this.source.read(array, [[layer, layer + 1], [0, 1], ...rest], signal, early));
      found[i] = tile;
      this.known.set(name, tile, tile.codes.byteLength);
    };
    await Promise.all(heads.map(read));
    return found as Tile[];
  }
}

/** Runs of consecutive numbers: [0, 1, 2, 5] → [0, 3), [5, 6). */
export function runs(numbers: readonly number[]): Span[] {
  const spans: Span[] = [];
  for (const number of [...numbers].sort((a, b) => a - b)) {
    const last = spans.at(-1);
    if (last && last[1] === number) last[1]++;
    else spans.push([number, number + 1]);
  }
  return spans;
}

function split(tile: Tile): Tile[] {
  const [, heads, rows, columns] = tile.shape;
  const size = rows * columns;
  return Array.from({ length: heads }, (_, i) => ({
    ...tile,
    shape: [rows, columns],
    codes: tile.codes.subarray(i * size, (i + 1) * size),
  }));
}
