/** What one selection becomes when it follows another view's; the twin of src/regard/view/follow.py. Pure. */

import type { AttentionSpec, SelectionSpec, ViewSpec } from "../spec";
import { attentionOf, headsAt, isPair } from "./selection";

/** `mine` with all that it can take over of `theirs`; positions only where as many tokens are on offer. */
export function taken(mine: SelectionSpec, spec: ViewSpec, theirs: SelectionSpec, from: ViewSpec): SelectionSpec {
  const source = attentionOf(from, theirs);
  const offered = spec.attentions.find(({ kind }) => kind === theirs.kind);
  const here = offered && theirs.kind !== mine.kind ? emptied(mine, offered) : mine;
  const attention = attentionOf(spec, here);
  const layer = attention.layers.includes(theirs.layer) ? theirs.layer : here.layer;
  const sameQueries = attention.queries === source.queries;
  const sameKeys = attention.keys === source.keys;
  return {
    kind: here.kind,
    layer,
    heads: heads(theirs.heads, here.heads, headsAt(attention, layer)),
    query: sameQueries ? theirs.query : here.query,
    key: sameKeys ? theirs.key : here.key,
    filter: isPair(spec, attention) ? theirs.filter : here.filter,
    rectangle: sameQueries && sameKeys ? theirs.rectangle : here.rectangle,
    color: spec.effects.length ? theirs.color : here.color,
    least: spec.effects.length ? theirs.least : here.least,
  };
}

/** `mine` in another kind of attention, no token of which is selected yet. */
function emptied(mine: SelectionSpec, { kind, layers }: AttentionSpec): SelectionSpec {
  const layer = layers.includes(mine.layer) ? mine.layer : layers[0];
  return { ...mine, kind, layer, query: null, key: null, filter: "all", rectangle: null };
}

/** The wanted heads that exist; where none does, those of the present ones that do, or the first. */
function heads(wanted: number[], present: number[], onOffer: number[]): number[] {
  if (!wanted.length) return [];
  for (const some of [wanted, present]) {
    const found = some.filter((head) => onOffer.includes(head));
    if (found.length) return found;
  }
  return onOffer.slice(0, 1);
}
