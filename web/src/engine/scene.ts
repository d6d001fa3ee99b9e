/** What is drawn between two token columns: the tokens that the filter lets through, and the selected heads' weights. */

import { type Tile, weightAt } from "../source/source";
import type { SelectionSpec, TokensSpec, ViewSpec } from "../spec";
import type { Choice } from "./choice";
import { effectAt, type Field } from "./effect";
import { hues } from "./hues";
import { rowName, rowTokens, runLevel, shownRows } from "./runs";
import { attentionOf, type Side } from "./selection";

export interface Scene {
  layer: number;
  queryTokens: TokensSpec;
  keyTokens: TokensSpec;
  /** Tokens are counted in runs of 2^level: what is called a position here is a run. */
  level: number;
  /** Positions shown, in order; a row of the picture each. */
  queries: number[];
  keys: number[];
  /** The part of the queries that was read: below 1, weights are from a sample. */
  share: number;
  /** Selected heads with their hue and weights [query, key]. */
  heads: { head: number; hue: number; tile: Tile }[];
  /** The effects that colour it, where it is coloured by effects. */
  effects?: Field | null;
}

/** The scene of a selection whose heads' tiles have come. */
export function sceneOf(
  spec: ViewSpec,
  selection: SelectionSpec,
  heads: readonly number[],
  tiles: readonly Tile[],
  effects: Field | null = null,
): Scene {
  const attention = attentionOf(spec, selection);
  const level = runLevel(attention);
  const hueOf = hues(heads);
  return {
    layer: selection.layer,
    level,
    queryTokens: rowTokens(spec.streams[attention.query_stream], level),
    keyTokens: rowTokens(spec.streams[attention.key_stream], level),
    ...shownRows(spec, selection),
    share: Math.min(1, ...tiles.map((tile) => tile.share ?? 1)),
    heads: heads.map((head, i) => ({ head, hue: hueOf.get(head) ?? 0, tile: tiles[i] })),
    effects,
  };
}

/** How many queries and keys are shown: rows, or of a long text all its tokens. */
export function counts(scene: Scene, queries: number, keys: number): [queries: number, keys: number] {
  return scene.level ? [queries, keys] : [scene.queries.length, scene.keys.length];
}

/** How a position of a side is called: the number of its token, or the first and the last of its run. */
export function placeName(scene: Scene, side: Side, position: number): string {
  const tokens = side === "query" ? scene.queryTokens : scene.keyTokens;
  return rowName(position, scene.level, tokens.pieces.length << scene.level);
}

/** The token or link looked at: a query, a key, or one of each. */
export interface Focus {
  query: number | null;
  key: number | null;
}

export const NOWHERE: Focus = { query: null, key: null };

export function isSomewhere(focus: Focus): boolean {
  return focus.query !== null || focus.key !== null;
}

export function sameFocus(a: Focus | null, b: Focus | null): boolean {
  return a?.query === b?.query && a?.key === b?.key;
}

/** Whether a token that is pointed at is one of the pinned ones. */
export function isPartOf(pointed: Focus, pinned: Focus): boolean {
  return (pointed.query ?? pinned.query) === pinned.query && (pointed.key ?? pinned.key) === pinned.key;
}

export interface Link {
  query: number;
  key: number;
  /** Index into `scene.heads`. */
  entry: number;
  weight: number;
  /** Its effect, where effects are shown; NaN where none was measured. */
  effect?: number;
}

/** The tokens that a link between runs of 2^level begins with. */
export function firstTokens({ query, key }: Link, level = 0): { query: number; key: number } {
  return { query: query * 2 ** level, key: key * 2 ** level };
}

/** Every link of the focus that is not zero, strongest first. */
export function linksOf(scene: Scene, focus: Focus): Link[] {
  const links: Link[] = [];
  const queries = focus.query === null ? scene.queries : [focus.query];
  const keys = focus.key === null ? scene.keys : [focus.key];
  scene.heads.forEach(({ tile }, entry) => {
    for (const query of queries) {
      for (const key of keys) {
        const weight = weightAt(tile, query * tile.shape[1] + key);
        const effect = effectOn(scene, entry, query, key);
        if (weight > 0 || isMeasured(scene, effect)) links.push({ query, key, entry, weight, ...effect });
      }
    }
  });
  return ranked(links, scene);
}

/** By effect where effects are shown (those too small to be shown are left out), else by weight; strongest first. */
function ranked(links: Link[], { effects }: Scene): Link[] {
  const byWeight = links.sort((a, b) => b.weight - a.weight);
  if (!effects) return byWeight;
  return byWeight
    .filter(({ effect = Number.NaN }) => !effects.least || Math.abs(effect) >= effects.least)
    .sort((a, b) => sizeOf(b) - sizeOf(a));
}

function sizeOf({ effect = Number.NaN }: Link): number {
  return Number.isNaN(effect) ? -1 : Math.abs(effect);
}

/** An edge that was cut on its own is a link even where its weight is coded as zero. */
function isMeasured({ effects }: Scene, found: { effect: number } | null): boolean {
  return !!found && !Number.isNaN(found.effect) && !!effects?.info.axes.includes("query");
}

function effectOn(scene: Scene, entry: number, query: number, key: number): { effect: number } | null {
  const { effects, level } = scene;
  return effects ? { effect: effectAt(effects, scene.heads[entry].head, query, key, level) } : null;
}

/** The strongest of the chosen links, strongest first; by effect where effects are shown. */
export function topLinks(choice: Choice, count: number, scene: Scene | null = null): Link[] {
  if (scene?.effects) return ranked(linksOf(scene, NOWHERE), scene).slice(0, count);
  const order = Uint32Array.from(choice.weight, (_, i) => i).sort((a, b) => choice.weight[b] - choice.weight[a]);
  return Array.from(order.subarray(0, count), (i) => ({
    query: choice.row[i],
    key: choice.column[i],
    entry: choice.tile[i],
    weight: choice.weight[i],
  }));
}

/** Largest coding error among the tiles shown. */
export function precision(scene: Scene): number {
  return Math.max(0, ...scene.heads.map(({ tile }) => tile.error));
}
