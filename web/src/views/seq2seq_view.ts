/** The workbench of encoder-decoders (and of what writes without an encoder): see, ask what if, compare, look for causes. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { BenchFrame } from "../controls/bench/frame";
import { keepAddress } from "../controls/bench/kept";
import { Bench } from "../controls/bench/state";
import { BENCH_STYLES } from "../controls/bench/styles";
import { nats, words } from "../controls/bench/words";
import { meanOf, rowsOf } from "../engine/bench/rows";
import { answerSheet } from "../engine/bench/sheet";
import { headsNamed } from "../engine/notes";
import { attentionOf, headsAt } from "../engine/selection";
import { bodyWidth, sheet } from "../engine/sheet";
import type { Image, Render } from "../hosts/host";
import { HeadTiles } from "../source/head_tiles";
import { weights } from "../source/source";
import type { Seq2SeqSpec } from "../spec";

export const image: Image = async (spec, source, page) => {
  const { workbench } = spec as Seq2SeqSpec;
  const state = workbench.states.find(({ id }) => id === workbench.current) ?? workbench.states[0];
  const attention = attentionOf({ ...spec, attentions: state.attentions }, spec.selection);
  const { layer, heads } = spec.selection;
  const rest: [number, number][] = [
    [0, attention.queries],
    [0, attention.keys],
  ];
  const tiles = await new HeadTiles(source).read(`${state.id}:${attention.kind}.weights`, layer, heads, rest);
  const matrix = meanOf(tiles.map((tile) => ({ shape: tile.shape, values: weights(tile) })));
  const rows = rowsOf(attention.kind, state);
  const title = words().caption(spec.title, layer, headsNamed(heads, headsAt(attention, layer)));
  const notes = [`${state.source.text} → ${state.target.text}`, `log p ${nats(state.total)}`];
  const body = answerSheet(state, rows, matrix, bodyWidth(page.width), page.theme, page.measure);
  return sheet({ title, legend: null, body, notes }, page);
};

export const render: Render = (spec, source, host) => {
  const style = new CSSStyleSheet();
  style.replaceSync(BENCH_STYLES);
  const root = host.element.getRootNode() as ShadowRoot;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, style];
  const bench = new Bench(spec as Seq2SeqSpec, source, host);
  renderInto(h(BenchFrame, { bench, help: signal(false) }), host.element);
  const leave = host.address ? keepAddress(bench, host.address) : () => {};
  return () => {
    leave();
    bench.stop();
    renderInto(null, host.element);
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== style);
  };
};
