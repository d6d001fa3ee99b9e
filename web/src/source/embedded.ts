/** Tiles that came with the view, decoded when they are first read and kept while they are in use. */

import type { TileHeader } from "../spec";
import { assemble, overlap, type Placed } from "./assemble";
import { decode } from "./decode";
import { RecentlyUsed } from "./recently_used";
import { product, type Span, sizes, type Tile } from "./source";

export interface EmbeddedTile {
  header: TileHeader;
  bytes(): unknown;
}

const KEPT_BYTES = 16e6;

export class EmbeddedTiles {
  private readonly byArray = new Map<string, EmbeddedTile[]>();
  private readonly decoded = new RecentlyUsed<EmbeddedTile, Promise<Tile>>(KEPT_BYTES);

  constructor(tiles: readonly EmbeddedTile[]) {
    for (const tile of tiles) {
      const list = this.byArray.get(tile.header.array);
      if (list) list.push(tile);
      else this.byArray.set(tile.header.array, [tile]);
    }
  }

  /** The rectangle, or nothing where the embedded tiles do not cover it. */
  async read(array: string, slices: Span[]): Promise<Tile | null> {
    const touching = (this.byArray.get(array) ?? []).filter((tile) => overlap(tile.header.slices, slices));
    const parts = touching.map(
      async (tile): Promise<Placed> => ({ slices: tile.header.slices, tile: await this.tile(tile) }),
    );
    return assemble(slices, await Promise.all(parts));
  }

  private tile(embedded: EmbeddedTile): Promise<Tile> {
    const known = this.decoded.get(embedded);
    if (known) return known;
    const { header } = embedded;
    const tile = decode(header, embedded.bytes());
    this.decoded.set(embedded, tile, product(sizes(header.slices)));
    return tile;
  }
}
