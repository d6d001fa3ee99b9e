/** All steps of an answer as the rows of a matrix over what was read. Pure. */

import type { Tile } from "../../source/source";
import type { TokensSpec } from "../../spec";
import type { Area, DisplayList, Item, Measure } from "../display_list";
import { effectOf, type Field, lookOf, pixelOf, stronger } from "../effect";
import { fit } from "../text";
import type { Theme } from "../theme";
import { firstStep, rowOf } from "./steps";

const HEADER = 20;
const LABEL = { size: 11, least: 12, most: 110 };
const ROWS = { tallest: 18, height: 560 };
const GAP = 8;

export interface StepsScene {
  /** [row, column]: steps and keys, or blocks of them. */
  tile: Tile;
  answer: TokensSpec;
  border: number;
  keys: number;
  /** The first query that chose a token. */
  first: number;
  /** What colours it instead of weights, of which heads. */
  effects: { field: Field; heads: readonly number[] } | null;
}

export interface Geometry {
  width: number;
  height: number;
  row: number;
  left: number;
  labelled: boolean;
  /** Where the answer's own tokens begin among the keys; nothing where keys are another text. */
  border: number | null;
}

export interface Words {
  prompt: string;
  /** In place of that where the matrix is coloured by effects. */
  effects: string;
  answer: string;
}

export function geometry({ tile, answer, border, keys }: StepsScene, width: number, measure: Measure): Geometry {
  const [rows] = tile.shape;
  const row = Math.max(2, Math.min(ROWS.tallest, Math.floor(ROWS.height / rows)));
  const labelled = row >= LABEL.least && rows === answer.labels.length;
  const widest = labelled ? Math.max(...answer.labels.map((label) => measure(label, LABEL.size))) + GAP : 0;
  const left = Math.ceil(Math.min(widest, LABEL.most));
  const share = border / keys;
  return { width, height: HEADER + row * rows + 2, row, left, labelled, border: share < 1 ? share : null };
}

export function layout(
  scene: StepsScene,
  width: number,
  measure: Measure,
  words: Words,
  step: number | null,
  theme?: Theme,
): DisplayList {
  const at = geometry(scene, width, measure);
  return {
    width,
    height: at.height,
    layers: {
      matrix: matrixLayer(scene, at, measure, words, theme),
      step: step === null ? [] : stepLayer(scene, at, step),
    },
    areas: [stepArea(scene, at)],
  };
}

export function matrixLayer(scene: StepsScene, at: Geometry, measure: Measure, words: Words, theme?: Theme): Item[] {
  const { tile, answer } = scene;
  const [rows, columns] = tile.shape;
  const inner = at.width - at.left;
  const place = { x: at.left, y: HEADER, width: inner, height: at.row * rows };
  const matrix: Item[] =
    scene.effects && theme
      ? [
          { kind: "hatch", ...place },
          { kind: "pixels", ...place, rows, columns, rgba: effectCells(scene, scene.effects, theme) },
        ]
      : [{ kind: "raster", ...place, tile }];
  const labels = at.labelled
    ? answer.labels.map(
        (label, i): Item => name(fit(label, at.left - GAP, LABEL.size, measure), at.left - GAP, middle(at, i), "right"),
      )
    : [];
  const frame: Item = {
    kind: "rect",
    x: at.left - 0.5,
    y: HEADER - 0.5,
    width: inner + 1,
    height: at.row * rows + 1,
    stroke: "rule",
  };
  const heading = scene.effects ? words.effects : words.prompt;
  const headings = [name(heading, at.left, 9, "left")];
  if (at.border === null) return [...matrix, frame, ...labels, ...headings];
  const x = at.left + inner * at.border;
  const rule: Item = { kind: "rect", x: x - 0.5, y: HEADER - 6, width: 1, height: at.row * rows + 6, fill: "muted" };
  const fits = at.left + measure(heading, LABEL.size) < x && x + measure(words.answer, LABEL.size) < at.width;
  const own = fits ? [name(words.answer, x + 4, 9, "left")] : [];
  return [...matrix, frame, rule, ...labels, ...headings, ...own];
}

/** The strongest effect in each block of steps and keys; transparent where none was measured. */
function effectCells(
  { tile, answer, keys, first }: StepsScene,
  { field, heads }: NonNullable<StepsScene["effects"]>,
  theme: Theme,
): Uint32Array<ArrayBuffer> {
  const [rows, columns] = tile.shape;
  const steps = answer.labels.length;
  const border = (at: number, cells: number, count: number) => Math.floor((at * count) / cells);
  const cells = new Uint32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      let found = Number.NaN;
      for (let query = border(r, rows, steps); query < border(r + 1, rows, steps); query++)
        for (let key = border(c, columns, keys); key < border(c + 1, columns, keys); key++)
          found = stronger(found, effectOf(field, heads, first + query, key));
      cells[r * columns + c] = pixelOf(lookOf(found, field), theme);
    }
  return cells;
}

/** A frame round the row of a step. */
export function stepLayer({ tile, answer }: StepsScene, at: Geometry, step: number): Item[] {
  const row = rowOf(step, answer.labels.length, tile.shape[0]);
  const y = HEADER + at.row * row;
  return [{ kind: "rect", x: 0.5, y: y - 0.5, width: at.width - 1, height: at.row + 1, stroke: "accent", radius: 2 }];
}

export function stepArea({ tile }: StepsScene, at: Geometry): Area {
  const [rows] = tile.shape;
  return { name: "step", x: 0, y: HEADER, width: at.width, height: at.row * rows, rows, columns: 1 };
}

/** The step that a row of the picture stands for. */
export function stepAt({ tile, answer }: StepsScene, row: number): number {
  return firstStep(row, answer.labels.length, tile.shape[0]);
}

function middle(at: Geometry, row: number): number {
  return HEADER + at.row * (row + 0.5);
}

function name(text: string, x: number, y: number, align: "left" | "right"): Item {
  return { kind: "text", x, y, text, size: LABEL.size, align, colour: "muted" };
}
