/** The neuron view: how one query's weights come out of its vector, the keys, and every further term. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { NeuronFrame, neuronNotes } from "../controls/neuron_frame";
import { firstScene, neuronState } from "../controls/neuron_state";
import { neuron, neuronWords } from "../controls/neuron_words";
import { geometry, leftOut } from "../engine/neuron/geometry";
import { layout } from "../engine/neuron/layout";
import { bodyWidth, sheet } from "../engine/sheet";
import type { Image, Render } from "../hosts/host";

export { layout };

/** The selected query, with its strongest keys. */
export const image: Image = async (spec, source, page) => {
  const scene = await firstScene(spec, source);
  const { theme, measure, width } = page;
  const body = layout(scene, bodyWidth(width), { theme, measure, words: neuronWords() });
  const [title, ...notes] = neuronNotes(spec, spec.selection, scene);
  const missing = leftOut(scene, geometry(scene, bodyWidth(width), measure)).map((term) => neuron().neuronTerms[term]);
  if (missing.length) notes.push(neuron().columnsLeftOut(missing.join(", ")));
  return sheet({ title, legend: null, body, notes }, page);
};

export const render: Render = (spec, source, host) => {
  const state = neuronState(spec, source, host);
  const props = {
    spec,
    host,
    state,
    help: signal(false),
    table: signal(false),
    message: signal(""),
    isPage: source.find !== undefined,
  };
  renderInto(h(NeuronFrame, props), host.element);
  return () => {
    state.stop();
    renderInto(null, host.element);
  };
};
