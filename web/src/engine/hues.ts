import { HUES } from "./theme";

/**
 * Hue number of each selected head.
 *
 * Head h has hue h mod 10. While at most ten heads are selected no two share one: a head whose hue is taken gets the
 * first free one.
 */
export function hues(selected: readonly number[]): Map<number, number> {
  const own = new Map(selected.map((head) => [head, head % HUES]));
  if (selected.length > HUES) return own;
  const taken = new Set<number>();
  const late: number[] = [];
  for (const [head, hue] of own) {
    if (taken.has(hue)) late.push(head);
    taken.add(hue);
  }
  for (const head of late) {
    let hue = 0;
    while (taken.has(hue)) hue++;
    taken.add(hue);
    own.set(head, hue);
  }
  return own;
}
