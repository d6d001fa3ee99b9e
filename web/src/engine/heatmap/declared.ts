/** What a heatmap's spec asks for, put together with the weights that were read. Pure. */

import type { Tile } from "../../source/source";
import type { SelectionSpec, ViewSpec } from "../../spec";
import { t, weightText } from "../../strings";
import type { DisplayList, Measure } from "../display_list";
import type { Field } from "../effect";
import { rampLegend } from "../legend";
import { maskOf } from "../map/mask";
import { type Scene, sceneOf } from "../scene";
import { attentionOf } from "../selection";
import type { Theme } from "../theme";
import {
  barMarks,
  type Heat,
  type HeatScale,
  has,
  largestShown,
  largestSums,
  MASKED,
  panelOf,
  scaleTo,
  UNKNOWN,
} from "./cells";

/** The scene of the selected rectangle; all of it where none is selected. */
export function cutScene(scene: Scene, rectangle: readonly number[] | null): Scene {
  if (!rectangle) return scene;
  const [q0, q1, k0, k1] = rectangle;
  const within = (positions: number[], start: number, stop: number) =>
    positions.filter((position) => position * 2 ** scene.level < stop && (position + 1) * 2 ** scene.level > start);
  return { ...scene, queries: within(scene.queries, q0, q1), keys: within(scene.keys, k0, k1) };
}

export function scaleOf({ options }: ViewSpec): HeatScale {
  return options.scale === "root" || options.scale === "log" ? options.scale : "linear";
}

/** The heads of a selection, coloured on a scale; it ends at the largest weight shown where no other end is given. */
export function heatOf(
  spec: ViewSpec,
  selection: SelectionSpec,
  tiles: readonly Tile[],
  name: HeatScale,
  marginals: boolean,
  effects: Field | null = null,
): Heat {
  const attention = attentionOf(spec, selection);
  const scene = cutScene(sceneOf(spec, selection, selection.heads, tiles, effects), selection.rectangle);
  const top = Number(spec.options.top) || (name === "log" ? 1 : largestShown(scene));
  const mask = maskOf(attention.layers, attention.masks, selection.layer);
  const scale = scaleTo(name, top);
  const panels = scene.heads.map(({ head, tile }) => panelOf(scene, mask, attention, scale, head, tile));
  return { scene, scale, top, marginals, panels };
}

/** The colour bar, and how masked cells and those that are no number look, where there are any. */
export function heatLegend(heat: Heat, name: HeatScale, { lut }: Theme, width: number, measure: Measure): DisplayList {
  return rampLegend(
    {
      name: t.scale,
      lut,
      handle: 1,
      marks: barMarks(name, heat.top),
      masked: has(heat, MASKED) ? t.masked : null,
      unknown: has(heat, UNKNOWN) ? t.notANumber : null,
    },
    width,
    measure,
  );
}

/** What bars and colours leave unsaid. */
export function heatNotes(heat: Heat): string[] {
  if (!heat.marginals) return [];
  const { rows, columns } = largestSums(heat);
  return [t.marginals(weightText(columns), weightText(rows))];
}
