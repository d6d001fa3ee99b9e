/** The head view: one layer, a colour per head, a line per weight. */

import { computed, effect, signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { HeadFrame } from "../controls/head_frame";
import { currentScene, type LayerTiles, Loader, pointing } from "../controls/state";
import { geometry, tokenAreas } from "../engine/bipartite";
import { choose, linesLayer } from "../engine/bipartite_lines";
import { type Headings, tokensLayer } from "../engine/bipartite_tokens";
import type { DisplayList, Measure } from "../engine/display_list";
import { type Focus, linksOf, NOWHERE, type Scene, topLinks } from "../engine/scene";
import { attentionOf } from "../engine/selection";
import type { Host, Render } from "../hosts/host";
import { HeadTiles } from "../source/head_tiles";
import type { ViewSpec } from "../spec";

const TABLE_ROWS = 30;

/** The whole picture of a scene at a width, as data. */
export function layout(
  scene: Scene,
  width: number,
  measure: Measure,
  headings: Headings,
  focus: Focus = NOWHERE,
): DisplayList {
  const at = geometry(scene, width, measure);
  const whole = { top: 0, bottom: at.height };
  return {
    width: at.width,
    height: at.height,
    layers: {
      lines: linesLayer(scene, at, choose(scene), whole),
      tokens: tokensLayer(scene, at, focus, linksOf(scene, focus), whole, measure, headings),
    },
    areas: tokenAreas(scene, at),
  };
}

export const render: Render = (spec, source, host) => {
  const loader = new Loader<LayerTiles>();
  const scene = currentScene(spec, host.selection, loader.loaded);
  const choice = computed(() => scene.value && choose(scene.value));
  const top = computed(() => (choice.value ? topLinks(choice.value, TABLE_ROWS) : []));
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
    const { queries, keys } = attentionOf(spec, selection);
    const rest: [number, number][] = [
      [0, queries],
      [0, keys],
    ];
    loader.run(async (signal) => ({
      selection,
      tiles: await tiles.read(`${selection.kind}.weights`, selection.layer, selection.heads, rest, signal),
    }));
  });
}
