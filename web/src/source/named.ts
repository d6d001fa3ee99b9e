/** The arrays of one state of a workbench, by the names that they have in a view of that state alone. */

import type { Source, Span, Tile } from "./source";

export class NamedSource implements Source {
  /** `name` is the state's, which stands before the colon: "3" in "3:decoder.weights". */
  constructor(
    private readonly whole: Source,
    private readonly name: string,
  ) {}

  read(array: string, slices: Span[], signal?: AbortSignal, part?: (tile: Tile) => void): Promise<Tile> {
    return this.whole.read(`${this.name}:${array}`, slices, signal, part);
  }

  /** The source behind it belongs to others too. */
  dispose(): void {}
}
