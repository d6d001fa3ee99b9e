/** Links that were found beside those that an annotator gave. Pure. */

import type { GoldSpec, LinksSpec } from "../../spec";

/** `possible`: found, and allowed by the annotator, not asked for; `plain`: there is nothing to compare with. */
export type Verdict = "right" | "possible" | "wrong" | "missed" | "plain";

export interface Judged {
  source: number;
  target: number;
  verdict: Verdict;
}

export const VERDICTS: readonly Verdict[] = ["right", "possible", "wrong", "missed", "plain"];

/** Every link found, and every sure one that was not; gold between other units says nothing of them. */
export function judged({ links, words }: LinksSpec, gold: GoldSpec | null): Judged[] {
  const name = ([source, target]: readonly number[]) => `${source}-${target}`;
  const found = new Set(links.map(name));
  const sure = new Set(gold?.sure.map(name));
  const possible = new Set(gold?.possible.map(name));
  const verdict = (link: readonly number[]): Verdict => {
    if (!gold || gold.words !== words) return "plain";
    return sure.has(name(link)) ? "right" : possible.has(name(link)) ? "possible" : "wrong";
  };
  const missed = gold && gold.words === words ? gold.sure.filter((link) => !found.has(name(link))) : [];
  return [
    ...links.map((link) => ({ source: link[0], target: link[1], verdict: verdict(link) })),
    ...missed.map(([source, target]): Judged => ({ source, target, verdict: "missed" })),
  ];
}
