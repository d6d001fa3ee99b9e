/** Single weights, rows and columns of a map, as exact as the carrier has them. */

import type { Block } from "../engine/map/strong";
import { HeadTiles } from "./head_tiles";
import { levelArray, type Subject } from "./level_tiles";
import { type Source, type Span, type Tile, weightAt, weights } from "./source";

export interface Cell {
  query: number;
  key: number;
  /** Weight of each head of the subject, and these folded as the map folds them. */
  weights: number[];
  weight: number;
  error: number;
}

/** The weights of one query (or key) against all keys (or queries), folded over heads. */
export interface Line {
  position: number;
  weights: Float32Array;
  /** How the weights came, which says how far off each may be (see errorAt). */
  coding: Coding;
  /** Share of the queries that were read for it; exact where it is 1 or not given. */
  share?: number;
}

export type Coding = Pick<Tile, "dtype" | "root" | "error">;

/** A block of weights is read as a whole up to 2^6 × 2^6. */
const READ_LEVEL = 6;

export class Lookup {
  private readonly tiles: HeadTiles;

  constructor(private readonly source: Source) {
    this.tiles = new HeadTiles(source);
  }

  async cell(subject: Subject, query: number, key: number, signal: AbortSignal): Promise<Cell> {
    const found = await this.exact(
      subject,
      [
        [query, query + 1],
        [key, key + 1],
      ],
      signal,
    );
    const each = found.map((tile) => weightAt(tile, 0));
    const error = Math.max(0, ...found.map((tile, i) => errorAt(tile, each[i])));
    return { query, key, weights: each, weight: foldedWeight(each, subject.pool), error };
  }

  /** The cell of the largest weight in a block: through coarser levels down to the weights themselves. */
  async strongest(subject: Subject, block: Block, signal: AbortSignal): Promise<Cell> {
    let { query, key, level } = block;
    while (level > READ_LEVEL) {
      const below = level - READ_LEVEL;
      const part = this.span(query, key, level, subject, below);
      const slices: Span[] = [[subject.layer, subject.layer + 1], [0, 1], ...part];
      const tile = await this.source.read(levelArray({ ...subject, pool: "max" }, below), slices, signal);
      [query, key] = placeOfLargest([tile], part[0][0], part[1][0]).map((place) => place * 2 ** below);
      level = below;
    }
    if (level > 0) {
      const part = this.span(query, key, level, subject, 0);
      [query, key] = placeOfLargest(await this.exact(subject, part, signal), part[0][0], part[1][0]);
    }
    return this.cell(subject, query, key, signal);
  }

  async row(subject: Subject, query: number, signal: AbortSignal): Promise<Line> {
    const found = await this.exact(
      subject,
      [
        [query, query + 1],
        [0, subject.attention.keys],
      ],
      signal,
    );
    return { position: query, weights: foldedLine(found, subject.pool), coding: worst(found) };
  }

  async column(subject: Subject, key: number, signal: AbortSignal): Promise<Line> {
    const found = await this.exact(
      subject,
      [
        [0, subject.attention.queries],
        [key, key + 1],
      ],
      signal,
    );
    return { position: key, weights: foldedLine(found, subject.pool), coding: worst(found) };
  }

  /** What a run of queries attends to (or who attends to a run of keys): the mean over the run. */
  async run(
    subject: Subject,
    side: "query" | "key",
    [start, stop]: readonly [number, number],
    signal: AbortSignal | undefined,
  ): Promise<Line> {
    const { queries, keys } = subject.attention;
    const rest: [Span, Span] =
      side === "query"
        ? [
            [start, stop],
            [0, keys],
          ]
        : [
            [0, queries],
            [start, stop],
          ];
    const found = await this.exact(subject, rest, signal);
    const lines = found.map((tile) => ({ ...tile, ...meanLine(tile, side) }));
    return { position: start, weights: foldedLine(lines, subject.pool), coding: worst(found) };
  }

  /** The mean weight that each key gets from those who see it; `progress` is told what a sample says. */
  async received(
    { attention, layer, heads, pool }: Subject,
    signal: AbortSignal | undefined,
    progress: (line: Line) => void,
  ): Promise<Line> {
    const slices = (head: number): Span[] => [
      [layer, layer + 1],
      [head, head + 1],
      [0, 1],
      [0, attention.keys],
    ];
    const known = new Map<number, Tile>();
    const line = (): Line => {
      const tiles = [...known.values()];
      return {
        position: -1,
        weights: foldedLine(tiles, pool),
        coding: worst(tiles),
        share: Math.min(...tiles.map(({ share }) => share ?? 1)),
      };
    };
    const take = (head: number) => (tile: Tile) => {
      known.set(head, tile);
      if (known.size === heads.length) progress(line());
    };
    const read = async (head: number) => {
      known.set(head, await this.source.read(`${attention.kind}.received`, slices(head), signal, take(head)));
    };
    await Promise.all(heads.map(read));
    return line();
  }

  /** One given number a token. */
  async colours({ attention }: Subject, signal: AbortSignal | undefined): Promise<Line> {
    const slices: Span[] = [
      [0, 1],
      [0, 1],
      [0, 1],
      [0, attention.keys],
    ];
    const tile = await this.source.read(`${attention.kind}.color`, slices, signal);
    return { position: -1, weights: weights(tile), coding: tile };
  }

  private exact({ attention, layer, heads }: Subject, rest: Span[], signal: AbortSignal | undefined): Promise<Tile[]> {
    return this.tiles.read(`${attention.kind}.exact`, layer, heads, rest, signal);
  }

  /** A block of 2^level positions each way, in cells of a level below. */
  private span(query: number, key: number, level: number, { attention }: Subject, below: number): [Span, Span] {
    const run = (start: number, end: number): Span => [
      start >> below,
      Math.ceil(Math.min(end, start + 2 ** level) / 2 ** below),
    ];
    return [run(query, attention.queries), run(key, attention.keys)];
  }
}

function placeOfLargest(tiles: readonly Tile[], row: number, column: number): [row: number, column: number] {
  let best = { weight: -1, row, column };
  for (const tile of tiles) {
    const width = tile.shape[tile.shape.length - 1];
    weights(tile).forEach((weight, at) => {
      if (weight > best.weight) best = { weight, row: row + Math.floor(at / width), column: column + (at % width) };
    });
  }
  return [best.row, best.column];
}

/** Largest error of a weight as it was coded: half the distance to the codes beside it, not the tile's worst. */
export function errorAt(tile: Coding, weight: number): number {
  if (tile.dtype === "f32") return tile.error;
  const largest = tile.dtype === "u8" ? 255 : 65535;
  const code = largest * weight ** (1 / tile.root);
  return Math.min(tile.error, ((code + 0.5) / largest) ** tile.root - weight);
}

export function foldedWeight(each: readonly number[], pool: "max" | "mean"): number {
  return pool === "max"
    ? Math.max(0, ...each)
    : each.reduce((sum, weight) => sum + weight, 0) / Math.max(1, each.length);
}

function foldedLine(tiles: readonly Tile[], pool: "max" | "mean"): Float32Array {
  const [first, ...others] = tiles.map(weights);
  const line = Float32Array.from(first ?? []);
  for (const other of others) {
    for (let i = 0; i < line.length; i++) line[i] = pool === "max" ? Math.max(line[i], other[i]) : line[i] + other[i];
  }
  return pool === "mean" && tiles.length > 1 ? line.map((weight) => weight / tiles.length) : line;
}

/** The mean over the rows of a tile (columns for keys), as a tile of plain numbers. */
function meanLine(tile: Tile, side: "query" | "key"): Pick<Tile, "dtype" | "root" | "codes"> {
  const [rows, columns] = tile.shape.slice(-2);
  const all = weights(tile);
  const isRow = side === "query";
  const [length, count] = isRow ? [columns, rows] : [rows, columns];
  const codes = new Float32Array(length);
  all.forEach((weight, at) => {
    codes[isRow ? at % columns : Math.floor(at / columns)] += weight / count;
  });
  return { dtype: "f32", root: 1, codes };
}

function worst(tiles: readonly Tile[]): Coding {
  return tiles.reduce((a, b) => (b.error > a.error ? b : a), tiles[0]);
}
