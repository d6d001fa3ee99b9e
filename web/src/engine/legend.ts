/** What colours mean, as display lists: a colour for each head, or a ramp for weights. Pure. */

import { t } from "../strings";
import type { DisplayList, Item, Measure } from "./display_list";
import { type Lut, STEPS } from "./lut";
import { NAN_HEX } from "./map/scale";
import type { Theme } from "./theme";

const SIZE = 11;
const ROW = 20;
const SWATCH = 11;
const RAMP = { width: 180, height: 8 };
const SHORTEST_RAMP = 60;
const HEIGHT = 26;
const MARK_SIZE = 10;

/** A swatch and a number for each head, in as many rows as they need. */
export function headLegend(
  heads: readonly { head: number; hue: number }[],
  name: string,
  width: number,
  measure: Measure,
): DisplayList {
  const items: Item[] = [text(name, 0, ROW / 2, "muted")];
  const start = Math.ceil(measure(name, SIZE)) + 10;
  let [x, y] = [start, 0];
  for (const { head, hue } of heads) {
    const label = String(head);
    const taken = SWATCH + 4 + Math.ceil(measure(label, SIZE)) + 10;
    if (x + taken > width && x > start) [x, y] = [start, y + ROW];
    const box = { x, y: y + (ROW - SWATCH) / 2, width: SWATCH, height: SWATCH };
    items.push({ kind: "rect", ...box, fill: `head${hue}`, radius: 2 });
    items.push(text(label, x + SWATCH + 4, y + ROW / 2, "ink"));
    x += taken;
  }
  return { width, height: y + ROW, layers: { legend: items }, areas: [] };
}

/** Weights that are written under a ramp, and their places on it. */
export function weightMarks(root: number): Mark[] {
  return [0, 0.01, 0.1, 0.25, 0.5, 1]
    .filter((mark) => root === 2 || mark !== 0.25)
    .map((mark) => ({ place: mark ** (1 / root), text: String(mark) }));
}

/** The ramp of weights as they are, on the square-root scale. */
export function weightLegend({ lut }: Theme, width: number, measure: Measure): DisplayList {
  return rampLegend({ name: t.scale, lut, handle: 1, marks: weightMarks(2) }, width, measure);
}

export interface Mark {
  /** Place on the ramp, 0 to 1. */
  place: number;
  text: string;
}

export interface Ramp {
  name: string;
  lut: Lut;
  /** Place at which the strongest colour begins. */
  handle: number;
  marks: readonly Mark[];
  /** The words for what a mask hides and for what is no number, where there is any. */
  masked?: string | null;
  unknown?: string | null;
}

/** A ramp with numbers under it, and the looks of what is masked and of what is no number. */
export function rampLegend(ramp: Ramp, width: number, measure: Measure): DisplayList {
  const { name, lut, handle, marks, masked, unknown } = ramp;
  const x = Math.ceil(measure(name, SIZE)) + 10;
  const across = Math.max(SHORTEST_RAMP, Math.min(RAMP.width, width - x - 8));
  const frame = { x, y: 3, width: across, height: RAMP.height };
  const items: Item[] = [
    text(name, 0, 3 + RAMP.height / 2, "muted"),
    { kind: "pixels", ...frame, rows: 1, columns: STEPS, rgba: rampCells(lut, handle) },
    { kind: "rect", x: x - 0.5, y: 2.5, width: across + 1, height: RAMP.height + 1, stroke: "rule" },
    ...apart(marks, across, measure).map(
      ({ place, text: label }): Item => ({
        kind: "text",
        x: x + across * Math.min(1, place),
        y: 19,
        text: label,
        size: MARK_SIZE,
        align: "center",
        colour: "muted",
      }),
    ),
  ];
  let [left, top] = [x + across + 20, 1];
  const add = (word: string, look: (box: typeof frame) => Item) => {
    const taken = 28 + Math.ceil(measure(word, SIZE));
    if (left + taken > width && left > x) [left, top] = [x, HEIGHT + 2];
    const box = { x: left, y: top, width: 22, height: 12 };
    items.push(look(box), { kind: "rect", ...box, stroke: "rule" }, text(word, left + 28, top + 6, "muted"));
    left += taken + 16;
  };
  if (masked) add(masked, (box) => ({ kind: "hatch", ...box }));
  if (unknown) add(unknown, (box) => ({ kind: "rect", ...box, fill: NAN_HEX }));
  return { width: x + across, height: top + HEIGHT - 1, layers: { legend: items }, areas: [] };
}

/** The marks whose numbers do not run into each other; the last one always. */
function apart(marks: readonly Mark[], across: number, measure: Measure): Mark[] {
  const half = ({ text: label }: Mark) => measure(label, MARK_SIZE) / 2 + 2;
  const kept: Mark[] = [];
  for (const mark of [...marks].reverse()) {
    const next = kept.at(-1);
    if (!next || across * (next.place - mark.place) >= half(next) + half(mark)) kept.push(mark);
  }
  return kept.reverse();
}

/** The ramp's colours from faint to strong; exactly zero is not on it. */
export function rampCells(lut: Lut, handle = 1): Uint32Array<ArrayBuffer> {
  const colours = new Uint32Array(lut.buffer);
  return Uint32Array.from(
    { length: STEPS },
    (_, i) => colours[Math.max(1, Math.min(STEPS - 1, Math.round(i / handle)))],
  );
}

function text(label: string, x: number, y: number, colour: string): Item {
  return { kind: "text", x, y, text: label, size: SIZE, align: "left", colour };
}
