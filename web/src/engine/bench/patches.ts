/** Pictures among the tokens of a source: which token stands at which row and column. Pure. */

export interface PatchGrid {
  image: number;
  rows: number;
  columns: number;
  /** The token at each place, row by row; nothing where there is none. */
  at: (number | null)[];
}

/** The pictures that [image, row, column] of tokens (-1: none of a picture) make up, in order. */
export function patchGrids(places: readonly (readonly number[])[]): PatchGrid[] {
  const images = [...new Set(places.map(([image]) => image))].filter((image) => image >= 0).sort((a, b) => a - b);
  return images.map((image) => {
    const own = places.flatMap(([of, row, column], token) => (of === image ? [{ row, column, token }] : []));
    const rows = 1 + Math.max(...own.map(({ row }) => row));
    const columns = 1 + Math.max(...own.map(({ column }) => column));
    const at = new Array<number | null>(rows * columns).fill(null);
    for (const { row, column, token } of own) at[row * columns + column] = token;
    return { image, rows, columns, at };
  });
}
