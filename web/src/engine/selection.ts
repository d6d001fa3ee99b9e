/** What a selection becomes when somebody chooses something: pure functions. */

import type { AttentionSpec, SelectionSpec, TokensSpec, ViewSpec } from "../spec";

export type Side = "query" | "key";

export function attentionOf(spec: ViewSpec, selection: SelectionSpec): AttentionSpec {
  return spec.attentions.find(({ kind }) => kind === selection.kind) ?? spec.attentions[0];
}

/** The heads on offer that a layer has: not all layers need have the same, and a record may hold only some. */
export function headsAt(attention: AttentionSpec, layer: number): number[] {
  return attention.layer_heads[attention.layers.indexOf(layer)] ?? [];
}

/** All heads that the selected layer has. */
export function allHeads(selection: SelectionSpec, attention: AttentionSpec): SelectionSpec {
  return { ...selection, heads: [...headsAt(attention, selection.layer)] };
}

/** A head more, or a head less. */
export function toggleHead(selection: SelectionSpec, head: number): SelectionSpec {
  const heads = selection.heads.includes(head) ? selection.heads.filter((h) => h !== head) : [...selection.heads, head];
  return { ...selection, heads: heads.sort((a, b) => a - b) };
}

/** This head alone; all heads where it was alone already. */
export function isolateHead(selection: SelectionSpec, attention: AttentionSpec, head: number): SelectionSpec {
  const alone = selection.heads.length === 1 && selection.heads[0] === head;
  return alone ? allHeads(selection, attention) : { ...selection, heads: [head] };
}

/** The next (or previous) head alone, beginning anew at the ends. */
export function stepHead(selection: SelectionSpec, attention: AttentionSpec, by: 1 | -1): SelectionSpec {
  const heads = headsAt(attention, selection.layer);
  const at = selection.heads.length === 1 ? heads.indexOf(selection.heads[0]) : by > 0 ? -1 : 0;
  return { ...selection, heads: [heads[(at + by + heads.length) % heads.length]] };
}

/** The next (or previous) layer on offer; the same at the ends. */
export function stepLayer(selection: SelectionSpec, attention: AttentionSpec, by: 1 | -1): SelectionSpec {
  const at = attention.layers.indexOf(selection.layer) + by;
  return setLayer(selection, attention, attention.layers[Math.min(attention.layers.length - 1, Math.max(0, at))]);
}

/** Another layer, with the selected heads as far as it has them; all it has where all were selected before. */
export function setLayer(selection: SelectionSpec, attention: AttentionSpec, layer: number): SelectionSpec {
  const all = headsAt(attention, layer);
  const kept = selection.heads.filter((head) => all.includes(head));
  const heads = String(selection.heads) === String(headsAt(attention, selection.layer)) ? [...all] : kept;
  return { ...selection, layer, heads: heads.length || !selection.heads.length ? heads : all.slice(0, 1) };
}

/** Another kind of attention, keeping what exists in it too. */
export function setKind(selection: SelectionSpec, spec: ViewSpec, kind: SelectionSpec["kind"]): SelectionSpec {
  const attention = attentionOf(spec, { ...selection, kind });
  const layer = attention.layers.includes(selection.layer) ? selection.layer : attention.layers[0];
  const all = headsAt(attention, layer);
  const heads = selection.heads.filter((head) => all.includes(head));
  return {
    kind,
    layer,
    heads: heads.length ? heads : [...all],
    query: null,
    key: null,
    filter: "all",
    rectangle: null,
    color: selection.color,
    least: selection.least,
  };
}

/**
 * Pins a token; a pinned one is released. A token of each side may be pinned: then one link is selected. Of a run of
 * 2^level tokens that is the first.
 */
export function pin(selection: SelectionSpec, side: Side, position: number, level = 0): SelectionSpec {
  const isPinned = runOf(selection[side], level) === position;
  return { ...selection, [side]: isPinned ? null : position * 2 ** level };
}

/** The run of 2^level tokens that holds this one. */
export function runOf(position: number | null, level: number): number | null {
  return position === null ? null : Math.floor(position / 2 ** level);
}

export function release(selection: SelectionSpec): SelectionSpec {
  return { ...selection, query: null, key: null };
}

/** Another sentence filter; a pinned token that it hides is released. */
export function setFilter(selection: SelectionSpec, spec: ViewSpec, filter: SelectionSpec["filter"]): SelectionSpec {
  const { queries, keys } = shownPositions(spec, { ...selection, filter });
  const kept = (position: number | null, shown: number[]) =>
    position !== null && shown.includes(position) ? position : null;
  return { ...selection, filter, query: kept(selection.query, queries), key: kept(selection.key, keys) };
}

/** Whether sentence filters mean anything: two texts, attending to each other. */
export function isPair(spec: ViewSpec, attention: AttentionSpec): boolean {
  const segments = spec.streams[attention.query_stream].segments;
  return attention.query_stream === attention.key_stream && !!segments?.includes(0) && segments.includes(1);
}

/** The positions of both sides that the sentence filter lets through. */
export function shownPositions(spec: ViewSpec, selection: SelectionSpec): { queries: number[]; keys: number[] } {
  const attention = attentionOf(spec, selection);
  const { filter } = selection;
  const of = (tokens: TokensSpec, count: number, letter: string) => {
    const all = Array.from({ length: count }, (_, i) => i);
    const segment = letter === "a" ? 0 : 1;
    return filter === "all" ? all : all.filter((i) => tokens.segments?.[i] === segment);
  };
  return {
    queries: of(spec.streams[attention.query_stream], attention.queries, filter[0]),
    keys: of(spec.streams[attention.key_stream], attention.keys, filter[1]),
  };
}

export function sameSelection(a: SelectionSpec, b: SelectionSpec): boolean {
  return (
    a.kind === b.kind &&
    a.layer === b.layer &&
    a.query === b.query &&
    a.key === b.key &&
    a.filter === b.filter &&
    a.color === b.color &&
    a.least === b.least &&
    String(a.rectangle) === String(b.rectangle) &&
    a.heads.length === b.heads.length &&
    a.heads.every((head, i) => head === b.heads[i])
  );
}
