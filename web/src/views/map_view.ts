/** The map view: one head's whole matrix, from a glance at all of it down to single weights. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { MapFrame } from "../controls/map_frame";
import { mapState } from "../controls/map_state";
import type { DisplayList, Measure } from "../engine/display_list";
import { effectLegend } from "../engine/effect_legend";
import { rampLegend } from "../engine/legend";
import { isFull, maskOf } from "../engine/map/mask";
import { cellsOf } from "../engine/map/pyramid";
import { marksOf, placeOf, rootFor, type Scale, type ScaleKind, valueText } from "../engine/map/scale";
import { type Plan, planOf, type Still, stillMap } from "../engine/map/still";
import { beginsOf } from "../engine/map/text_grain";
import { headsNamed, subjectNotes } from "../engine/notes";
import { attentionOf, headsAt } from "../engine/selection";
import { bodyWidth, sheet, statement } from "../engine/sheet";
import type { Theme } from "../engine/theme";
import type { Image, Render } from "../hosts/host";
import { readField } from "../source/effects";
import { levelArray } from "../source/level_tiles";
import type { Source, Tile } from "../source/source";
import type { ViewSpec } from "../spec";
import { t } from "../strings";

/** The whole map, with what is selected in it. */
export const image: Image = async (spec, source, page) => {
  const { layer, heads } = spec.selection;
  const attention = attentionOf(spec, spec.selection);
  const title = t.mapCaption(
    spec.title,
    layer,
    headsNamed(heads, headsAt(attention, layer)),
    attention.queries,
    attention.keys,
  );
  if (!heads.length) return sheet({ title, legend: null, body: statement(t.noHead), notes: [] }, page);
  const still = { ...stillOf(spec), effects: await readField(spec, source, spec.selection) };
  const plan = planOf(still, bodyWidth(page.width));
  const tiles = await tilesOf(still, plan, source);
  const note = t.pixelPool(2 ** plan.level, still.subject.pool, heads.length);
  return sheet(
    {
      title,
      legend: still.effects
        ? effectLegend(
            still.effects,
            page.theme,
            bodyWidth(page.width),
            page.measure,
            isFull(still.mask) ? null : t.masked,
          )
        : legendOf(still, page.theme, bodyWidth(page.width), page.measure),
      body: stillMap(still, plan, tiles, page.theme, page.measure),
      notes: [...(still.effects ? [] : note ? [note] : []), ...subjectNotes(still.effects, still.subject)],
    },
    page,
  );
};

/** What the spec and its selection say. */
function stillOf(spec: ViewSpec): Still {
  const { layer, heads, query, key, rectangle } = spec.selection;
  const attention = attentionOf(spec, spec.selection);
  const kind = (spec.options.scale as ScaleKind | undefined) ?? "root";
  const axis = (stream: string) => ({ tokens: spec.streams[stream], begins: beginsOf(spec.streams[stream]) });
  return {
    subject: { attention, layer, heads, pool: spec.options.pool === "mean" ? "mean" : "max" },
    mask: maskOf(attention.layers, attention.masks, layer),
    queries: axis(attention.query_stream),
    keys: axis(attention.key_stream),
    scale: { kind, root: rootFor(attention.keys), handle: 1 },
    pinned: { query, key },
    rectangle,
    effects: null,
  };
}

async function tilesOf({ subject }: Still, { keys }: Plan, source: Source): Promise<Tile[]> {
  const tiles: Tile[] = [];
  for (const key of keys) {
    const [rows, columns] = cellsOf(key, subject.attention);
    const { layer } = subject;
    tiles.push(await source.read(levelArray(subject, key.level), [[layer, layer + 1], [0, 1], rows, columns]));
  }
  return tiles;
}

function legendOf({ scale, mask }: Still, { lut }: Theme, width: number, measure: Measure): DisplayList {
  const marks = marksOf(scale).map((value) => ({ place: placeOf(value, scale, 1), text: valueText(value) }));
  return rampLegend(
    { name: nameOf(scale), lut, handle: scale.handle, marks, masked: isFull(mask) ? null : t.masked },
    width,
    measure,
  );
}

function nameOf({ kind }: Scale): string {
  return kind === "relative" ? t.scales.relative : t.scale;
}

export const render: Render = (spec, source, host) => {
  const state = mapState(spec, source, host);
  renderInto(h(MapFrame, { spec, source, host, state, help: signal(false), message: signal("") }), host.element);
  return () => {
    state.stop();
    renderInto(null, host.element);
  };
};
