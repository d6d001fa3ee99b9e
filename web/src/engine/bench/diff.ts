/** What differs between two states: Python's diff of sequences (`difflib`, nothing counted as junk). Pure. */

import type { ComparisonSpec, SequenceSpec, SpanSpec, StateSpec } from "../../spec";

type Range = [start: number, stop: number];
interface Match {
  first: number;
  second: number;
  size: number;
}

/** Two states beside each other; differences are the second's number less the first's. */
export function compared(first: StateSpec, second: StateSpec): ComparisonSpec {
  return {
    first: first.id,
    second: second.id,
    source: spansOf(namesOf(first.source), namesOf(second.source)),
    target: spansOf(namesOf(first.target), namesOf(second.target)),
    total: less(second.total, first.total),
    score: less(second.score, first.score),
  };
}

/** What turns one sequence into another, in order. */
export function spansOf(first: readonly unknown[], second: readonly unknown[]): SpanSpec[] {
  const found: SpanSpec[] = [];
  let [i, j] = [0, 0];
  const step = (a: number, b: number, change: SpanSpec["change"] | null) => {
    if (change) found.push({ change, first: [i, a], second: [j, b] });
    [i, j] = [a, b];
  };
  const end: Match = { first: first.length, second: second.length, size: 0 };
  for (const { first: a, second: b, size } of [...matches(first, second), end]) {
    step(a, b, i < a && j < b ? "replaced" : i < a ? "deleted" : j < b ? "inserted" : null);
    step(a + size, b + size, size ? "same" : null);
  }
  return found;
}

/** Runs that both have, in order, those that touch made one. */
function matches(first: readonly unknown[], second: readonly unknown[]): Match[] {
  const places = new Map<unknown, number[]>();
  second.forEach((one, j) => {
    const known = places.get(one);
    if (known) known.push(j);
    else places.set(one, [j]);
  });
  const found: Match[] = [];
  const waiting: [Range, Range][] = [
    [
      [0, first.length],
      [0, second.length],
    ],
  ];
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [[a0, a1], [b0, b1]] = next;
    const best = longest(first, places, next);
    if (!best.size) continue;
    found.push(best);
    const [a, b] = [best.first, best.second];
    if (a0 < a && b0 < b)
      waiting.push([
        [a0, a],
        [b0, b],
      ]);
    if (a + best.size < a1 && b + best.size < b1)
      waiting.push([
        [a + best.size, a1],
        [b + best.size, b1],
      ]);
  }
  return joined(found.sort((one, other) => one.first - other.first));
}

/** The longest run of both ranges; of several the first in `first`, then the first in the other. */
function longest(first: readonly unknown[], places: Map<unknown, number[]>, [[a0, a1], [b0, b1]]: [Range, Range]) {
  let best: Match = { first: a0, second: b0, size: 0 };
  let ending = new Map<number, number>();
  for (let i = a0; i < a1; i++) {
    const here = new Map<number, number>();
    for (const j of places.get(first[i]) ?? []) {
      if (j < b0 || j >= b1) continue;
      const size = (ending.get(j - 1) ?? 0) + 1;
      here.set(j, size);
      if (size > best.size) best = { first: i - size + 1, second: j - size + 1, size };
    }
    ending = here;
  }
  return best;
}

function joined(found: readonly Match[]): Match[] {
  const kept: Match[] = [];
  for (const one of found) {
    const last = kept[kept.length - 1];
    const touches = last && last.first + last.size === one.first && last.second + last.size === one.second;
    if (touches) kept[kept.length - 1] = { ...last, size: last.size + one.size };
    else kept.push(one);
  }
  return kept;
}

function namesOf({ ids, pieces }: SequenceSpec): readonly unknown[] {
  return ids ?? pieces;
}

function less(second: number | null, first: number | null): number | null {
  return second === null || first === null ? null : second - first;
}
