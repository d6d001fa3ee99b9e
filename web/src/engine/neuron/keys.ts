/** Which keys of a row are shown, and in which order. Pure. */

export type KeyChoice = "top" | "near" | "found" | "all";
export type KeyOrder = "position" | "weight";

export interface Choosing {
  choice: KeyChoice;
  count: number;
  order: KeyOrder;
  /** What the labels of found keys hold. */
  text: string;
}

/** Numbers of the shown keys, a row of the picture each. */
export function chosenKeys(
  { choice, count, order, text }: Choosing,
  weights: ArrayLike<number>,
  labels: readonly string[],
  around: number,
): number[] {
  const found = picked(choice, count, text, weights, labels, around);
  return order === "weight" ? found.sort((a, b) => weights[b] - weights[a] || a - b) : found.sort((a, b) => a - b);
}

function picked(
  choice: KeyChoice,
  count: number,
  text: string,
  weights: ArrayLike<number>,
  labels: readonly string[],
  around: number,
): number[] {
  const every = Array.from({ length: weights.length }, (_, key) => key);
  if (choice === "all") return every;
  if (choice === "top") return strongest(weights, count);
  if (choice === "near") {
    const first = Math.max(0, Math.min(around - (count >> 1), weights.length - count));
    return every.slice(first, first + count);
  }
  const wanted = text.trim().toLowerCase();
  const matches = wanted ? every.filter((key) => labels[key].toLowerCase().includes(wanted)) : [];
  return matches.sort((a, b) => weights[b] - weights[a] || a - b).slice(0, 4 * count);
}

/** The keys of largest weight, largest first; the earlier of equal ones. */
export function strongest(weights: ArrayLike<number>, count: number): number[] {
  const order = Uint32Array.from({ length: weights.length }, (_, key) => key);
  return Array.from(order.sort((a, b) => weights[b] - weights[a] || a - b).subarray(0, count));
}

export function massOf(keys: readonly number[], weights: ArrayLike<number>): number {
  return keys.reduce((sum, key) => sum + weights[key], 0);
}

/** A run of at most `count` queries around one, for the column on the left. */
export function queriesAround(query: number, all: number, count: number): number[] {
  const first = Math.max(0, Math.min(query - (count >> 1), all - count));
  return Array.from({ length: Math.min(count, all) }, (_, i) => first + i);
}
