/** What can be tested, and what tests found, in words. Pure. */

import type { FindingSpec, SelectionSpec, TestSpec, ViewSpec } from "../spec";
import { signedText, t } from "../strings";
import { attentionOf } from "./selection";

type Place = Pick<SelectionSpec, "kind" | "layer" | "heads" | "query" | "key">;

/** An edge where a query and a key are selected, a token where one of them is, else the heads. */
export function aboutOf({ query, key }: Place): TestSpec["about"] {
  if (query !== null && key !== null) return "edge";
  return query === null && key === null ? "heads" : "token";
}

/** What is tested: "layer 20, head 3: query 18 “is” → key 17 “Spain”". */
export function placeOf(spec: ViewSpec, place: Place, about: TestSpec["about"]): string {
  const attention = attentionOf(spec, { ...spec.selection, kind: place.kind });
  const token = (side: "query" | "key", position: number | null) => {
    const stream = side === "query" ? attention.query_stream : attention.key_stream;
    return position === null ? "" : t.token(side, position, spec.streams[stream].labels[position] ?? "");
  };
  const heads = t.headsOf(place.layer, place.heads);
  if (about === "heads") return heads;
  if (about === "token") return place.key === null ? token("query", place.query) : token("key", place.key);
  return `${token("query", place.query)} → ${token("key", place.key)}, ${heads}`;
}

/** The findings as a table: a row for each way of changing, a column for each place in which. */
export function tableOf({ findings }: TestSpec): {
  scopes: FindingSpec["scope"][];
  rows: { how: FindingSpec["how"]; cells: (FindingSpec | null)[] }[];
} {
  const scopes = [...new Set(findings.map(({ scope }) => scope))];
  const hows = [...new Set(findings.map(({ how }) => how))];
  const find = (how: string, scope: string) => findings.find((one) => one.how === how && one.scope === scope) ?? null;
  return { scopes, rows: hows.map((how) => ({ how, cells: scopes.map((scope) => find(how, scope)) })) };
}

export function findingText({ value, spread }: FindingSpec): string {
  if (!Number.isFinite(value)) return "–";
  return spread === null ? signedText(value) : `${signedText(value)} ± ${signedText(spread)}`;
}
