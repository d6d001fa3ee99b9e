/** What a key means over a map. Pure. */

export type MapAction =
  | { do: "move"; right: number; down: number }
  | { do: "zoom"; factor: number }
  | { do: "all" | "find" | "pool" | "scale" | "release" | "table" | "help" }
  | { do: "step"; right: number; down: number }
  | { do: "edge" | "head" | "layer"; by: 1 | -1 };

const STRIDE = 0.15;
const FACTOR = 1.6;

const ARROWS: Record<string, [right: number, down: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

const KEYS: Record<string, MapAction> = {
  "+": { do: "zoom", factor: FACTOR },
  "=": { do: "zoom", factor: FACTOR },
  "-": { do: "zoom", factor: 1 / FACTOR },
  "−": { do: "zoom", factor: 1 / FACTOR },
  PageDown: { do: "move", right: 0, down: 0.9 },
  PageUp: { do: "move", right: 0, down: -0.9 },
  Home: { do: "all" },
  "0": { do: "all" },
  "/": { do: "find" },
  n: { do: "edge", by: 1 },
  N: { do: "edge", by: -1 },
  "[": { do: "head", by: -1 },
  "]": { do: "head", by: 1 },
  ",": { do: "layer", by: -1 },
  ".": { do: "layer", by: 1 },
  m: { do: "pool" },
  c: { do: "scale" },
  t: { do: "table" },
  Escape: { do: "release" },
  "?": { do: "help" },
};

export function mapAction(key: string, shift: boolean): MapAction | null {
  const arrow = ARROWS[key];
  if (arrow && shift) return { do: "step", right: arrow[0], down: arrow[1] };
  if (arrow) return { do: "move", right: arrow[0] * STRIDE, down: arrow[1] * STRIDE };
  return KEYS[key] ?? null;
}
