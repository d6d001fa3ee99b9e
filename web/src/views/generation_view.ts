/** The generation view: an answer step by step, what each token came from and what else it could have been. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { GenerationFrame } from "../controls/generation_frame";
import { choicesOf, generationState, stepsScene } from "../controls/generation_state";
import { effectLegend } from "../engine/effect_legend";
import { layout } from "../engine/generation/layout";
import { alternatives, answerOf, stepOf } from "../engine/generation/steps";
import { headsNamed, subjectNotes } from "../engine/notes";
import { attentionOf, headsAt } from "../engine/selection";
import { bodyWidth, sheet } from "../engine/sheet";
import type { Image, Render } from "../hosts/host";
import { views } from "../hosts/views";
import { readField } from "../source/effects";
import { HeadTiles } from "../source/head_tiles";
import { percent, t } from "../strings";

export { layout };

/** All steps as a matrix, and what the selected one chose from. */
export const image: Image = async (spec, source, page) => {
  const { layer, heads, query } = spec.selection;
  const attention = attentionOf(spec, spec.selection);
  const answer = answerOf(spec);
  const step = stepOf(answer, query);
  const pool = spec.options.pool === "max" ? "max" : "mean";
  const [weighed, field] = await Promise.all([
    stepsScene(spec, new HeadTiles(source), { attention, layer, heads, pool }, answer),
    readField(spec, source, spec.selection),
  ]);
  const scene = { ...weighed, effects: field && { field, heads } };
  const words = { prompt: t.stepsMatrix, effects: t.stepsEffects, answer: t.answerTokens };
  const width = bodyWidth(page.width);
  const body = layout(scene, width, page.measure, words, step, page.theme);
  const named = headsNamed(heads, headsAt(attention, layer));
  const logs = await choicesOf(spec, source, "choices", answer.k);
  const { labels, pieces } = spec.streams.answer;
  const own = { label: labels[step], piece: pieces[step] };
  const found = alternatives(logs, answer.k, step, spec.streams.choices, own);
  const chances = found.map(({ label, probability }) => `${label} ${percent(probability)}`).join(" · ");
  const title = t.generationCaption(spec.title, layer, named, answer.border, answer.steps);
  const legend = field && effectLegend(field, page.theme, width, page.measure);
  const notes = [`${t.stepOf(step + 1, answer.steps)}: ${chances}`, ...subjectNotes(field, { layer, heads })];
  return sheet({ title, legend, body, notes }, page);
};

/** With a workbench, its frame around this view of whichever answer is shown. */
export const render: Render = (spec, source, host) => {
  if ("workbench" in spec && views.seq2seq_view) return views.seq2seq_view(spec, source, host);
  const state = generationState(spec, source, host);
  const table = host.session?.table ?? signal(false);
  renderInto(h(GenerationFrame, { spec, host, state, help: signal(false), table }), host.element);
  return () => {
    state.stop();
    renderInto(null, host.element);
  };
};
