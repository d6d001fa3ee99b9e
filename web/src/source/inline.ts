/** The page itself as carrier: each tile is base64 text in a script element of type text/plain. */

import type { TileHeader } from "../spec";
import { fromBase64 } from "./decode";
import { EmbeddedTiles } from "./embedded";
import { type Source, SourceError, type Span, type Tile } from "./source";

export type InlineTile = TileHeader & { id: string };

export class InlineSource implements Source {
  private readonly tiles: EmbeddedTiles;

  /** `absent` says why a page does not hold all, where it does not. */
  constructor(
    tiles: readonly InlineTile[],
    page: Pick<Document, "getElementById"> = document,
    private readonly absent = "",
  ) {
    this.tiles = new EmbeddedTiles(tiles.map((header) => ({ header, bytes: () => textOf(page, header.id) })));
  }

  find(array: string, slices: Span[]): Promise<Tile | null> {
    return this.tiles.read(array, slices);
  }

  async read(array: string, slices: Span[], signal?: AbortSignal): Promise<Tile> {
    const tile = await this.tiles.read(array, slices);
    signal?.throwIfAborted();
    if (!tile) {
      const asked = slices.map(([start, stop]) => `${start}:${stop}`).join(", ");
      throw new SourceError(this.absent || `This page does not hold ${array}[${asked}].`);
    }
    return tile;
  }

  dispose(): void {}
}

export function textOf(page: Pick<Document, "getElementById">, id: string): Uint8Array {
  const text = page.getElementById(id)?.textContent;
  if (text == null) throw new SourceError(`This page has no data element “${id}”.`);
  return fromBase64(text.trim());
}
