/** One head's weights as a matrix with its tokens along both sides, pure. */

import type { Tile } from "../source/source";
import { blockOf } from "./blocks";
import type { Area, Item, Measure } from "./display_list";
import { effectAt, type Field, lookOf, pixelOf } from "./effect";
import type { Focus, Scene } from "./scene";
import { fit } from "./text";
import type { Theme } from "./theme";

const SIZE = 11;
const LEGIBLE = 11;
const GAP = 6;
const LARGEST_CELL = 28;

export interface MatrixGeometry {
  width: number;
  height: number;
  x: number;
  y: number;
  cellWidth: number;
  cellHeight: number;
  /** Width of the query labels and height of the key labels. */
  rows: number;
  columns: number;
}

/** Square cells, as large as width and height allow; labels get room only where they can be read. */
export function matrixGeometry(scene: Scene, width: number, height: number, measure: Measure): MatrixGeometry {
  const [rows, columns] = [scene.queries.length, scene.keys.length];
  const widest = (labels: string[]) =>
    Math.min(110, Math.max(24, ...labels.slice(0, 200).map((text) => (text.length > 30 ? 110 : measure(text, SIZE)))));
  const side = Math.ceil(widest(scene.queries.map((i) => scene.queryTokens.labels[i])));
  const top = Math.ceil(widest(scene.keys.map((i) => scene.keyTokens.labels[i])));
  const fitting = (x: number, y: number) =>
    Math.min(LARGEST_CELL, (width - x - 2 * GAP) / columns, (height - y - 2 * GAP) / rows);
  const labelled = fitting(side, top) >= LEGIBLE;
  const [x, y] = labelled ? [side, top] : [36, 20];
  const cell = fitting(x, y);
  const size = cell > 4 ? Math.floor(cell) : cell;
  return {
    width,
    height: y + 2 * GAP + size * rows,
    x: x + GAP,
    y: y + GAP,
    cellWidth: size,
    cellHeight: size,
    rows: x,
    columns: y,
  };
}

/** The rows and columns of a tile that the filter lets through. */
export function cropped(tile: Tile, rows: readonly number[], columns: readonly number[]): Tile {
  const [height, width] = tile.shape;
  if (rows.length === height && columns.length === width) return tile;
  const codes = tile.codes.slice(0, rows.length * columns.length);
  rows.forEach((row, r) => {
    columns.forEach((column, c) => {
      codes[r * columns.length + c] = tile.codes[row * width + column];
    });
  });
  return { ...tile, shape: [rows.length, columns.length], codes };
}

/** The tile by the largest code of each block where it has more rows or columns than `cells`. */
export function pooled(tile: Tile, cells: number): Tile {
  const [height, width] = tile.shape;
  if (height <= cells && width <= cells) return tile;
  const [rows, columns] = [Math.min(cells, height), Math.min(cells, width)];
  const codes = tile.codes.slice(0, rows * columns).fill(0);
  for (let row = 0; row < height; row++) {
    const start = blockOf(row, height, rows) * columns;
    for (let column = 0; column < width; column++) {
      const at = start + blockOf(column, width, columns);
      const code = tile.codes[row * width + column];
      if (code > codes[at]) codes[at] = code;
    }
  }
  return { ...tile, shape: [rows, columns], codes };
}

export function matrixLayer(
  scene: Scene,
  at: MatrixGeometry,
  measure: Measure,
  pixelRatio: number,
  theme?: Theme,
): Item[] {
  const { tile, head } = scene.heads[0];
  const [width, height] = [at.cellWidth * scene.keys.length, at.cellHeight * scene.queries.length];
  const shown = pooled(
    cropped(tile, scene.queries, scene.keys),
    Math.max(64, Math.floor(Math.max(width, height) * pixelRatio)),
  );
  const place = { x: at.x, y: at.y, width, height };
  const cells: Item[] =
    scene.effects && theme
      ? [
          { kind: "hatch", ...place },
          { kind: "pixels", ...place, ...effectMatrix(scene, scene.effects, head, theme) },
        ]
      : [{ kind: "raster", ...place, tile: shown }];
  return [
    ...cells,
    { kind: "rect", x: at.x - 0.5, y: at.y - 0.5, width: width + 1, height: height + 1, stroke: "rule" },
    ...labels(scene, at, "query", measure),
    ...labels(scene, at, "key", measure),
  ];
}

/** The cells that are shown, by their effects; those not measured transparent. */
function effectMatrix(scene: Scene, effects: Field, head: number, theme: Theme) {
  const { queries, keys, level } = scene;
  const rgba = new Uint32Array(queries.length * keys.length);
  queries.forEach((query, r) => {
    keys.forEach((key, c) => {
      rgba[r * keys.length + c] = pixelOf(lookOf(effectAt(effects, head, query, key, level), effects), theme);
    });
  });
  return { rows: queries.length, columns: keys.length, rgba };
}

/** Token labels where they can be read, otherwise positions at round distances. */
function labels(scene: Scene, at: MatrixGeometry, side: "query" | "key", measure: Measure): Item[] {
  const positions = side === "query" ? scene.queries : scene.keys;
  const tokens = side === "query" ? scene.queryTokens : scene.keyTokens;
  const legible = at.cellWidth >= LEGIBLE && !scene.level;
  const every = legible ? 1 : stride(positions.length);
  return positions.flatMap((position, i): Item[] => {
    const counted = scene.level ? roundWithin(position, scene.level, positions.length) : position;
    if (counted === null || (!scene.level && i % every)) return [];
    const middle = at.cellWidth * (i + 0.5);
    const room = (side === "query" ? at.rows : at.columns) - 2;
    const text = legible ? fit(tokens.labels[position], room, SIZE, measure) : String(counted);
    const colour = legible && !tokens.special.includes(position) ? "ink" : "muted";
    const common = { kind: "text", text, size: legible ? SIZE : 10, colour } as const;
    if (side === "query") return [{ ...common, x: at.x - GAP, y: at.y + middle, align: "right" }];
    return legible
      ? [{ ...common, x: at.x + middle, y: at.y - GAP, align: "left", turned: true }]
      : [{ ...common, x: at.x + middle, y: at.y - GAP - 5, align: "center" }];
  });
}

/** The round token number in a run of 2^level tokens, if there is one. */
function roundWithin(run: number, level: number, runs: number): number | null {
  const step = stride(runs * 2 ** level);
  const found = Math.ceil((run * 2 ** level) / step) * step;
  return found < (run + 1) * 2 ** level ? found : null;
}

/** A round distance that puts about eight marks along a side. */
export function stride(count: number): number {
  const steps = [1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10000];
  return steps.find((step) => count / step <= 10) ?? 20000;
}

/** Bands over the focused row and column. */
export function crossLayer(scene: Scene, at: MatrixGeometry, focus: Focus): Item[] {
  const row = focus.query === null ? -1 : scene.queries.indexOf(focus.query);
  const column = focus.key === null ? -1 : scene.keys.indexOf(focus.key);
  const size = Math.max(2, at.cellWidth);
  const [width, height] = [at.cellWidth * scene.keys.length, at.cellHeight * scene.queries.length];
  const frame = (x: number, y: number, w: number, h: number): Item => ({
    kind: "rect",
    x: x - 0.5,
    y: y - 0.5,
    width: w + 1,
    height: h + 1,
    stroke: "accent",
  });
  return [
    ...(row < 0 ? [] : [frame(at.x, at.y + row * at.cellHeight, width, size)]),
    ...(column < 0 ? [] : [frame(at.x + column * at.cellWidth, at.y, size, height)]),
  ];
}

export function matrixArea(scene: Scene, at: MatrixGeometry): Area {
  const [rows, columns] = [scene.queries.length, scene.keys.length];
  return { name: "cell", x: at.x, y: at.y, width: at.cellWidth * columns, height: at.cellHeight * rows, rows, columns };
}
