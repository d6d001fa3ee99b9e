/** An answer on paper: what each step read of the source, and what else it could have chosen. Pure. */

import type { StateSpec } from "../../spec";
import type { DisplayList, Item, Measure } from "../display_list";
import { fit } from "../text";
import type { Theme } from "../theme";
import { type Matrix, type Rows, weightOf } from "./rows";

const [SIZE, LARGEST, LABEL, GAP] = [10, 22, 92, 16];

/** The matrix of steps and source tokens; beside each step its likeliest tokens. */
export function answerSheet(
  state: StateSpec,
  rows: Rows,
  matrix: Matrix,
  width: number,
  theme: Theme,
  measure: Measure,
): DisplayList {
  const longest = (labels: string[]) => Math.min(LABEL, Math.max(16, ...labels.map((label) => measure(label, SIZE))));
  const side = longest(rows.queries.map(({ label }) => label)) + 8;
  const under = longest(rows.keys.map(({ label }) => label)) + 8;
  const isSteps = rows.queries.length === state.steps.length;
  const room = (isSteps ? 0.58 : 1) * (width - side) - GAP;
  const cell = Math.max(3, Math.min(LARGEST, room / Math.max(1, rows.keys.length)));
  const [across, down] = [cell * rows.keys.length, cell * rows.queries.length];
  const items: Item[] = [
    {
      kind: "pixels",
      x: side,
      y: 0,
      width: across,
      height: down,
      rows: rows.queries.length,
      columns: rows.keys.length,
      rgba: coloured(rows, matrix, theme),
    },
    { kind: "rect", x: side - 0.5, y: -0.5, width: across + 1, height: down + 1, stroke: "edge" },
  ];
  rows.queries.forEach(({ label, special }, i) => {
    const y = cell * (i + 0.5);
    if (cell >= SIZE)
      items.push(text(fit(label, LABEL, SIZE, measure), side - 5, y, "right", special ? "muted" : "ink"));
    if (isSteps && cell >= SIZE) items.push(text(chances(state, i), side + across + GAP, y, "left", "muted"));
  });
  rows.keys.forEach(({ label, special }, i) => {
    if (cell < SIZE) return;
    const at = text(
      fit(label, LABEL, SIZE, measure),
      side + cell * (i + 0.5),
      down + 5,
      "right",
      special ? "muted" : "ink",
    );
    items.push({ ...at, turned: true } as Item);
  });
  return {
    width: Math.ceil(Math.max(width, side + across)),
    height: Math.ceil(down + under),
    layers: { answer: items },
    areas: [],
  };
}

function chances(state: StateSpec, step: number): string {
  return state.steps[step].top
    .slice(0, 4)
    .map(({ label, log_p }) => `${label} ${Math.exp(log_p ?? -Infinity).toFixed(2)}`)
    .join("  ");
}

function coloured(rows: Rows, matrix: Matrix, { lut }: Theme): Uint32Array<ArrayBuffer> {
  const colours = new Uint32Array(lut.buffer);
  const cells = new Uint32Array(rows.queries.length * rows.keys.length);
  rows.queries.forEach((query, y) => {
    rows.keys.forEach((key, x) => {
      const weight = Math.min(1, weightOf(matrix, query.index, key.index));
      cells[y * rows.keys.length + x] = colours[Math.round(255 * Math.sqrt(weight))];
    });
  });
  return cells;
}

function text(label: string, x: number, y: number, align: "left" | "right", colour: string): Item {
  return { kind: "text", x, y, text: label, size: SIZE, align, colour };
}
