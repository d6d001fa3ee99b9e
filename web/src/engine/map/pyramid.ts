/** A map in tiles: 256 × 256 cells each, at levels where a cell stands for 2^level × 2^level weights. Pure. */

import type { MaskSpec } from "../../spec";
import type { Camera, Port, Size } from "./camera";
import { hidesAll } from "./mask";

export const TILE = 256;

export interface TileKey {
  level: number;
  row: number;
  column: number;
}

/** The level at which one tile holds everything. */
export function topLevel(size: Size): number {
  return Math.max(0, Math.ceil(Math.log2(Math.max(size.queries, size.keys) / TILE)));
}

/** The level whose cells are one to two device pixels; single weights from one device pixel on. */
export function levelFor(zoom: number, pixelRatio: number, size: Size): number {
  return Math.min(topLevel(size), Math.max(0, Math.ceil(-Math.log2(zoom * pixelRatio) - 1e-9)));
}

/** Rows and columns of cells that an axis has at a level. */
export function cellsAt(positions: number, level: number): number {
  return Math.ceil(positions / 2 ** level);
}

/** Queries and keys that a tile covers, [start, stop) each. */
export function covered(
  { level, row, column }: TileKey,
  size: Size,
): [queries: [number, number], keys: [number, number]] {
  const side = TILE * 2 ** level;
  const span = (place: number, end: number): [number, number] => [place * side, Math.min(end, (place + 1) * side)];
  return [span(row, size.queries), span(column, size.keys)];
}

/** Rows and columns of cells that a tile holds, [start, stop) each. */
export function cellsOf(
  { level, row, column }: TileKey,
  size: Size,
): [rows: [number, number], columns: [number, number]] {
  const span = (place: number, end: number): [number, number] => [
    place * TILE,
    Math.min(cellsAt(end, level), (place + 1) * TILE),
  ];
  return [span(row, size.queries), span(column, size.keys)];
}

/** Tiles of a level that lie in sight, the middle ones first; what the mask hides altogether is left out. */
export function tilesInSight(
  camera: Camera,
  port: Port,
  size: Size,
  level: number,
  mask: MaskSpec,
  margin = 0,
): TileKey[] {
  const side = TILE * 2 ** level;
  const run = (start: number, pixels: number, cells: number) => {
    const first = Math.max(0, Math.floor(start / side) - margin);
    const last = Math.min(
      Math.ceil(cells / side) - 1,
      Math.floor((start + pixels / camera.zoom - 1e-9) / side) + margin,
    );
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  };
  const middle = [camera.query + port.height / 2 / camera.zoom, camera.key + port.width / 2 / camera.zoom];
  const distance = ({ row, column }: TileKey) =>
    Math.hypot((row + 0.5) * side - middle[0], (column + 0.5) * side - middle[1]);
  const columns = run(camera.key, port.width, size.keys);
  return run(camera.query, port.height, size.queries)
    .flatMap((row) => columns.map((column): TileKey => ({ level, row, column })))
    .filter((tile) => !hidesAll(mask, ...covered(tile, size), size.keys))
    .sort((a, b) => distance(a) - distance(b));
}

/** What is not in sight yet but may soon be: a ring around it, then the tiles above. */
export function neighbours(camera: Camera, port: Port, size: Size, level: number, mask: MaskSpec): TileKey[] {
  const near = new Set(tilesInSight(camera, port, size, level, mask).map(nameOf));
  const ring = tilesInSight(camera, port, size, level, mask, 1).filter((tile) => !near.has(nameOf(tile)));
  const above = level < topLevel(size) ? tilesInSight(camera, port, size, level + 1, mask) : [];
  return [...above, ...ring];
}

export function nameOf({ level, row, column }: TileKey): string {
  return `${level}/${row}/${column}`;
}

export function parentOf({ level, row, column }: TileKey): TileKey {
  return { level: level + 1, row: row >> 1, column: column >> 1 };
}

/** The four tiles one level below. */
export function childrenOf({ level, row, column }: TileKey): TileKey[] {
  return [0, 1].flatMap((down) =>
    [0, 1].map((right) => ({ level: level - 1, row: 2 * row + down, column: 2 * column + right })),
  );
}
