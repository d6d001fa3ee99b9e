/** A whole map as one still picture. Pure. */

import type { Subject } from "../../source/level_tiles";
import type { Tile } from "../../source/source";
import type { MaskSpec } from "../../spec";
import type { DisplayList, Item, Measure } from "../display_list";
import type { Field } from "../effect";
import type { Theme } from "../theme";
import { type Axis, beside, chips, keyLabels, LEFT, marks, type NamedCell, queryLabels, TOP } from "./axes";
import { type Camera, fit, type Port, portFor } from "./camera";
import { isFull } from "./mask";
import { cellsAt, cellsOf, levelFor, type TileKey, tilesInSight } from "./pyramid";
import { effectPixels, pixels, type Scale } from "./scale";

/** Pixels of paper for a CSS pixel: pictures are printed finer than screens. */
const FINE = 2;

export interface Still {
  subject: Subject;
  mask: MaskSpec;
  queries: Axis;
  keys: Axis;
  scale: Scale;
  pinned: NamedCell;
  rectangle: readonly number[] | null;
  effects: Field | null;
}

export interface Plan {
  port: Port;
  camera: Camera;
  level: number;
  keys: readonly TileKey[];
}

/** What to read for a picture of a width. */
export function planOf({ subject, mask }: Pick<Still, "subject" | "mask">, width: number): Plan {
  const size = subject.attention;
  const port = portFor(width, size);
  const camera = fit(size, port);
  const level = levelFor(camera.zoom, FINE, size);
  return { port, camera, level, keys: tilesInSight(camera, port, size, level, mask) };
}

/** The map of the tiles that were read, with its axes and what is selected in it. */
export function stillMap(
  still: Still,
  plan: Plan,
  tiles: readonly Tile[],
  theme: Theme,
  measure: Measure,
): DisplayList {
  const { subject, mask, queries, keys, pinned } = still;
  const { camera, port } = plan;
  const size = subject.attention;
  const map = { width: size.keys * camera.zoom, height: size.queries * camera.zoom };
  const place = { x: LEFT, y: TOP, ...map };
  const ground: Item[] = isFull(mask) && !still.effects ? [] : [{ kind: "hatch", ...place }];
  const frame: Item = { kind: "rect", ...grown(place), stroke: "rule" };
  const rows = beside(queryLabels(queries, camera, port, measure), pinned, camera);
  return {
    width: Math.ceil(LEFT + map.width + 1),
    height: Math.ceil(TOP + map.height + 1),
    layers: {
      map: [...ground, { kind: "pixels", ...place, ...cells(still, plan, tiles, theme) }, frame],
      marks: marks({ pointed: null, pinned, rectangle: still.rectangle }, camera, port, map),
      axes: [
        ...rows,
        ...keyLabels(keys, camera, port, measure),
        ...chips(pinned, queries, keys, camera, port, measure),
      ],
    },
    areas: [],
  };
}

/** All tiles as one matrix of pixels, for between pictures that only touch printers and viewers leave seams. */
function cells(
  { subject, mask, scale, effects }: Still,
  { level, keys: places }: Plan,
  tiles: readonly Tile[],
  theme: Theme,
) {
  const { queries, keys } = subject.attention;
  const [rows, columns] = [cellsAt(queries, level), cellsAt(keys, level)];
  const rgba = new Uint32Array(rows * columns);
  places.forEach((place, i) => {
    const [[row, end], [column, stop]] = cellsOf(place, subject.attention);
    const ground = { mask, block: 2 ** level, row, column, queries, keys };
    const part = effects
      ? effectPixels([end - row, stop - column], effects, subject.heads, theme, ground)
      : pixels(tiles[i], scale, theme.lut, ground);
    for (let r = row; r < end; r++) {
      const start = (r - row) * (stop - column);
      rgba.set(part.subarray(start, start + stop - column), r * columns + column);
    }
  });
  return { rows, columns, rgba };
}

function grown({ x, y, width, height }: { x: number; y: number; width: number; height: number }) {
  return { x: x - 0.5, y: y - 0.5, width: width + 1, height: height + 1 };
}
