/** What the colours of effects mean: a ramp of both signs, and how what is not measured or not measurable looks. Pure. */

import { signedText, t } from "../strings";
import type { DisplayList, Item, Measure } from "./display_list";
import { type Field, hexOf, pixelOf, placeOfEffect, SIDE, signedTable } from "./effect";
import type { Mark } from "./legend";
import type { Theme } from "./theme";

const SIZE = 11;
const MARK_SIZE = 10;
const LINE = 20;
const RAMP = { width: 200, height: 8 };

/** Values under the ramp, with their places from 0 to 1. */
export function effectMarks(top: number): Mark[] {
  return [-1, -0.25, 0, 0.25, 1].map((share) => ({
    place: (1 + placeOfEffect(share * top, top)) / 2,
    text: signedText(share * top),
  }));
}

/** What was measured, in words with its unit: "Δ log p of “ Madrid”, nats". */
export function effectName({ info }: Pick<Field, "info">): string {
  return t.effectName(info.name, info.target, info.tested);
}

/** Colours of the ramp from the largest loss to the largest gain. */
export function effectRamp(theme: Theme): string[] {
  return Array.from(signedTable(theme), hexOf);
}

/** Swatches beside the ramp: their words, and the colour of each (none: hatched). */
export function effectSwatches({ info }: Pick<Field, "info">, theme: Theme): { word: string; fill: string | null }[] {
  return [
    ...(info.noise === null ? [] : [{ word: t.notMeasurable, fill: hexOf(pixelOf("noise", theme)) }]),
    { word: t.notMeasured, fill: null },
  ];
}

export function effectLegend(
  field: Field,
  theme: Theme,
  width: number,
  measure: Measure,
  masked: string | null = null,
): DisplayList {
  const name = effectName(field);
  const across = Math.min(RAMP.width, Math.max(60, width - 16));
  const frame = { x: 8, y: LINE + 2, width: across, height: RAMP.height };
  const text = (label: string, x: number, y: number): Item => ({
    kind: "text",
    x,
    y,
    text: label,
    size: SIZE,
    align: "left",
    colour: "muted",
  });
  const items: Item[] = [
    text(name, 0, LINE / 2),
    { kind: "pixels", ...frame, rows: 1, columns: 2 * SIDE + 1, rgba: Uint32Array.from(signedTable(theme)) },
    { kind: "rect", x: 7.5, y: LINE + 1.5, width: across + 1, height: RAMP.height + 1, stroke: "rule" },
    ...effectMarks(field.info.top).map(
      ({ place, text: label }): Item => ({
        kind: "text",
        x: 8 + across * place,
        y: LINE + 18,
        text: label,
        size: MARK_SIZE,
        align: "center",
        colour: "muted",
      }),
    ),
  ];
  let [x, y] = [across + 40, LINE];
  for (const { word, fill } of effectSwatches(field, theme)) {
    const label = fill || !masked ? word : `${masked}, ${word}`;
    const taken = 28 + Math.ceil(measure(label, SIZE));
    if (x + taken > width && x > 8) [x, y] = [8, y === LINE ? LINE + 28 : y + LINE];
    const box = { x, y, width: 22, height: 12 };
    items.push(fill ? { kind: "rect", ...box, fill } : { kind: "hatch", ...box }, {
      kind: "rect",
      ...box,
      stroke: "rule",
    });
    items.push(text(label, x + 28, y + 6));
    x += taken + 16;
  }
  return { width, height: Math.max(LINE + 26, y + LINE), layers: { legend: items }, areas: [] };
}
