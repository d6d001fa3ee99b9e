/** The two token columns, and what is focused in them, as data. */

import { type Band, GAP, type Geometry, HEADER, ROW, rowsIn, rowsOf, rowY, TOKEN_SIZE } from "./bipartite";
import { focusLines } from "./bipartite_lines";
import type { Item, Measure } from "./display_list";
import { type Focus, isSomewhere, type Link, type Scene } from "./scene";
import type { Side } from "./selection";
import { fit } from "./text";

const SIDES: Side[] = ["query", "key"];
const HEADING_SIZE = 11;
const PALEST = 0.66;

export interface Headings {
  query: string;
  key: string;
}

/** Tokens in a band and, where something is focused, its lines and per-head weights. */
export function tokensLayer(
  scene: Scene,
  at: Geometry,
  focus: Focus,
  links: readonly Link[],
  band: Band,
  measure: Measure,
  headings: Headings,
): Item[] {
  const focused = isSomewhere(focus)
    ? [...grounds(scene, at, focus), focusLines(scene, at, links), ...strips(scene, at, focus, links, band)]
    : [];
  return [
    ...focused,
    ...SIDES.flatMap((side) => [
      heading(at, side, headings),
      ...boundaries(scene, at, side),
      ...column(scene, at, side, focus, links, band, measure),
    ]),
  ];
}

function positionsOf(scene: Scene, side: Side): readonly number[] {
  return side === "query" ? scene.queries : scene.keys;
}

function heading(at: Geometry, side: Side, headings: Headings): Item {
  return {
    kind: "text",
    x: at[side].textX,
    y: 10,
    text: headings[side],
    size: HEADING_SIZE,
    align: at[side].align,
    colour: "muted",
  };
}

/** The labels of one side; while something is focused, tokens that it hardly reaches are paler. */
function column(
  scene: Scene,
  at: Geometry,
  side: Side,
  focus: Focus,
  links: readonly Link[],
  band: Band,
  measure: Measure,
): Item[] {
  const tokens = side === "query" ? scene.queryTokens : scene.keyTokens;
  const positions = positionsOf(scene, side);
  const reached = reach(links, side);
  const special = new Set(tokens.special);
  const [first, stop] = rowsIn(band, positions.length);
  return positions.slice(first, stop).map((position, i): Item => {
    const bold = focus[side] === position;
    const alpha = bold || !isSomewhere(focus) ? 1 : Math.min(1, PALEST + 2 * (reached.get(position) ?? 0));
    return {
      kind: "text",
      x: at[side].textX,
      y: rowY(first + i),
      text: fit(tokens.labels[position], at.textWidth, TOKEN_SIZE, measure),
      size: TOKEN_SIZE,
      align: at[side].align,
      colour: special.has(position) ? "muted" : "ink",
      ...(alpha < 1 && { alpha }),
      ...(bold && { bold }),
    };
  });
}

/** Largest weight by which each position of one side is reached; `links` come strongest first. */
function reach(links: readonly Link[], side: Side): Map<number, number> {
  const largest = new Map<number, number>();
  for (const link of links) if (!largest.has(link[side])) largest.set(link[side], link.weight);
  return largest;
}

function left(at: Geometry, side: Side): number {
  return side === "query" ? at.query.textX - at.textWidth : at.key.textX;
}

/** A rounded ground behind the focused tokens. */
function grounds(scene: Scene, at: Geometry, focus: Focus): Item[] {
  return SIDES.flatMap((side): Item[] => {
    const position = focus[side];
    const row = position === null ? -1 : positionsOf(scene, side).indexOf(position);
    if (row < 0) return [];
    const [x, y] = [left(at, side) - GAP, rowY(row) - ROW / 2];
    return [{ kind: "rect", x, y, width: at.textWidth + 2 * GAP, height: ROW, fill: "hover", radius: 4 }];
  });
}

/** A small rectangle per head beside the tokens that are reached; its opacity is the square root of the weight. */
function strips(scene: Scene, at: Geometry, focus: Focus, links: readonly Link[], band: Band): Item[] {
  const sides = focus.query === null ? SIDES.slice(0, 1) : SIDES.slice(1);
  return sides.flatMap((side) => {
    const rows = rowsOf(positionsOf(scene, side));
    return links.flatMap((link): Item[] => {
      const y = rowY(rows[link[side]]);
      const alpha = Math.round(100 * Math.sqrt(Math.min(1, link.weight))) / 100;
      if (alpha < 0.03 || y < band.top - ROW || y > band.bottom + ROW) return [];
      const x = at[side].stripX + link.entry * at.slot;
      return [
        {
          kind: "rect",
          x,
          y: y - 6,
          width: at.slot - 1,
          height: 12,
          fill: `head${scene.heads[link.entry].hue}`,
          alpha,
        },
      ];
    });
  });
}

/** A hairline where the second text of a pair begins. */
function boundaries(scene: Scene, at: Geometry, side: Side): Item[] {
  const { segments } = side === "query" ? scene.queryTokens : scene.keyTokens;
  const positions = positionsOf(scene, side);
  if (!segments) return [];
  return positions.flatMap((position, row): Item[] => {
    if (!row || segments[position] !== 1 || segments[positions[row - 1]] === 1) return [];
    return [
      {
        kind: "rect",
        x: left(at, side) - GAP,
        y: HEADER + ROW * row - 0.5,
        width: at.textWidth + 2 * GAP,
        height: 1,
        fill: "edge",
      },
    ];
  });
}
