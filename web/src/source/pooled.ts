/** Levels of a map from the weights themselves, where nobody else makes them: a source around a source. */

import { product, type Source, SourceError, type Span, type Tile, weights, weightTable } from "./source";

interface Level {
  kind: string;
  pool: "max" | "mean";
  level: number;
  heads: number[];
}

/** The parts of a level's name; the twin of Python's Level. */
export function levelOf(array: string): Level | null {
  const found = /^([a-z]+)\.(max|mean)@(\d+):(\d+(?:,\d+)*)$/.exec(array);
  if (!found) return null;
  return {
    kind: found[1],
    pool: found[2] as Level["pool"],
    level: Number(found[3]),
    heads: found[4].split(",").map(Number),
  };
}

export interface Sized {
  queries: number;
  keys: number;
}

export class PooledSource implements Source {
  /** `sizes` are the queries and keys of each kind of attention. */
  constructor(
    private readonly whole: Source,
    private readonly sizes: ReadonlyMap<string, Sized>,
  ) {}

  async read(array: string, slices: Span[], signal?: AbortSignal, part?: (tile: Tile) => void): Promise<Tile> {
    const level = levelOf(array);
    if (level) return (await this.find(array, slices)) ?? this.pooled(level, slices, signal);
    return this.whole.read(array.replace(/\.exact$/, ".weights"), slices, signal, part);
  }

  async find(array: string, slices: Span[]): Promise<Tile | null> {
    return (await this.whole.find?.(array, slices)) ?? null;
  }

  dispose(): void {
    this.whole.dispose();
  }

  private async pooled(
    { kind, pool, level, heads }: Level,
    [layer, , rows, columns]: Span[],
    signal?: AbortSignal,
  ): Promise<Tile> {
    const block = 2 ** level;
    const size = this.sizes.get(kind);
    if (!size) throw new SourceError(`This page holds no ${kind} attention.`);
    const rest: Span[] = [scaled(rows, block, size.queries), scaled(columns, block, size.keys)];
    const parts = await Promise.all(
      heads.map((head) => this.whole.read(`${kind}.weights`, [layer, [head, head + 1], ...rest], signal)),
    );
    return folded(parts, block, pool, [1, 1, rows[1] - rows[0], columns[1] - columns[0]]);
  }
}

function scaled([start, stop]: Span, times: number, end: number): Span {
  return [start * times, Math.min(end, stop * times)];
}

/** Blocks of several heads' weights [1, 1, query, key] made one: their largest, or their mean. */
export function folded(parts: readonly Tile[], block: number, pool: "max" | "mean", shape: number[]): Tile {
  const [first] = parts;
  const alike = parts.every(({ dtype, root }) => dtype === first.dtype && root === first.root);
  if (parts.length === 1 && block === 1) return { ...first, shape };
  const error = Math.max(...parts.map((part) => part.error));
  if (pool === "max" && alike && first.dtype !== "f32") {
    const codes = first.codes instanceof Uint8Array ? new Uint8Array(product(shape)) : new Uint16Array(product(shape));
    for (const { codes: from, shape: size } of parts) largest(from as Uint8Array, size, block, codes, shape[3]);
    return { ...first, shape, error, codes };
  }
  const codes = new Float32Array(product(shape));
  for (const part of parts) {
    if (pool === "max") largest(weights(part) as never, part.shape, block, codes as never, shape[3]);
    else summed(part, block, codes, shape[3]);
  }
  if (pool === "mean") divide(codes, shape, parts[0].shape, block, parts.length);
  return { shape, dtype: "f32", root: 1, error, codes };
}

type Numbers = Uint8Array | Uint16Array | Float32Array;

function largest(from: Numbers, shape: readonly number[], block: number, into: Numbers, columns: number): void {
  const [rows, width] = shape.slice(-2);
  for (let row = 0, at = 0; row < rows; row++) {
    const start = Math.floor(row / block) * columns;
    for (let key = 0; key < width; key += block) {
      const stop = Math.min(width, key + block);
      let most = into[start + key / block];
      for (let k = key; k < stop; k++, at++) if (from[at] > most) most = from[at];
      into[start + key / block] = most;
    }
  }
}

function summed(part: Tile, block: number, into: Float32Array, columns: number): void {
  const [rows, width] = part.shape.slice(-2);
  const table = weightTable(part);
  const { codes } = part;
  for (let row = 0, at = 0; row < rows; row++) {
    const start = Math.floor(row / block) * columns;
    for (let key = 0; key < width; key += block) {
      const stop = Math.min(width, key + block);
      let sum = 0;
      for (let k = key; k < stop; k++, at++) sum += table ? table[codes[at]] : codes[at];
      into[start + key / block] += sum;
    }
  }
}

/** Sums → means: the last row and column of blocks may be smaller than the others. */
function divide(
  sums: Float32Array,
  shape: readonly number[],
  size: readonly number[],
  block: number,
  heads: number,
): void {
  const [rows, columns] = shape.slice(-2);
  const [queries, keys] = size.slice(-2);
  for (let row = 0; row < rows; row++) {
    const high = Math.min(block, queries - row * block);
    for (let column = 0; column < columns; column++) {
      sums[row * columns + column] /= high * Math.min(block, keys - column * block) * heads;
    }
  }
}
