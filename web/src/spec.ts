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

/** One kind of attention: sizes, the layer and head numbers on offer, and the streams of its two sides. ``overview`` is how many blocks an overview has along each side at most; ``masks`` the rule of each layer on offer. */
export interface AttentionSpec {
  kind: "encoder" | "decoder" | "cross";
  layers: number[];
  heads: number[];
  kv_heads: number;
  queries: number;
  keys: number;
  query_stream: string;
  key_stream: string;
  overview: number;
  masks: MaskSpec[];
}

/** What is selected; the one part of a view that changes. ``query`` and ``key`` are positions or nothing; ``rectangle`` is [first query, one past the last, first key, one past the last] or nothing. */
export interface SelectionSpec {
  kind: "encoder" | "decoder" | "cross";
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
