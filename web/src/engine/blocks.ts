/** Overviews share the positions of an axis among blocks; block i holds the positions from floor(i · size / cells) on. */

export function blockOf(position: number, size: number, cells: number): number {
  return Math.floor(((position + 1) * cells - 1) / size);
}

export function blockStart(block: number, size: number, cells: number): number {
  return Math.floor((block * size) / cells);
}
