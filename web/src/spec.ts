// Generated from src/regard/view/spec.py by `make spec`. Do not edit.

export const VERSION = 1;

/** One token sequence: what is drawn, what the text really is, which tokens are special, which text of a pair. */
export interface TokensSpec {
  labels: string[];
  pieces: string[];
  special: number[];
  segments: number[] | null;
}

/** Which keys a query at position (row + ``offset``) sees: at most so many before and after it, within its chunk. */
export interface MaskSpec {
  before: number | null;
  after: number | null;
  chunk: number | null;
  offset: number;
}

/** One kind of attention: sizes, the layer and head numbers on offer, and the streams of its two sides. ``overview`` is how many blocks an overview has along each side at most; ``masks`` the rule of each layer on offer, ``layer_heads`` which of ``heads`` each of them has. ``head_count`` is how many heads the model has in a layer (the most, where layers differ), also where only some of them are in the record. */
export interface AttentionSpec {
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  layers: number[];
  heads: number[];
  kv_heads: number;
  queries: number;
  keys: number;
  query_stream: string;
  key_stream: string;
  overview: number;
  masks: MaskSpec[];
  layer_heads: number[][];
  head_count: number;
}

/** What is selected; the one part of a view that changes. ``query`` and ``key`` are positions or nothing; ``rectangle`` is [first query, one past the last, first key, one past the last] or nothing. */
export interface SelectionSpec {
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  layer: number;
  heads: number[];
  query: number | null;
  key: number | null;
  filter: "all" | "aa" | "ab" | "ba" | "bb";
  rectangle: number[] | null;
}

/** A view: which one, of what, with what selected. ``options`` are the choices that only this view has. */
export interface ViewSpec {
  version: number;
  view: string;
  title: string;
  theme: "auto" | "light" | "dark";
  language: "auto" | "en" | "zh";
  streams: Record<string, TokensSpec>;
  attentions: AttentionSpec[];
  selection: SelectionSpec;
  options: Record<string, string>;
}

/** What the bytes beside it are: a rectangle (``slices``: [start, stop) per axis) of a named array. ``u8`` and ``u16`` hold codes: weight = (code / largest code) ** root; code 0 is exactly zero or masked. ``error`` is the largest absolute error that the coding makes. ``compression`` is ``"deflate"`` (zlib) or nothing. ``share`` of the queries were read to make the tile: 1 is exact, less a sample. */
export interface TileHeader {
  array: string;
  slices: number[][];
  dtype: "u8" | "u16" | "f32";
  root: number;
  error: number;
  compression: "deflate" | null;
  share: number;
}

/** Bytes on a page: the element that holds them (deflated, base64), what they are, and their shape. */
export interface ArraySpec {
  id: string;
  dtype: "u8" | "f32";
  shape: number[];
}

/** Heads that a page computes by itself, with the fields and arrays of :class:`regard.record.Quantised`. */
export interface QuantisedSpec {
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  layer: number;
  heads: number[];
  lse_scale: number[];
  softcap: number | null;
  mask: MaskSpec;
  error: number;
  misplaced: number;
  arrays: Record<string, ArraySpec>;
}
