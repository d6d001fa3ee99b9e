/** Where the columns of a neuron picture stand; what has no room goes first. Pure. */

import type { Measure } from "../display_list";
import type { Term } from "./parts";
import { type NeuronScene, numberTerms, sumsOf, valueTerms } from "./scene";

export const ROW = 22;
export const HEADER = 44;
export const TOKEN_SIZE = 13;
export const NUMBER_SIZE = 11;
const GAP = 10;
const NUMBER = 54;
const WEIGHT = { narrow: 68, wide: 92 };
const DISTANCE = 36;
const LINES = { least: 36, most: 150 };
const STRIP = { least: 56, mostPerDim: 7 };
const TOKEN = { narrow: 64, wide: 116 };
const NARROW = 640;
const VERY_LONG = 40;

export interface Place {
  x: number;
  width: number;
}

export interface Geometry {
  width: number;
  height: number;
  rows: number;
  queryToken: Place;
  keyToken: Place;
  /** Of how many keys away each one is; no width where that means nothing. */
  distance: Place;
  lines: Place;
  query: Place | null;
  key: Place | null;
  product: Place | null;
  terms: (Place & { term: Term })[];
  weight: Place;
  /** Terms after the weight. */
  values: (Place & { term: Term })[];
}

/** The visible band of the picture; headings and queries stay in it. */
export interface Band {
  top: number;
  bottom: number;
}

interface Plan {
  strips: 0 | 1 | 3;
  terms: Term[];
  values: Term[];
}

/** What goes before anything else when room is short: it is said below the picture. */
const LESS: Term[] = ["scaled", "mask", "weighted_value"];

export function geometry(scene: NeuronScene, width: number, measure: Measure): Geometry {
  const token = tokenWidth(scene, width, measure);
  const isNarrow = width < NARROW;
  const distance = scene.offset === null || isNarrow ? 0 : DISTANCE;
  const weight = isNarrow ? WEIGHT.narrow : WEIGHT.wide;
  const ends = 2 * token + distance + weight + 4 * GAP;
  const plan = scene.expanded
    ? planned(scene, width - ends)
    : { strips: 0 as const, terms: [], values: valueTerms(scene.parts) };
  const room = width - ends - taken(plan);
  const strip = plan.strips
    ? Math.floor(Math.min(room / plan.strips, STRIP.mostPerDim * scene.parts.factors.width))
    : 0;
  const spare = Math.max(0, room - plan.strips * strip);
  const lines = scene.expanded ? LINES.least + Math.min(spare, LINES.most - LINES.least) : LINES.least + spare;
  return placed(scene, width, plan, { token, distance, strip, lines, weight });
}

function placed(
  scene: NeuronScene,
  width: number,
  { strips, terms, values }: Plan,
  { token, distance, strip, lines, weight }: Record<"token" | "distance" | "strip" | "lines" | "weight", number>,
): Geometry {
  let x = 0;
  const next = (size: number, gap = GAP): Place => {
    const place = { x, width: size };
    x += size + gap;
    return place;
  };
  const queryToken = next(token);
  const query = strips === 3 ? next(strip, 2) : null;
  const between = next(lines, 4);
  const key = strips === 3 ? next(strip) : null;
  const product = strips ? next(strip) : null;
  const columns = terms.map((term) => ({ ...next(NUMBER, 0), term }));
  if (terms.length) x += GAP;
  const softmax = next(weight);
  const after = values.map((term) => ({ ...next(NUMBER, 0), term }));
  if (values.length) x += GAP;
  const keyToken = next(token, 0);
  const rows = scene.keys.length;
  return {
    width,
    height: HEADER + ROW * (Math.max(rows, scene.queries.length) + footerRows(scene)) + 8,
    rows,
    queryToken,
    keyToken,
    distance: next(distance, 0),
    lines: between,
    query,
    key,
    product,
    terms: columns,
    weight: softmax,
    values: after,
  };
}

/** Rows below the keys: what the other keys and a sink take. */
export function footerRows(scene: NeuronScene): number {
  const { othersCount, sink } = sumsOf(scene);
  return Number(othersCount > 0) + Number(sink !== null);
}

/** The fullest of the plans that have room, each leaving out more. */
function planned({ parts }: NeuronScene, room: number): Plan {
  const [terms, values, { width }] = [numberTerms(parts), valueTerms(parts), parts.factors];
  const without = (list: Term[], some: Term[]) => list.filter((term) => !some.includes(term));
  const ends = terms.filter((term) => term === "dot" || term === terms.at(-1));
  const last = values.slice(-1);
  const plans: (Plan & { least: number })[] = [
    { strips: 3, terms, values, least: 1.6 * width },
    { strips: 3, terms: without(terms, LESS), values: without(values, LESS), least: 1.3 * width },
    { strips: 3, terms: ends, values: last, least: width },
    { strips: 1, terms, values, least: width },
    { strips: 1, terms: ends, values: last, least: STRIP.least },
    { strips: 1, terms: ["dot"], values: last, least: STRIP.least },
    { strips: 1, terms: [], values: last, least: STRIP.least },
    { strips: 1, terms: [], values: [], least: STRIP.least },
  ];
  const fits = (plan: Plan & { least: number }) =>
    (room - taken(plan)) / plan.strips >= Math.max(STRIP.least, plan.least);
  return plans.find(fits) ?? { strips: 0, terms: ["dot"], values: [] };
}

/** Terms that the picture has no room for. */
export function leftOut({ parts }: NeuronScene, at: Geometry): Term[] {
  const shown = new Set([...at.terms, ...at.values].map(({ term }) => term));
  return [...numberTerms(parts), ...valueTerms(parts)].filter((term) => !shown.has(term));
}

function taken({ strips, terms, values }: Plan): number {
  const gaps = strips === 3 ? 2 + 2 * GAP : strips * GAP;
  const numbers = [terms, values].map((list) => (list.length ? list.length * NUMBER + GAP : 0));
  return LINES.least + 4 + gaps + numbers[0] + numbers[1];
}

function tokenWidth({ queries, keys, queryTokens, keyTokens }: NeuronScene, width: number, measure: Measure): number {
  const most = width < NARROW ? TOKEN.narrow : TOKEN.wide;
  let widest = 40;
  for (const [tokens, positions] of [
    [queryTokens, queries],
    [keyTokens, keys.slice(0, 200)],
  ] as const) {
    for (const position of positions) {
      const label = tokens.labels[position];
      widest = Math.max(widest, label.length > VERY_LONG ? most : Math.ceil(measure(label, TOKEN_SIZE, true)) + 4);
    }
  }
  return Math.min(widest, most);
}

/** Middle of a row of keys. */
export function rowY(row: number): number {
  return HEADER + ROW * (row + 0.5);
}

/** Rows that touch a band. */
export function rowsIn(band: Band, count: number): [first: number, stop: number] {
  const clamp = (row: number) => Math.max(0, Math.min(count, row));
  return [clamp(Math.floor((band.top - HEADER) / ROW)), clamp(Math.ceil((band.bottom - HEADER) / ROW))];
}
