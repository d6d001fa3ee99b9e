/** Where one is at the workbench: a tab, a token, a state of the model, and what runs. */

import type { Rows } from "../../engine/bench/rows";
import type { SelectionSpec } from "../../spec";

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
  ask: string;
  tokens: number;
  most: number;
  stop(): void;
}

/** Where a state stands: the stream, and the position among the tokens that were read. */
export interface Stand {
  stream: string;
  position: number;
}

/** A chosen token as the query and key of a selection. */
export function placed(place: Place | null, rows: Rows): Pick<SelectionSpec, "query" | "key"> {
  const query = place?.side === "target" ? (rows.queries[place.position]?.index ?? null) : null;
  return { query, key: place?.side === "source" ? place.position : null };
}
