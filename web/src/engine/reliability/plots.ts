/** Effects on one scale: a mark among its controls, bars of cuts, and how far other rows moved the output. Pure. */

import type { CutsSpec, JudgedSpec, ReliabilitySpec } from "../../spec";
import type { DisplayList, Item } from "../display_list";
import { shown, words } from "./words";

const [ROW, TALL, LABEL, VALUE, RING, SIZE] = [15, 24, 112, 88, 6, 11];
const SCOPES = ["view", "layer", "all"] as const;

/** From the smallest to the largest effect of a report, and zero. */
export type Domain = readonly [number, number];

export function domainOf({ judged, small }: ReliabilitySpec): Domain {
  const all = judged.flatMap(({ effect, controls, samples, mask, value }) => [
    effect,
    ...controls,
    ...samples,
    ...SCOPES.flatMap((scope) => [mask[scope], value[scope]]),
  ]);
  const known = all.filter((one): one is number => one !== null);
  return [Math.min(-2 * small, ...known), Math.max(2 * small, ...known)];
}

/** One token (or the bright ones together): replaced, zeroed, hidden; each row with its number. */
export function effectsPlot(judged: JudgedSpec, domain: Domain, small: number, width: number): DisplayList {
  const at = scale(domain, width);
  const items: Item[] = [
    { kind: "rect", x: at(-small), y: 0, width: at(small) - at(-small), height: TALL + 6 * ROW, fill: "hover" },
    { kind: "rect", x: at(0) - 0.5, y: 0, width: 1, height: TALL + 6 * ROW, fill: "edge" },
    ...row(words().replaced, judged.effect, TALL / 2, width),
    ...judged.controls.map((value) => ring(at(value), TALL / 2)),
  ];
  if (judged.effect !== null) items.push(...diamond(at(judged.effect), TALL / 2));
  const groups: [string, CutsSpec, boolean][] = [
    [words().zeroed, judged.value, true],
    [words().hidden, judged.mask, false],
  ];
  groups.forEach(([name, cuts, filled], group) => {
    SCOPES.forEach((scope, i) => {
      const y = TALL + ROW * (3 * group + i + 0.5);
      items.push(...row(`${name}, ${words().scopes[scope]}`, cuts[scope], y, width));
      if (cuts[scope] !== null) items.push(bar(at(0), at(cuts[scope]), y, filled));
    });
  });
  return list(items, width, TALL + 6 * ROW);
}

/** How far other rows moved the output. */
export function movedPlot({ moved, even, moved_in }: ReliabilitySpec, width: number): DisplayList {
  const largest = moved_in === "tvd" ? 1 : Math.max(1e-12, even ?? 0, ...moved);
  const at = scale([0, largest], width);
  const items: Item[] = [
    { kind: "rect", x: at(0), y: TALL / 2 - 0.5, width: at(largest) - at(0), height: 1, fill: "edge" },
    ...row(words().moved, even, TALL / 2, width),
    ...moved.map((value) => ring(at(value), TALL / 2)),
  ];
  if (even !== null) items.push(...diamond(at(even), TALL / 2));
  return list(items, width, TALL);
}

function scale([low, high]: Domain, width: number): (value: number) => number {
  const room = Math.max(40, width - LABEL - VALUE - 2 * RING);
  return (value) => LABEL + RING + (room * (value - low)) / (high - low);
}

function row(name: string, value: number | null, y: number, width: number): Item[] {
  return [
    { kind: "text", x: LABEL - 8, y, text: name, size: SIZE, align: "right", colour: "muted" },
    {
      kind: "text",
      x: width,
      y,
      text: shown(value),
      size: SIZE,
      align: "right",
      colour: value === null ? "muted" : "ink",
    },
  ];
}

function ring(x: number, y: number): Item {
  return {
    kind: "rect",
    x: x - RING / 2,
    y: y - RING / 2,
    width: RING,
    height: RING,
    radius: RING / 2,
    stroke: "muted",
  };
}

/** A diamond as a stack of rows, which every painter can draw. */
function diamond(x: number, y: number): Item[] {
  return [-4, -3, -2, -1, 0, 1, 2, 3, 4].map((dy) => {
    const half = 5 - Math.abs(dy);
    return { kind: "rect", x: x - half, y: y + dy - 0.5, width: 2 * half, height: 1, fill: "accent" };
  });
}

function bar(from: number, to: number, y: number, filled: boolean): Item {
  const [x, width] = [Math.min(from, to), Math.max(1, Math.abs(to - from))];
  const box = { kind: "rect" as const, x, y: y - 4, width, height: 8 };
  return filled ? { ...box, fill: "accent" } : { ...box, stroke: "accent" };
}

function list(items: Item[], width: number, height: number): DisplayList {
  return { width, height, layers: { plot: items }, areas: [] };
}
