/** The head view: one layer, a colour per head, a line per weight. */

import { computed, effect, signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { HeadFrame } from "../controls/head_frame";
import { currentScene, type LayerTiles, Loader, pointing } from "../controls/state";
import { geometry, tokenAreas } from "../engine/bipartite";
import { choose, linesLayer } from "../engine/bipartite_lines";
import { type Headings, tokensLayer } from "../engine/bipartite_tokens";
import type { Choice } from "../engine/choice";
import type { DisplayList, Measure } from "../engine/display_list";
import { effectLegend } from "../engine/effect_legend";
import { headLegend } from "../engine/legend";
import { effectNotes, runNotes, shareNotes } from "../engine/notes";
import { counts, type Focus, isSomewhere, linksOf, NOWHERE, type Scene, sceneOf, topLinks } from "../engine/scene";
import { attentionOf, runOf } from "../engine/selection";
import { bodyWidth, sheet } from "../engine/sheet";
import type { Host, Image, Render } from "../hosts/host";
import { readField } from "../source/effects";
import { HeadTiles } from "../source/head_tiles";
import type { ViewSpec } from "../spec";
import { t } from "../strings";

const TABLE_ROWS = 30;

/** The whole picture of a scene at a width, as data. */
export function layout(
  scene: Scene,
  width: number,
  measure: Measure,
  headings: Headings,
  focus: Focus = NOWHERE,
  choice: Choice = choose(scene),
): DisplayList {
  const at = geometry(scene, width, measure);
  const whole = { top: 0, bottom: at.height };
  return {
    width: at.width,
    height: at.height,
    layers: {
      lines: linesLayer(scene, at, choice, whole),
      tokens: tokensLayer(scene, at, focus, isSomewhere(focus) ? linksOf(scene, focus) : [], whole, measure, headings),
    },
    areas: tokenAreas(scene, at),
  };
}

/** The selected layer and heads, with what is selected in them. */
export const image: Image = async (spec, source, page) => {
  const { selection } = spec;
  const attention = attentionOf(spec, selection);
  const { queries, keys, heads } = attention;
  const tiles = await new HeadTiles(source).full(attention, selection.layer, selection.heads);
  const scene = sceneOf(spec, selection, selection.heads, tiles, await readField(spec, source, selection));
  const focus = { query: runOf(selection.query, scene.level), key: runOf(selection.key, scene.level) };
  const choice = choose(scene);
  const width = bodyWidth(page.width);
  const body = layout(scene, width, page.measure, { query: t.queries, key: t.keyTokens }, focus, choice);
  if (isSomewhere(focus)) body.layers.lines = [];
  const shown = t.headsShown(scene.heads.length, heads.length);
  return sheet(
    {
      title: t.headCaption(spec.title, selection.layer, shown, ...counts(scene, queries, keys)),
      legend: scene.effects
        ? effectLegend(scene.effects, page.theme, width, page.measure)
        : headLegend(scene.heads, t.heads, width, page.measure),
      body,
      notes: [
        ...(isSomewhere(focus) || scene.effects ? [] : shareNotes(choice, scene.level)),
        ...runNotes(scene),
        ...effectNotes(scene),
      ],
    },
    page,
  );
};

export const render: Render = (spec, source, host) => {
  const loader = new Loader<LayerTiles>();
  const scene = currentScene(spec, host.selection, loader.loaded, host.effects);
  const choice = computed(() => scene.value && choose(scene.value));
  const top = computed(() => (choice.value ? topLinks(choice.value, TABLE_ROWS, scene.value) : []));
  const props = {
    spec,
    host,
    loader,
    scene,
    choice,
    top,
    pointing: pointing(host.selection, scene),
    help: signal(false),
    table: signal(false),
  };
  const stop = follow(spec, host, new HeadTiles(source), loader);
  renderInto(h(HeadFrame, props), host.element);
  return () => {
    stop();
    loader.stop();
    renderInto(null, host.element);
  };
};

/** Reads the tiles of the selected layer and heads whenever these change. */
function follow(spec: ViewSpec, host: Host, tiles: HeadTiles, loader: Loader<LayerTiles>): () => void {
  const wanted = computed(() => {
    const { kind, layer, heads } = host.selection.value;
    return `${kind}/${layer}/${heads}`;
  });
  return effect(() => {
    wanted.value;
    const selection = host.selection.peek();
    const attention = attentionOf(spec, selection);
    loader.run(async (signal, progress) => ({
      selection,
      tiles: await tiles.full(attention, selection.layer, selection.heads, signal, (early) =>
        progress({ selection, tiles: [...early] }),
      ),
    }));
  });
}
