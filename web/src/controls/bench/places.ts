/** Where one is at the workbench: a tab, a token, what runs, and what was found. */

import type { Rows } from "../../engine/bench/rows";
import type { LinksSpec, NeighboursSpec, ProjectionSpec, SelectionSpec, WordsSpec } from "../../spec";

export const TABS = ["tree", "compare", "states", "words", "alignment", "history"] as const;
export type Tab = (typeof TABS)[number];
export type Scope = "heads" | "all" | "alignment";
export type Side = "source" | "target";

/** A token of either side that is pointed at or chosen. */
export interface Place {
  side: Side;
  position: number;
}

export interface Busy {
  tokens: number;
  most: number;
  stop(): void;
}

/** The last answer to each kind of question about a state. */
export interface Found {
  words: WordsSpec | null;
  links: LinksSpec | null;
  neighbours: NeighboursSpec | null;
  projection: ProjectionSpec | null;
}

/** A chosen token as the query and key of a selection. */
export function placed(place: Place | null, rows: Rows): Pick<SelectionSpec, "query" | "key"> {
  const query = place?.side === "target" ? (rows.queries[place.position]?.index ?? null) : null;
  return { query, key: place?.side === "source" ? place.position : null };
}
