/** Heads as matrices side by side, with their tokens, sums and titles: where everything stands. Pure. */

import type { Area, DisplayList, Item, Measure } from "../display_list";
import { roundStep } from "../map/text_grain";
import type { Scene } from "../scene";
import { fit } from "../text";
import type { Theme } from "../theme";
import { effectCells, type Heat, heatCells, largestSums, MASKED, type Panel } from "./cells";

const SIZE = 10;
const LABEL_PITCH = 12;
const LONGEST_LABEL = 92;
const TITLE = 20;
const GAP = 18;
const TICK = 4;
const BARS = 24;
const NARROWEST_PANEL = 150;
const LARGEST_CELL = 34;
const TALLEST = 1.5;

export interface HeatGeometry {
  width: number;
  height: number;
  cell: number;
  /** Size of the matrix alone, and of what lies between two. */
  across: number;
  down: number;
  columns: number;
  pitch: { x: number; y: number };
  /** Where the first matrix begins: room for query labels, titles and sums. */
  x: number;
  y: number;
  bars: number;
  /** Every so many tokens have a label. */
  step: { query: number; key: number };
}

export function heatGeometry(heat: Heat, width: number, measure: Measure): HeatGeometry {
  const { scene, marginals } = heat;
  const bars = marginals ? BARS + 3 : 0;
  const [rows, keys, heads] = [scene.queries.length, scene.keys.length, Math.max(1, scene.heads.length)];
  const room = (columns: number, side: number) => (width - side - columns * bars - (columns - 1) * GAP) / columns;
  const fitting = (side: number) => {
    let columns = 1;
    while (columns < heads && room(columns + 1, side) >= NARROWEST_PANEL) columns++;
    columns = Math.ceil(heads / Math.ceil(heads / columns));
    const panel = Math.max(24, room(columns, side));
    return { columns, cell: Math.min(LARGEST_CELL, panel / keys, (TALLEST * panel) / rows) };
  };
  const guess = fitting(LONGEST_LABEL + TICK);
  const step = { query: stepFor(guess.cell, rows), key: stepFor(guess.cell, keys) };
  const side = Math.ceil(widest(scene, "query", step.query, measure)) + TICK + 4;
  const bottom = Math.ceil(widest(scene, "key", step.key, measure)) + TICK + 4;
  const { columns, cell } = fitting(side);
  const [across, down] = [cell * keys, cell * rows];
  const pitch = { x: across + bars + GAP, y: TITLE + bars + down + GAP };
  const lines = Math.ceil(heads / columns);
  return {
    width: Math.ceil(side + columns * pitch.x - GAP + 1),
    height: Math.ceil(lines * pitch.y - GAP + bottom),
    cell,
    across,
    down,
    columns,
    pitch,
    x: side,
    y: TITLE + bars,
    bars,
    step,
  };
}

function stepFor(cell: number, count: number): number {
  return cell >= LABEL_PITCH ? 1 : Math.min(count, roundStep(LABEL_PITCH / cell));
}

type Side = "query" | "key";

function labelOf(scene: Scene, side: Side, row: number, step: number): string {
  const [tokens, positions] = side === "query" ? [scene.queryTokens, scene.queries] : [scene.keyTokens, scene.keys];
  const position = positions[row];
  const place = position * 2 ** scene.level;
  return step === 1 && !scene.level ? tokens.labels[position] : `${place} ${tokens.labels[position]}`;
}

function widest(scene: Scene, side: Side, step: number, measure: Measure): number {
  const count = (side === "query" ? scene.queries : scene.keys).length;
  let most = 16;
  for (let row = 0; row < count && most < LONGEST_LABEL; row += step)
    most = Math.max(most, measure(labelOf(scene, side, row, step).slice(0, 60), SIZE));
  return Math.min(LONGEST_LABEL, most);
}

/** Every head's matrix, over hatched ground where any of it is masked, with the labels and sums around it. */
export function heatLayout(
  heat: Heat,
  at: HeatGeometry,
  theme: Theme,
  names: PanelNames,
  measure: Measure,
): DisplayList {
  const { scene, panels, marginals } = heat;
  const most = largestSums(heat);
  const items = panels.flatMap((panel, entry): Item[] => {
    const { x, y } = panelAt(at, entry);
    const place = { x, y, width: at.across, height: at.down };
    const [rows, columns] = [scene.queries.length, scene.keys.length];
    return [
      text(names.head(panel.head), x, y - at.bars - TITLE / 2, "left", "ink", 11),
      ...(panel.steps.includes(MASKED) || scene.effects ? [{ kind: "hatch", ...place } as const] : []),
      {
        kind: "pixels",
        ...place,
        rows,
        columns,
        rgba: scene.effects ? effectCells(scene, scene.effects, panel, theme) : heatCells(panel, theme.lut),
      },
      { kind: "rect", x: x - 0.5, y: y - 0.5, width: at.across + 1, height: at.down + 1, stroke: "edge" },
      ...(marginals ? bars(at, x, y, panel, most) : []),
      ...(entry % at.columns === 0 ? queryLabels(scene, at, x, y, measure) : []),
      ...(entry + at.columns >= panels.length ? keyLabels(scene, at, x, y, measure) : []),
    ];
  });
  return { width: at.width, height: at.height, layers: { heatmap: items }, areas: heatAreas(scene, at) };
}

export interface PanelNames {
  head(head: number): string;
}

export function panelAt(at: HeatGeometry, entry: number): { x: number; y: number } {
  return {
    x: at.x + (entry % at.columns) * at.pitch.x,
    y: at.y + Math.floor(entry / at.columns) * at.pitch.y,
  };
}

/** Areas that answer which cell of which head lies under a pointer; each is called by its entry. */
export function heatAreas(scene: Scene, at: HeatGeometry): Area[] {
  const size = { width: at.across, height: at.down, rows: scene.queries.length, columns: scene.keys.length };
  return scene.heads.map((_, entry) => ({ name: String(entry), ...panelAt(at, entry), ...size }));
}

function queryLabels(scene: Scene, at: HeatGeometry, x: number, y: number, measure: Measure): Item[] {
  return every(at.step.query, scene.queries.length).flatMap((row): Item[] => {
    const middle = y + at.cell * (row + 0.5);
    const label = fit(labelOf(scene, "query", row, at.step.query), at.x - TICK - 4, SIZE, measure);
    return [
      text(label, x - TICK - 2, middle, "right", colourOf(scene, "query", row), SIZE),
      { kind: "rect", x: x - TICK, y: middle - 0.5, width: TICK - 1, height: 1, fill: "edge" },
    ];
  });
}

function keyLabels(scene: Scene, at: HeatGeometry, x: number, y: number, measure: Measure): Item[] {
  const top = y + at.down;
  return every(at.step.key, scene.keys.length).flatMap((column): Item[] => {
    const middle = x + at.cell * (column + 0.5);
    const label = fit(labelOf(scene, "key", column, at.step.key), LONGEST_LABEL, SIZE, measure);
    return [
      { ...text(label, middle, top + TICK + 2, "right", colourOf(scene, "key", column), SIZE), turned: true } as Item,
      { kind: "rect", x: middle - 0.5, y: top + 1, width: 1, height: TICK - 1, fill: "edge" },
    ];
  });
}

function every(step: number, count: number): number[] {
  return Array.from({ length: Math.ceil(count / step) }, (_, i) => i * step);
}

function colourOf(scene: Scene, side: Side, row: number): string {
  const [tokens, positions] = side === "query" ? [scene.queryTokens, scene.queries] : [scene.keyTokens, scene.keys];
  return tokens.special.includes(positions[row]) ? "muted" : "ink";
}

/** Sums over queries above the matrix, over keys beside it, as bars of one scale for all heads. */
function bars(at: HeatGeometry, x: number, y: number, sums: Panel, most: { rows: number; columns: number }): Item[] {
  const thick = at.cell > 3 ? at.cell - 1 : at.cell;
  const inset = (at.cell - thick) / 2;
  const bar = (left: number, top: number, width: number, height: number): Item[] =>
    width < 0.05 || height < 0.05 ? [] : [{ kind: "rect", x: left, y: top, width, height, fill: "muted" }];
  return [
    ...Array.from(sums.columns).flatMap((sum, i) => {
      const height = (BARS * sum) / most.columns;
      return bar(x + i * at.cell + inset, y - 3 - height, thick, height);
    }),
    ...Array.from(sums.rows).flatMap((sum, i) =>
      bar(x + at.across + 3, y + i * at.cell + inset, (BARS * sum) / most.rows, thick),
    ),
  ];
}

function text(label: string, x: number, y: number, align: "left" | "right", colour: string, size: number): Item {
  return { kind: "text", x, y, text: label, size, align, colour };
}

/** Frames around the cell, or the row or column, that is looked at, in every matrix. */
export function heatFocus(
  scene: Scene,
  at: HeatGeometry,
  { query, key }: { query: number | null; key: number | null },
): Item[] {
  const row = query === null ? -1 : scene.queries.indexOf(query);
  const column = key === null ? -1 : scene.keys.indexOf(key);
  if (row < 0 && column < 0) return [];
  const size = Math.max(2, at.cell);
  return scene.heads.map((_, entry): Item => {
    const { x, y } = panelAt(at, entry);
    return {
      kind: "rect",
      x: (column < 0 ? x : x + column * at.cell) - 0.5,
      y: (row < 0 ? y : y + row * at.cell) - 0.5,
      width: (column < 0 ? at.across : size) + 1,
      height: (row < 0 ? at.down : size) + 1,
      stroke: "accent",
    };
  });
}
