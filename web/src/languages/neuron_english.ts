/** The words of the neuron view, in English; `neuron_chinese.ts` has the same keys. */

import { number, percent, signedText } from "./numbers";

const named = (title: string) => (title ? `${title} · ` : "");

export const neuronEnglish = {
  neuronView: "How one query's weights come out of queries and keys",
  neuronTerms: {
    content: "content",
    turned: "+ rotary",
    dot: "q · k",
    scaled: "× scale",
    capped: "soft-cap",
    distance_bias: "+ position",
    bias: "+ bias",
    mask: "+ mask",
    scores: "score",
    weights: "softmax",
    value_norm: "‖v‖",
    weighted_value: "× ‖v‖",
    written: "written",
  },
  neuronNames: { turned: "rotary", scaled: "scale", distance_bias: "position", bias: "bias" },
  neuronQuery: "Query q",
  neuronKey: "Key k",
  neuronProducts: { each: "q × k", running: "q × k, summed", pairs: "q × k, by pairs" },
  otherKeys: (count: number) => (count === 1 ? "1 other" : `${number(count)} others`),
  sink: "sink",
  signedText,
  expand: "Vectors",
  expandHint: "Show or hide the vectors and the terms between query and weight (e)",
  shownKeys: "Keys",
  keyChoices: { top: "Strongest", near: "Nearby", found: "Search", all: "All" },
  keyOrders: { position: "In order", weight: "By weight" },
  orderLabel: "Order of the keys",
  searchKeys: "Text in a key",
  dimensions: "Dimensions",
  dimOrders: { stored: "As stored", contribution: "By contribution", frequency: "By frequency" },
  dimOrderHint:
    "Order of the dimensions; by contribution: what adds most to the score of the kept key, or of all shown",
  dimSums: { each: "Each", running: "Summed", pairs: "Pairs" },
  dimSumHint:
    "Products of single dimensions, added up from the left (the last is q · k), or of the pairs that positions turn together",
  pair: (first: number, second: number, tokens: string, degrees: string) =>
    `dimensions ${first} and ${second} make a full turn in ${tokens} tokens; at this distance they are turned by ${degrees}°`,
  positive: "positive",
  negative: "negative",
  neuronCaption: (title: string, layer: number, head: number, shares: string) =>
    `${named(title)}Layer ${layer}, head ${head}${shares}.`,
  keyHead: (kvHead: number, sharing: number) => ` (key head ${kvHead}, which ${sharing} heads share)`,
  keysShown: (shown: number, all: number, share: number) =>
    shown === all
      ? `All ${number(all)} keys.`
      : `${number(shown)} of ${number(all)} keys, with ${percent(share)} of the attention.`,
  sinkTakes: (share: number) => `The sink takes ${percent(share)}.`,
  columnsLeftOut: (names: string) => `No room for: ${names}.`,
  noKeyFound: "No key holds that text.",
  sumOf: (query: string, key: string) => `${query} → ${key}`,
  times: "×",
  less: "−",
  logSumExp: "log Σ exp",
  exponential: "exp",
  capWith: (cap: string) => `capped at ${cap}`,
  strongestDims: "Dimensions that add most",
  dimension: (dim: number, query: string, key: string, product: string) =>
    `dimension ${dim}: ${query} × ${key} = ${product}`,
  hiddenKey: "The mask hides this key from this query.",
  neuronTable: "The parts of each weight",
  neuronTableHint: "The numbers as a table (t)",
  neuronHint: "Point at a token on the left for its weights, at a row for how one weight adds up. A click keeps it.",
  neuronKeys: [
    ["↑ ↓", "previous, next query"],
    ["Shift ↑ ↓", "previous, next key"],
    ["Esc", "release the key"],
    ["e", "show or hide the vectors"],
    ["d", "order of the dimensions"],
    ["s", "products alone or summed"],
    ["k", "next choice of keys"],
    ["w", "keys in order or by weight"],
    ["/", "go to a token or text"],
    ["[  ]", "previous, next head"],
    [",  .", "previous, next layer"],
    ["t", "the numbers as a table"],
    ["?", "this list"],
  ],
};

export type NeuronWords = typeof neuronEnglish;
