/** All steps of an answer as the rows of a matrix over what was read. Pure. */

import type { Tile } from "../../source/source";
import type { TokensSpec } from "../../spec";
import type { Area, DisplayList, Item, Measure } from "../display_list";
import { fit } from "../text";
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
): DisplayList {
  const at = geometry(scene, width, measure);
  return {
    width,
    height: at.height,
    layers: {
      matrix: matrixLayer(scene, at, measure, words),
      step: step === null ? [] : stepLayer(scene, at, step),
    },
    areas: [stepArea(scene, at)],
  };
}

export function matrixLayer({ tile, answer }: StepsScene, at: Geometry, measure: Measure, words: Words): Item[] {
  const [rows] = tile.shape;
  const inner = at.width - at.left;
  const matrix: Item = { kind: "raster", x: at.left, y: HEADER, width: inner, height: at.row * rows, tile };
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
  const headings = [name(words.prompt, at.left, 9, "left")];
  if (at.border === null) return [matrix, frame, ...labels, ...headings];
  const x = at.left + inner * at.border;
  const rule: Item = { kind: "rect", x: x - 0.5, y: HEADER - 6, width: 1, height: at.row * rows + 6, fill: "muted" };
  const fits = at.left + measure(words.prompt, LABEL.size) < x && x + measure(words.answer, LABEL.size) < at.width;
  const own = fits ? [name(words.answer, x + 4, 9, "left")] : [];
  return [matrix, frame, rule, ...labels, ...headings, ...own];
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
