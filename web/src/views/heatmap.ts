/** The heatmap: one or several heads of a layer as plain matrices, with a colour bar and sums. */

import { computed, effect, signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { HeatmapFrame } from "../controls/heatmap_frame";
import { currentScene, type LayerTiles, Loader, pointing } from "../controls/state";
import { choose } from "../engine/bipartite_lines";
import { effectLegend } from "../engine/effect_legend";
import { has, MASKED } from "../engine/heatmap/cells";
import { cutScene, heatLegend, heatNotes, heatOf, scaleOf } from "../engine/heatmap/declared";
import { heatGeometry, heatLayout } from "../engine/heatmap/layout";
import { effectNotes, headsNamed, runNotes } from "../engine/notes";
import { topLinks } from "../engine/scene";
import { attentionOf, headsAt } from "../engine/selection";
import { bodyWidth, sheet, statement } from "../engine/sheet";
import type { Host, Image, Render } from "../hosts/host";
import { readField } from "../source/effects";
import { HeadTiles } from "../source/head_tiles";
import type { Source } from "../source/source";
import type { ViewSpec } from "../spec";
import { t } from "../strings";

const TABLE_ROWS = 30;

export const image: Image = async (spec, source, page) => {
  const { selection } = spec;
  const attention = attentionOf(spec, selection);
  const tiles = await new HeadTiles(source).full(attention, selection.layer, selection.heads);
  const effects = await readField(spec, source, selection);
  const heat = heatOf(spec, selection, tiles, scaleOf(spec), spec.options.marginals === "on", effects);
  const { scene } = heat;
  const names = headsNamed(selection.heads, headsAt(attention, selection.layer));
  const title = t.mapCaption(spec.title, selection.layer, names, scene.queries.length, scene.keys.length);
  if (!scene.heads.length) return sheet({ title, legend: null, body: statement(t.noHead), notes: [] }, page);
  const width = bodyWidth(page.width);
  const at = heatGeometry(heat, width, page.measure);
  return sheet(
    {
      title,
      legend: effects
        ? effectLegend(effects, page.theme, width, page.measure, has(heat, MASKED) ? t.masked : null)
        : heatLegend(heat, scaleOf(spec), page.theme, width, page.measure),
      body: heatLayout(heat, at, page.theme, { head: t.headButton }, page.measure),
      notes: [...heatNotes(heat), ...runNotes(scene), ...effectNotes(scene)],
    },
    page,
  );
};

export const render: Render = (spec, source, host) => {
  const loader = new Loader<LayerTiles>();
  const whole = currentScene(spec, host.selection, loader.loaded, host.effects);
  const scene = computed(() => whole.value && cutScene(whole.value, host.selection.value.rectangle));
  const choice = computed(() => scene.value && choose(scene.value, TABLE_ROWS));
  const props = {
    spec,
    host,
    loader,
    scene,
    tiles: computed(() => loader.loaded.value.value),
    top: computed(() => (choice.value ? topLinks(choice.value, TABLE_ROWS, scene.value) : [])),
    pointing: pointing(host.selection, scene),
    scale: signal(scaleOf(spec)),
    marginals: signal(spec.options.marginals === "on"),
    help: signal(false),
    table: signal(false),
  };
  const stop = follow(spec, host, source, loader);
  renderInto(h(HeatmapFrame, props), host.element);
  return () => {
    stop();
    loader.stop();
    renderInto(null, host.element);
  };
};

/** Reads the tiles of the selected layer and heads whenever these change. */
function follow(spec: ViewSpec, host: Host, source: Source, loader: Loader<LayerTiles>): () => void {
  const tiles = new HeadTiles(source);
  const wanted = computed(() => {
    const { kind, layer, heads } = host.selection.value;
    return `${kind}/${layer}/${heads}`;
  });
  return effect(() => {
    wanted.value;
    const selection = host.selection.peek();
    loader.run(async (signal, progress) => ({
      selection,
      tiles: await tiles.full(attentionOf(spec, selection), selection.layer, selection.heads, signal, (early) =>
        progress({ selection, tiles: [...early] }),
      ),
    }));
  });
}
