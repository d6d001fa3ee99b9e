/** The text along both sides of a map, and the marks over it, as data. */

import type { TokensSpec } from "../../spec";
import { number } from "../../strings";
import type { Item, Measure } from "../display_list";
import { fit } from "../text";
import type { Camera, Port } from "./camera";
import { snippet, ticks } from "./text_grain";

/** Room for the text along a map's left and upper side. */
export const LEFT = 172;
export const TOP = 64;

const SIZE = 11;
const LEGIBLE = 12;
const ROW_SPACING = 18;
const COLUMN_SPACING = 104;
const NUMBER_SIZE = 10;
const CHARACTERS = 40;

export interface Axis {
  tokens: TokensSpec;
  /** What begins at each token (see text_grain). */
  begins: Uint8Array;
}

/** A token or text at every row that has room, with its position. */
export function queryLabels({ tokens, begins }: Axis, camera: Camera, port: Port, measure: Measure): Item[] {
  const stop = camera.query + port.height / camera.zoom;
  const spacing = camera.zoom >= LEGIBLE ? 1 : ROW_SPACING;
  return ticks(camera.query, stop, camera.zoom, spacing, begins).flatMap((position): Item[] => {
    const y = TOP + (position + 0.5 - camera.query) * camera.zoom;
    if (y < TOP + 2 || y > TOP + port.height - 2) return [];
    const place = number(position);
    const start = Math.max(26, measure(place, NUMBER_SIZE) + 8);
    const text = camera.zoom >= LEGIBLE ? tokens.labels[position] : snippet(tokens.pieces, position, CHARACTERS);
    return [
      { kind: "text", x: 0, y, text: place, size: NUMBER_SIZE, align: "left", colour: "muted" },
      {
        kind: "text",
        x: start,
        y,
        text: cut(text, LEFT - 10 - start, measure),
        size: SIZE,
        align: "left",
        colour: "ink",
      },
      { kind: "rect", x: LEFT - 6, y: Math.round(y), width: 4, height: 1, fill: "edge" },
    ];
  });
}

/** Tokens on end above columns that are wide enough; else a position and the text from there on. */
export function keyLabels({ tokens, begins }: Axis, camera: Camera, port: Port, measure: Measure): Item[] {
  const stop = camera.key + port.width / camera.zoom;
  const isLegible = camera.zoom >= LEGIBLE;
  const places = ticks(camera.key, stop, camera.zoom, isLegible ? 1 : COLUMN_SPACING, begins);
  return places.flatMap((position, i): Item[] => {
    const x = LEFT + (position + 0.5 - camera.key) * camera.zoom;
    if (x < LEFT + 2 || x > LEFT + port.width - 2) return [];
    if (isLegible) {
      return [
        {
          kind: "text",
          x,
          y: TOP - 6,
          text: cut(tokens.labels[position], TOP - 10, measure),
          size: SIZE,
          align: "left",
          colour: "ink",
          turned: true,
        },
      ];
    }
    const room = Math.min(LEFT + port.width - x, ((places[i + 1] ?? stop) - position) * camera.zoom) - 10;
    if (room < 40) return [{ kind: "rect", x: Math.round(x), y: TOP - 6, width: 1, height: 4, fill: "edge" }];
    return [
      {
        kind: "text",
        x: x - 1,
        y: TOP - 33,
        text: number(position),
        size: NUMBER_SIZE,
        align: "left",
        colour: "muted",
      },
      {
        kind: "text",
        x: x - 1,
        y: TOP - 17,
        text: cut(snippet(tokens.pieces, position, CHARACTERS), room, measure),
        size: SIZE,
        align: "left",
        colour: "ink",
      },
      { kind: "rect", x: Math.round(x), y: TOP - 6, width: 1, height: 4, fill: "edge" },
    ];
  });
}

const CHIP = 18;
const LONGEST_CHIP = 180;

/** The labels that a chip at this cell leaves room for. */
export function beside(labels: readonly Item[], cell: NamedCell, camera: Camera): Item[] {
  const y = cell.query === null ? Number.NaN : TOP + (cell.query + 0.5 - camera.query) * camera.zoom;
  return labels.filter((label) => label.kind !== "text" || label.x > LEFT || !(Math.abs(label.y - y) < CHIP - 1));
}

export interface NamedCell {
  query: number | null;
  key: number | null;
}

/** The tokens of one cell, set off from the text along the axes. */
export function chips(
  cell: NamedCell,
  queries: Axis,
  keys: Axis,
  camera: Camera,
  port: Port,
  measure: Measure,
): Item[] {
  const items: Item[] = [];
  const chip = (x: number, y: number, width: number, text: string) => {
    items.push({ kind: "rect", x, y: y - CHIP / 2, width, height: CHIP, fill: "ink", radius: 4 });
    items.push({
      kind: "text",
      x: x + 6,
      y,
      text: cut(text, width - 12, measure),
      size: SIZE,
      align: "left",
      colour: "surface",
    });
  };
  if (cell.query !== null) {
    const y = TOP + (cell.query + 0.5 - camera.query) * camera.zoom;
    if (y > TOP && y < TOP + port.height)
      chip(0, y, LEFT - 8, `${number(cell.query)}  ${queries.tokens.labels[cell.query]}`);
  }
  if (cell.key !== null) {
    const x = LEFT + (cell.key + 0.5 - camera.key) * camera.zoom;
    const text = `${number(cell.key)}  ${keys.tokens.labels[cell.key]}`;
    const width = Math.min(LONGEST_CHIP, Math.ceil(measure(text, SIZE)) + 17);
    if (x > LEFT && x < LEFT + port.width)
      chip(Math.max(LEFT, Math.min(LEFT + port.width - width, x - width / 2)), TOP - 16, width, text);
  }
  return items;
}

const known = new Map<string, string>();

/** The beginning of a text that fits; remembered, for axes are drawn in every frame. */
function cut(text: string, width: number, measure: Measure): string {
  const name = `${Math.round(width / 4)}/${text}`;
  let found = known.get(name);
  if (found === undefined) {
    if (known.size > 4000) known.clear();
    found = ending(text, Math.floor(width / 4) * 4, measure);
    known.set(name, found);
  }
  return found;
}

function ending(text: string, width: number, measure: Measure): string {
  if (measure(text, SIZE) <= width) return text;
  if (!/\s/.test(text)) return fit(text, width, SIZE, measure);
  let [kept, over] = [0, text.length];
  while (over - kept > 1) {
    const tried = (kept + over) >> 1;
    if (measure(`${text.slice(0, tried)}…`, SIZE) <= width) kept = tried;
    else over = tried;
  }
  return `${text.slice(0, kept).trimEnd()}…`;
}

export interface Marks {
  /** The cell pointed at or pinned, as a run of queries and one of keys (more than one where cells are too small). */
  pointed: { queries: [number, number]; keys: [number, number] } | null;
  pinned: { query: number | null; key: number | null };
  rectangle: readonly number[] | null;
}

/** Hair lines through what is pointed at, frames around what is pinned and brushed. */
export function marks({ pointed, pinned, rectangle }: Marks, camera: Camera, port: Port, map: Port): Item[] {
  const x = (key: number) => LEFT + (key - camera.key) * camera.zoom;
  const y = (query: number) => TOP + (query - camera.query) * camera.zoom;
  const [width, height] = [Math.min(port.width, map.width), Math.min(port.height, map.height)];
  /** Both borders of a run of rows or columns; one line where it is thinner than that. */
  const band = (axis: "query" | "key", start: number, stop: number, fill: string, alpha: number): Item[] => {
    const pixels = (stop - start) * camera.zoom;
    const first = axis === "query" ? y(start) : x(start);
    const lines = pixels < 4 ? [first + pixels / 2] : [first, first + pixels];
    return lines.map((at): Item => {
      const line = Math.round(at) - 0.5;
      return axis === "query"
        ? { kind: "rect", x: LEFT, y: line, width, height: 1, fill, alpha }
        : { kind: "rect", x: line, y: TOP, width: 1, height, fill, alpha };
    });
  };
  const items: Item[] = [];
  if (rectangle) items.push(...shade(rectangle, x, y, width, height));
  if (pinned.query !== null) items.push(...band("query", pinned.query, pinned.query + 1, "accent", 0.6));
  if (pinned.key !== null) items.push(...band("key", pinned.key, pinned.key + 1, "accent", 0.6));
  if (pinned.query !== null && pinned.key !== null) items.push(frame(x(pinned.key), y(pinned.query), camera.zoom));
  if (pointed) {
    items.push(...band("query", ...pointed.queries, "ink", 0.3), ...band("key", ...pointed.keys, "ink", 0.3));
    const side = (pointed.queries[1] - pointed.queries[0]) * camera.zoom;
    items.push({ ...frame(x(pointed.keys[0]), y(pointed.queries[0]), side), stroke: "ink" });
  }
  return items;
}

const SMALLEST_FRAME = 7;

function frame(x: number, y: number, side: number): Item & { kind: "rect" } {
  const size = Math.max(SMALLEST_FRAME, side + 2);
  const off = (size - side) / 2;
  return { kind: "rect", x: x - off, y: y - off, width: size, height: size, stroke: "accent" };
}

/** The brushed rectangle: its frame, and a veil over what is around it. */
function shade(
  [q0, q1, k0, k1]: readonly number[],
  x: (key: number) => number,
  y: (query: number) => number,
  width: number,
  height: number,
): Item[] {
  const clamp = (value: number, low: number, high: number) => Math.round(Math.max(low, Math.min(high, value)));
  const [left, right] = [clamp(x(k0), LEFT, LEFT + width), clamp(x(k1), LEFT, LEFT + width)];
  const [top, bottom] = [clamp(y(q0), TOP, TOP + height), clamp(y(q1), TOP, TOP + height)];
  const veil = (vx: number, vy: number, w: number, h: number): Item => ({
    kind: "rect",
    x: vx,
    y: vy,
    width: w,
    height: h,
    fill: "surface",
    alpha: 0.55,
  });
  return [
    veil(LEFT, TOP, width, top - TOP),
    veil(LEFT, bottom, width, TOP + height - bottom),
    veil(LEFT, top, left - LEFT, bottom - top),
    veil(right, top, LEFT + width - right, bottom - top),
    { kind: "rect", x: left - 0.5, y: top - 0.5, width: right - left + 1, height: bottom - top + 1, stroke: "accent" },
  ];
}
