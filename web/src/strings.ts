/** Every word on screen, by key; a language is one such catalogue. */

import type { SelectionSpec } from "./spec";

const percent = (share: number) => {
  const value = 100 * share;
  return `${value >= 99.95 ? "100" : value >= 10 ? value.toFixed(0) : value.toFixed(1)} %`;
};

export const number = (value: number) => value.toLocaleString("en-US");

/** A weight for reading. */
export const weightText = (weight: number) => {
  if (weight === 0) return "0";
  if (weight < 0.0005) return "< 0.001";
  return weight < 0.0995 ? weight.toFixed(3) : weight.toFixed(2);
};

/** An error bound, rounded up to one digit. */
const bound = (error: number) => {
  const digits = Math.max(0, -Math.floor(Math.log10(error)));
  return (Math.ceil(error * 10 ** digits - 1e-9) / 10 ** digits).toFixed(digits);
};

const named = (title: string) => (title ? `${title} · ` : "");

const english = {
  kinds: { encoder: "Encoder", decoder: "Decoder", cross: "Cross" } satisfies Record<SelectionSpec["kind"], string>,
  filters: { all: "All", aa: "A → A", ab: "A → B", ba: "B → A", bb: "B → B" } satisfies Record<
    SelectionSpec["filter"],
    string
  >,
  attention: "Attention",
  sentences: "Sentences",
  layer: "Layer",
  layerAxis: "layer",
  headAxis: "head",
  head: "Head",
  heads: "Heads",
  allHeads: "All",
  previousLayer: "Previous layer",
  nextLayer: "Next layer",
  headButton: (head: number) => `Head ${head}`,
  headHint: (head: number) => `Head ${head}: click shows or hides it, double-click shows it alone`,
  headPickHint: (head: number) => `Head ${head}: click shows it alone; with Shift or Ctrl, more than one`,
  picture: "Show as",
  lines: "Lines",
  matrix: "Matrix",
  shortcutsButton: "?",
  shortcutsHint: "Keyboard shortcuts",
  table: "Table",
  tableHint: "Strongest links as a table (t)",
  close: "Close",
  query: "query",
  key: "key",
  queries: "Queries",
  keyTokens: "Keys",
  weight: "Weight",
  loading: "Loading …",
  retry: "Try again",
  failed: "The weights could not be read.",
  noHead: "No head is selected. Click a square above, or press a for all.",
  noLink: "There is no attention between these tokens.",
  hint: "Point at a token to see where its attention goes. A click keeps it.",
  precision: (error: number) => `± ${bound(error)}`,
  token: (side: "query" | "key", position: number, label: string) => `${side} ${position} “${label}”`,
  link: (query: string, key: string, weight: string, head: number) => `${query} → ${key}: ${weight} (head ${head})`,
  nothing: (token: string) => `${token}: no attention`,
  gridTableHint: "Largest weights as a table (t)",
  largestWeights: "Largest weight of each layer and head",
  strongestLinks: "Strongest links",
  headsShown: (shown: number, all: number) =>
    shown === all ? `all ${all} heads` : shown === 1 ? "1 head" : `${shown} of ${all} heads`,
  headCaption: (title: string, layer: number, heads: string, queries: number, keys: number) =>
    `${named(title)}Layer ${layer}, ${heads}; ${number(queries)} queries × ${number(keys)} keys.`,
  share: (lines: number, of: number, share: number) =>
    `The strongest ${number(lines)} of ${number(of)} lines, showing ${percent(share)} of the attention.`,
  codedTo: (error: string) => `Weights are exact to ${error}.`,
  modelCaption: (title: string, layers: number, heads: number, queries: number, keys: number) =>
    `${named(title)}${layers} layers × ${heads} heads; ${number(queries)} queries × ${number(keys)} keys.`,
  pooled: (rows: number, columns: number) => `Each cell shows ${rows} × ${columns} blocks by their largest weight.`,
  border: "Blocks at the border between the sentences hold tokens of both.",
  cellShare: (share: number) => `Lines are the strongest of each cell, showing ${percent(share)} of the attention.`,
  cell: (layer: number, head: number) => `Layer ${layer}, head ${head}`,
  cellLargest: (weight: string) => `largest weight ${weight}`,
  cellAria: (layer: number, head: number, weight: string) => `layer ${layer} head ${head}, largest weight ${weight}`,
  opened: (layer: number, head: number) => `Opened layer ${layer} head ${head}`,
  previousHead: "Previous head",
  nextHead: "Next head",
  scale: "Weight",
  headView: "Attention of one layer as lines between query and key tokens",
  modelView: "Attention of all layers and heads as a grid of small pictures",
  shortcuts: "Keyboard",
  headKeys: [
    ["↑ ↓", "previous, next token"],
    ["← →", "queries, keys"],
    ["Enter", "keep the token"],
    ["Esc", "release it"],
    ["[  ]", "previous, next head alone"],
    ["a", "all heads"],
    [",  .", "previous, next layer"],
    ["t", "strongest links as a table"],
    ["?", "this list"],
  ],
  modelKeys: [
    ["← → ↑ ↓", "move over heads and layers"],
    ["Enter", "open the cell"],
    ["Esc", "close it"],
    ["Shift ↑ ↓", "in an open cell: previous, next token"],
    ["Shift ← →", "in an open cell: queries, keys"],
    ["m", "lines or matrix"],
    ["t", "the numbers as a table"],
    ["?", "this list"],
  ],
  mapView: "Attention of one layer as a map of query and key tokens",
  pools: { max: "Largest", mean: "Mean" },
  poolLabel: "Cells",
  poolHint: "What a pixel shows that stands for many weights, or for several heads",
  scales: { root: "Root", log: "Log", relative: "p · n" },
  scaleLabel: "Colour",
  scaleHint: "Colour scale; p · n is the weight as a multiple of a uniform row",
  handle: "Upper end of the colour scale",
  handleText: (value: string) => `strongest colour from ${value} on`,
  masked: "masked",
  goTo: "Go to",
  goToHint: "A token number, query and key numbers, or a text (Enter: the next query, Shift Enter: the next key)",
  goToPlace: "Token number or text",
  notFound: (text: string) => `“${text}” does not occur.`,
  noToken: (position: number, last: number) => `There is no token ${number(position)}; the last is ${number(last)}.`,
  nextEdge: "Next strong edge",
  edgeHint: "The next strong weight away from the diagonal and from the first token (n)",
  zoomIn: "Closer (+)",
  zoomOut: "Farther (−)",
  wholeMap: "Whole map (Home)",
  perPixel: (block: number) => (block === 1 ? "1 cell = 1 weight" : `1 cell = ${number(block)} × ${number(block)}`),
  sampled: (exact: number, all: number) => `sampled; ${exact} of ${all} tiles exact`,
  waiting: (there: number, all: number) => `${there} of ${all} tiles`,
  mapHint:
    "Point at the map for a weight; click to keep it. Wheel (after a click) or + and − zoom, drag moves, Shift and drag selects a rectangle.",
  attendsTo: "This query attends to",
  attendedBy: "This key is attended by",
  rectangle: (q0: number, q1: number, k0: number, k1: number) =>
    `queries ${number(q0)}–${number(q1 - 1)} × keys ${number(k0)}–${number(k1 - 1)}`,
  rectangleInPython: "In Python: view.selection.rectangle, view.sums()",
  clear: "Clear",
  perHead: (head: number) => `head ${head}`,
  mapCaption: (title: string, layer: number, heads: string, queries: number, keys: number) =>
    `${named(title)}Layer ${layer}, ${heads}; ${number(queries)} queries × ${number(keys)} keys.`,
  pixelPool: (block: number, pool: "max" | "mean", heads: number) => {
    const many = [
      ...(block > 1 ? [`${number(block)} × ${number(block)} weights`] : []),
      ...(heads > 1 ? [`${heads} heads`] : []),
    ].join(" of ");
    return many ? `A cell shows the ${pool === "max" ? "largest" : "mean"} of ${many}.` : "";
  },
  mapKeys: [
    ["← → ↑ ↓", "move the map"],
    ["+  −", "closer, farther"],
    ["Home", "the whole map"],
    ["Shift ← → ↑ ↓", "move the kept cell"],
    ["n  N", "next, previous strong edge"],
    ["/", "go to a token or text"],
    ["[  ]", "previous, next head alone"],
    [",  .", "previous, next layer"],
    ["m", "largest or mean"],
    ["c", "next colour scale"],
    ["Esc", "release what is kept"],
    ["?", "this list"],
  ],
  textView: "The text, its tokens shaded by attention",
  directions: { attends: "attends to", attended: "attended by" },
  directionLabel: "A token",
  directionHint: "Which way attention is followed from the selected token",
  headsTogether: "Together",
  followHint:
    "Point at a word to see its attention. Click to follow it; hold to keep it while you click others; Shift and click for a run of words.",
  receivedTitle: "Most attended tokens",
  givenTitle: "Largest values",
  keptFollow: "kept; click a token for its weight, Esc to release",
  run: (start: number, stop: number) => (stop - start === 1 ? number(start) : `${number(start)}–${number(stop - 1)}`),
  longRun: (most: number) => `A run of at most ${most} tokens can be followed.`,
  textCaption: (title: string, layer: number, heads: string, tokens: number) =>
    `${named(title)}Layer ${layer}, ${heads}; ${number(tokens)} tokens.`,
  receivedCaption: (share: number) =>
    `Shaded: mean attention from all tokens that see it${share < 1 ? `, from a sample of ${percent(share)} of them` : ""}.`,
  followCaption: (direction: "attends" | "attended", run: string) =>
    `Shaded: ${direction === "attends" ? `what ${run} attends to` : `what attends to ${run}`}.`,
  givenCaption: "Shaded: the values given.",
  textKeys: [
    ["← →", "the previous, the next token"],
    ["Enter", "keep it while others are clicked"],
    ["Esc", "release"],
    ["d", "attends to, attended by"],
    ["m", "mean or largest of heads"],
    ["/", "go to a token or text"],
    ["[  ]", "previous, next head alone"],
    [",  .", "previous, next layer"],
    ["?", "this list"],
  ],
  unknownView: (name: string) => `This version of regard has no view “${name}”.`,
  otherVersion: (found: number, known: number) =>
    `This picture was made for version ${found} of the format; this page reads ${known}.`,
};

export type Catalogue = typeof english;

export const t: Catalogue = english;
