/** A picture as it stands on paper: its title and legend above, what has to be said about it below. Pure. */

import type { ViewSpec } from "../spec";
import type { DisplayList, Item, Measure } from "./display_list";
import { evidenceOf } from "./evidence";
import type { Theme } from "./theme";

/** What a still picture is made for: CSS pixels, colours, the widths of text, and whether title and notes are drawn too. */
export interface Page {
  readonly width: number;
  readonly theme: Theme;
  readonly measure: Measure;
  readonly caption: boolean;
  /** The view, which says what its worth as evidence is. */
  readonly spec?: ViewSpec;
}

export interface Sheet {
  title: string;
  legend: DisplayList | null;
  body: DisplayList;
  notes: readonly string[];
}

const MARGIN = 12;
const TITLE_SIZE = 13;
const NOTE_SIZE = 11;
const LEADING = 16;
const GAP = 8;

/** Width that the body of a sheet has. */
export function bodyWidth(width: number): number {
  return Math.max(1, width - 2 * MARGIN);
}

/** Title, legend, body and notes one below the other; a body that is wider than asked for makes the sheet wider. */
export function sheet({ title, legend, body, notes }: Sheet, { width, measure, caption, spec }: Page): DisplayList {
  const inner = Math.max(bodyWidth(width), body.width);
  const titles = caption ? wrapped(title, inner, TITLE_SIZE, measure) : [];
  const said = spec ? [...notes, evidenceOf(spec, spec.selection)] : notes;
  const lines = caption ? said.flatMap((note) => wrapped(note, inner, NOTE_SIZE, measure)) : [];
  const items: Item[] = [];
  let y = MARGIN;
  for (const text of titles) {
    items.push(line(text, MARGIN, y + LEADING / 2, TITLE_SIZE, "ink"));
    y += LEADING + 2;
  }
  if (titles.length) y += GAP / 2;
  for (const part of legend ? [legend, body] : [body]) {
    items.push(...Object.values(part.layers).flatMap((layer) => layer.map((item) => moved(item, MARGIN, y))));
    y += part.height + GAP;
  }
  for (const text of lines) {
    items.push(line(text, MARGIN, y + LEADING / 2, NOTE_SIZE, "muted"));
    y += LEADING;
  }
  const height = Math.ceil(y - (lines.length ? 0 : GAP) + MARGIN);
  return { name: title, width: Math.ceil(inner + 2 * MARGIN), height, layers: { sheet: items }, areas: [] };
}

/** A body that says why there is nothing to be seen. */
export function statement(text: string): DisplayList {
  const items = [line(text, 0, LEADING / 2, TITLE_SIZE, "muted")];
  return { width: 0, height: LEADING, layers: { statement: items }, areas: [] };
}

function line(text: string, x: number, y: number, size: number, colour: string): Item {
  return { kind: "text", x, y, text, size, align: "left", colour };
}

/** The item at another place. */
export function moved(item: Item, dx: number, dy: number): Item {
  if (item.kind !== "lines") return { ...item, x: item.x + dx, y: item.y + dy };
  const down = (y: number) => y + dy;
  return { ...item, x0: item.x0 + dx, x1: item.x1 + dx, y0: item.y0.map(down), y1: item.y1.map(down) };
}

/** A text in lines of a width, broken between words; a word that is wider stands alone. */
export function wrapped(text: string, width: number, size: number, measure: Measure): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const longer = lines.length ? `${lines[lines.length - 1]} ${word}` : word;
    if (lines.length && measure(longer, size) <= width) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}
