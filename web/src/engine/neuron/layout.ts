/** The rows of a neuron picture as data: tokens, strips of dimensions, columns of numbers, lines. Pure. */

import { alphaOf } from "../alpha";
import type { Area, DisplayList, Item, Measure, Text } from "../display_list";
import { fit } from "../text";
import type { Theme } from "../theme";
import { type DimSum, shownProducts } from "./dims";
import {
  type Band,
  footerRows,
  type Geometry,
  geometry,
  HEADER,
  NUMBER_SIZE,
  type Place,
  ROW,
  rowsIn,
  rowY,
  TOKEN_SIZE,
} from "./geometry";
import { columnOf, type Term } from "./parts";
import { type NeuronScene, partsRow, sumsOf, type Tops, topsOf } from "./scene";
import { clamped, signedCells, signedLut } from "./signed";

const STRIP = 14;
const NUMERALS = 48;
const LINE_STRENGTH = 0.95;
const FAR_WEIGHT = 0.005;

/** The words of the picture. */
export interface Words {
  query: string;
  key: string;
  products: Record<DimSum, string>;
  queries: string;
  keys: string;
  weight: string;
  terms: Record<Term, string>;
  others(count: number): string;
  sink: string;
  number(value: number): string;
  weightText(value: number): string;
}

export interface Drawing {
  theme: Theme;
  measure: Measure;
  words: Words;
}

/** What is pointed at: a row of keys, and a dimension by its place. */
export interface NeuronFocus {
  row: number | null;
  place: number | null;
}

/** The whole picture at a width. */
export function layout(scene: NeuronScene, width: number, drawing: Drawing): DisplayList {
  const at = geometry(scene, width, drawing.measure);
  const whole = { top: 0, bottom: at.height };
  return {
    width: at.width,
    height: at.height,
    layers: { rows: rowsLayer(scene, at, whole, drawing) },
    areas: areas(scene, at, whole),
  };
}

/** Everything but what is pointed at, in a band. */
export function rowsLayer(scene: NeuronScene, at: Geometry, band: Band, drawing: Drawing): Item[] {
  const [first, stop] = rowsIn(band, scene.keys.length);
  const tops = topsOf(scene.parts);
  const rows = Array.from({ length: stop - first }, (_, i) => rowItems(scene, at, first + i, tops, drawing)).flat();
  return [
    lines(scene, at, band),
    ...rows,
    ...footer(scene, at, drawing),
    ...queryColumn(scene, at, band, tops, drawing),
    ...headings(scene, at, band, drawing),
  ];
}

/** What is pointed at: a ground under the row, a frame round the dimension. */
export function focusLayer(scene: NeuronScene, at: Geometry, band: Band, { row, place }: NeuronFocus): Item[] {
  if (row === null || row >= scene.keys.length) return [];
  const y = HEADER + ROW * row;
  const from = at.lines.x + at.lines.width;
  const ground: Item = {
    kind: "rect", x: from, y: y + 0.5, width: at.width - from, height: ROW - 1, stroke: "edge", radius: 4,
  }; // biome-ignore format: one line
  if (place === null || !at.product) return [ground];
  const cell = at.product.width / scene.dims.length;
  const frames = [at.key, at.product].flatMap((strip): Item[] =>
    strip ? [frame(strip.x + place * cell, y + (ROW - STRIP) / 2, cell)] : [],
  );
  const own = scene.queries.indexOf(scene.query);
  const ofQuery =
    at.query && own >= 0 ? [frame(at.query.x + place * cell, band.top + rowY(own) - STRIP / 2, cell)] : [];
  return [ground, ...frames, ...ofQuery];
}

function frame(x: number, y: number, cell: number): Item {
  const width = Math.max(3, cell);
  return {
    kind: "rect",
    x: x + (cell - width) / 2 - 0.5,
    y: y - 1.5,
    width: width + 1,
    height: STRIP + 3,
    stroke: "ink",
  };
}

/** Areas that answer what lies under a pointer; the columns of `product` and `key` are dimensions by their place. */
export function areas(scene: NeuronScene, at: Geometry, band: Band): Area[] {
  const rows = scene.keys.length;
  const area = (name: string, place: Place, columns = 1): Area => ({
    name, x: place.x, y: HEADER, width: place.width, height: ROW * rows, rows, columns,
  }); // biome-ignore format: one line
  const right = { x: at.lines.x + at.lines.width, width: at.width - at.lines.x - at.lines.width };
  const strips = (["key", "product"] as const).flatMap((name) => {
    const place = at[name];
    return place ? [area(name, place, scene.dims.length)] : [];
  });
  const queries: Area = {
    name: "query",
    x: 0,
    y: band.top + HEADER,
    width: at.lines.x,
    height: ROW * scene.queries.length,
    rows: scene.queries.length,
    columns: 1,
  };
  return [area("row", right), ...strips, queries];
}

function rowItems(scene: NeuronScene, at: Geometry, row: number, tops: Tops, drawing: Drawing): Item[] {
  const key = scene.keys[row];
  const y = rowY(row);
  const i = partsRow(scene, row);
  return [
    ...tokenItems(scene, at, key, y, drawing),
    ...weightItems(scene.weights[key], at.weight, y, scene.hue, drawing),
    ...(i < 0 ? [] : [...strips(scene, at, i, y, tops, drawing), ...numbers(scene, at, i, y, tops, drawing)]),
  ];
}

function tokenItems(scene: NeuronScene, at: Geometry, key: number, y: number, { measure }: Drawing): Item[] {
  const { keyTokens, offset } = scene;
  const isHidden = !(scene.weights[key] > 0);
  const special = keyTokens.special.includes(key);
  const label = fit(keyTokens.labels[key], at.keyToken.width, TOKEN_SIZE, measure);
  const colour = special || isHidden ? "muted" : "ink";
  const items: Item[] = [text(label, at.keyToken.x, y, { size: TOKEN_SIZE, align: "left", colour })];
  if (offset === null || !at.distance.width) return items;
  const away = key - scene.query - offset;
  const sign = away > 0 ? `+${away}` : away < 0 ? `−${-away}` : "0";
  return [...items, text(sign, at.distance.x + at.distance.width, y, { align: "right", colour: "muted" })];
}

function strips(scene: NeuronScene, at: Geometry, i: number, y: number, tops: Tops, { theme }: Drawing): Item[] {
  const { parts, dims } = scene;
  const { width } = parts.factors;
  const lut = signedLut(theme);
  const strip = ({ x, width: size }: Place, values: ArrayLike<number>, top: number): Item => ({
    kind: "pixels", x, y: y - STRIP / 2, width: size, height: STRIP, rows: 1, columns: dims.length,
    rgba: signedCells(values, top, lut),
  }); // biome-ignore format: one line
  const keys = Float64Array.from(dims, (dim) => parts.key[i * width + dim]);
  return [
    ...(at.key ? [strip(at.key, keys, tops.key)] : []),
    ...(at.product ? [strip(at.product, shownProducts(parts, i, dims, scene.sum), topOfProducts(scene, tops))] : []),
  ];
}

/** Running sums reach further than single products. */
function topOfProducts({ sum, parts }: NeuronScene, tops: Tops): number {
  if (sum !== "running") return tops.product;
  return Math.max(1e-9, ...(columnOf(parts, "dot") ?? []).map(Math.abs));
}

function numbers(scene: NeuronScene, at: Geometry, i: number, y: number, tops: Tops, { words }: Drawing): Item[] {
  return [...at.terms, ...at.values].flatMap(({ term, x, width }): Item[] => {
    const value = columnOf(scene.parts, term)?.[i] ?? 0;
    const share = clamped(value / tops.number(term));
    const box = { x: x + 2, y: y - STRIP / 2 - 2, width: width - 4, height: STRIP + 4 };
    if (term === "mask" && value < 0) return [{ kind: "hatch", ...box }, number("−∞", x + width, y)];
    const ground: Item = {
      kind: "rect", ...box, fill: share < 0 ? "negative" : "positive", alpha: Math.round(50 * Math.abs(share)) / 100,
      radius: 3,
    }; // biome-ignore format: one line
    return [...(ground.alpha ? [ground] : []), number(words.number(value), x + width, y)];
  });
}

function number(label: string, right: number, y: number): Text {
  return text(label, right - 7, y, { align: "right", colour: "ink" });
}

function weightItems(weight: number, at: Place, y: number, hue: number, { words }: Drawing): Item[] {
  const whole = at.width - NUMERALS;
  const length = whole * Math.min(1, weight);
  const track: Item = { kind: "rect", x: at.x, y: y - 5, width: whole, height: 10, fill: "hover", radius: 2 };
  const bar: Item = {
    kind: "rect",
    x: at.x,
    y: y - 5,
    width: Math.max(1, length),
    height: 10,
    fill: `head${hue}`,
    radius: 2,
  };
  return [
    track,
    ...(weight > 0 ? [bar] : []),
    text(words.weightText(weight), at.x + at.width - 4, y, { align: "right", colour: weight > 0 ? "ink" : "muted" }),
  ];
}

/** A line from the query to each key that it attends to: all in sight, and beyond it those that take some of it. */
function lines(scene: NeuronScene, at: Geometry, band: Band): Item {
  const own = Math.max(0, scene.queries.indexOf(scene.query));
  const from = band.top + rowY(own);
  const [first, stop] = rowsIn(band, scene.keys.length);
  const shown = scene.keys.flatMap((key, row) => {
    const weight = scene.weights[key];
    return weight > (row >= first && row < stop ? 0 : FAR_WEIGHT) ? [{ row, weight }] : [];
  });
  return {
    kind: "lines",
    x0: at.lines.x + (at.query ? 2 : -4),
    x1: at.lines.x + at.lines.width,
    y0: Float32Array.from(shown, () => from),
    y1: Float32Array.from(shown, ({ row }) => rowY(row)),
    alpha: Uint8Array.from(shown, ({ weight }) => alphaOf(weight, LINE_STRENGTH)),
    hue: Uint8Array.from(shown, () => scene.hue),
    width: 2,
  };
}

/** The queries, and the selected one's vector beside it; they stay in sight. */
function queryColumn(scene: NeuronScene, at: Geometry, band: Band, tops: Tops, { theme, measure }: Drawing): Item[] {
  const { queryTokens, queries, query, parts, dims } = scene;
  return queries.flatMap((position, i): Item[] => {
    const y = band.top + rowY(i);
    const isOwn = position === query;
    const colour = isOwn ? "ink" : "muted";
    const label = fit(queryTokens.labels[position], at.queryToken.width - 6, TOKEN_SIZE, measure);
    const right = at.queryToken.x + at.queryToken.width - 2;
    const name = text(label, right, y, { size: TOKEN_SIZE, align: "right", colour, bold: isOwn });
    if (!isOwn) return [name];
    const box = { x: at.queryToken.x, y: y - ROW / 2 + 1, width: at.queryToken.width + 4, height: ROW - 2 };
    const ground: Item = { kind: "rect", ...box, fill: "hover", radius: 4 };
    if (!at.query) return [ground, name];
    const values = Float64Array.from(dims, (dim) => parts.query[dim]);
    const rgba = signedCells(values, tops.query, signedLut(theme));
    const strip: Item = {
      kind: "pixels", x: at.query.x, y: y - STRIP / 2, width: at.query.width, height: STRIP, rows: 1,
      columns: dims.length, rgba,
    }; // biome-ignore format: one line
    return [ground, name, strip];
  });
}

/** Names of the columns, over a ground that hides the rows behind them. */
function headings(scene: NeuronScene, at: Geometry, band: Band, { words, measure }: Drawing): Item[] {
  const ground: Item = { kind: "rect", x: 0, y: band.top, width: at.width, height: HEADER - 2, fill: "surface" };
  const y = band.top + 26;
  const head = (label: string, x: number, width: number, align: Text["align"]) =>
    text(fit(label, width, NUMBER_SIZE, measure), x, y, { align, colour: "muted" });
  const over = (label: string, { x, width }: Place) => head(label, x, width, "left");
  return [
    ground,
    head(words.queries, at.queryToken.x + at.queryToken.width - 2, at.queryToken.width, "right"),
    ...(at.query ? [over(words.query, at.query)] : []),
    ...(at.key ? [over(words.key, at.key)] : []),
    ...(at.product ? [over(words.products[scene.sum], at.product)] : []),
    ...[...at.terms, ...at.values].map(({ term, x, width }) => head(words.terms[term], x + width - 7, width, "right")),
    over(words.weight, at.weight),
    over(words.keys, { x: at.keyToken.x, width: at.keyToken.width + at.distance.width }),
    { kind: "rect", x: 0, y: band.top + HEADER - 4, width: at.width, height: 1, fill: "rule" },
  ];
}

/** What the keys that are not shown take, and what a sink takes. */
function footer(scene: NeuronScene, at: Geometry, drawing: Drawing): Item[] {
  const { others, othersCount, sink } = sumsOf(scene);
  const { words } = drawing;
  const rows: [string, number][] = [];
  if (othersCount > 0) rows.push([words.others(othersCount), others]);
  if (sink !== null) rows.push([words.sink, sink]);
  if (!footerRows(scene)) return [];
  const rule: Item = {
    kind: "rect",
    x: at.weight.x,
    y: HEADER + ROW * scene.keys.length,
    width: at.width - at.weight.x,
    height: 1,
    fill: "rule",
  };
  return [
    rule,
    ...rows.flatMap(([name, weight], i) => {
      const y = rowY(scene.keys.length + i) + 2;
      const room = at.width - at.keyToken.x;
      const label = fit(name, room, NUMBER_SIZE, drawing.measure);
      return [
        ...weightItems(weight, at.weight, y, scene.hue, drawing),
        text(label, at.keyToken.x, y, { align: "left", colour: "muted" }),
      ];
    }),
  ];
}

function text(label: string, x: number, y: number, style: Partial<Text> & Pick<Text, "align" | "colour">): Text {
  return { kind: "text", x, y, text: label, size: NUMBER_SIZE, ...style };
}
