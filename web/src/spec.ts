// Generated from src/regard/view/spec.py by `make spec`. Do not edit.

export const VERSION = 1;

/** One token sequence: what is drawn, what the text really is, which tokens are special, which text of a pair. */
export interface TokensSpec {
  labels: string[];
  pieces: string[];
  special: number[];
  segments: number[] | null;
}

/** One kind of attention: sizes, the layer and head numbers on offer, and the streams of its two sides. ``overview`` is how many blocks an overview has along each side at most. */
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
}

/** What is selected; the one part of a view that changes. ``query`` and ``key`` are positions or nothing. */
export interface SelectionSpec {
  kind: "encoder" | "decoder" | "cross";
  layer: number;
  heads: number[];
  query: number | null;
  key: number | null;
  filter: "all" | "aa" | "ab" | "ba" | "bb";
}

/** A view: which one, of what, with what selected. */
export interface ViewSpec {
  version: number;
  view: string;
  title: string;
  theme: "auto" | "light" | "dark";
  streams: Record<string, TokensSpec>;
  attentions: AttentionSpec[];
  selection: SelectionSpec;
}

/** What the bytes beside it are: a rectangle (``slices``: [start, stop) per axis) of a named array. ``u8`` and ``u16`` hold codes: weight = (code / largest code) ** root; code 0 is exactly zero or masked. ``error`` is the largest absolute error that the coding makes. ``compression`` is ``"deflate"`` (zlib) or nothing. */
export interface TileHeader {
  array: string;
  slices: number[][];
  dtype: "u8" | "u16" | "f32";
  root: number;
  error: number;
  compression: "deflate" | null;
}
