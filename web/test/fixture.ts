/** Synthetic attention, coded as it travels. */

import type { Tile } from "../src/source/source";
import type { AttentionSpec, SelectionSpec, TileHeader, ViewSpec } from "../src/spec";

/** Park–Miller, so that every run sees the same numbers. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 16807) % 2147483647;
    return state / 2147483647;
  };
}

/** Rows that sum to one, with a few large weights each, as attention has. */
export function attention(queries: number, keys: number, seed = 1): Float32Array {
  const next = random(seed);
  const weights = Float32Array.from({ length: queries * keys }, () => next() ** 8);
  for (let query = 0; query < queries; query++) {
    const row = weights.subarray(query * keys, (query + 1) * keys);
    const sum = row.reduce((all, weight) => all + weight, 0);
    row.forEach((weight, key) => {
      row[key] = weight / sum;
    });
  }
  return weights;
}

export function encode(weights: Float32Array, dtype: TileHeader["dtype"], root = 2): Tile["codes"] {
  if (dtype === "f32") return weights;
  const largest = dtype === "u8" ? 255 : 65535;
  const codes = Array.from(weights, (weight) => Math.round(largest * weight ** (1 / root)));
  return dtype === "u8" ? Uint8Array.from(codes) : Uint16Array.from(codes);
}

export function tile(queries: number, keys: number, seed = 1, dtype: TileHeader["dtype"] = "u8", root = 2): Tile {
  const codes = encode(attention(queries, keys, seed), dtype, root);
  return { shape: [queries, keys], dtype, root, error: dtype === "f32" ? 0 : 0.0039, codes };
}

export function header(array: string, slices: number[][], more: Partial<TileHeader> = {}): TileHeader {
  return { array, slices, dtype: "u8", root: 2, error: 0.0039, compression: null, share: 1, ...more };
}

export const ENCODER: AttentionSpec = {
  kind: "encoder",
  layers: [0, 1, 2],
  heads: [0, 1, 2, 3],
  kv_heads: 4,
  queries: 6,
  keys: 6,
  query_stream: "text",
  key_stream: "text",
  overview: 64,
  masks: [0, 1, 2].map(() => ({ before: null, after: null, chunk: null, offset: 0 })),
  layer_heads: [0, 1, 2].map(() => [0, 1, 2, 3]),
  head_count: 4,
};

export const CROSS: AttentionSpec = {
  ...ENCODER,
  kind: "cross",
  layers: [1],
  heads: [0, 1],
  layer_heads: [[0, 1]],
  head_count: 2,
  query_stream: "summary",
  queries: 3,
};

export const SELECTED: SelectionSpec = {
  kind: "encoder",
  layer: 1,
  heads: [0, 1, 2, 3],
  query: null,
  key: null,
  filter: "all",
  rectangle: null,
  color: "weight",
  least: 0,
};

/** A pair of texts with special tokens around, and a second stream without segments. */
export function spec(more: Partial<ViewSpec> = {}): ViewSpec {
  const labels = ["[CLS]", "the", "cat", "[SEP]", "sat", "مرحبا"];
  const summary = ["a", "cat", "sat"];
  return {
    version: 1,
    view: "head_view",
    title: "fixture",
    theme: "light",
    language: "en",
    streams: {
      text: { labels, pieces: labels, special: [0, 3], segments: [-1, 0, 0, -1, 1, 1] },
      summary: { labels: summary, pieces: summary, special: [], segments: null },
    },
    attentions: [ENCODER, CROSS],
    selection: SELECTED,
    options: {},
    effects: [],
    ...more,
  };
}

/** Widths without a browser: every character is 0.6 of the size, bold or not. */
export const measure = (text: string, size: number) => text.length * size * 0.6;
