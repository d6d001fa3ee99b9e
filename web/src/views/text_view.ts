/** The text view: the document itself, its tokens shaded by attention. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { TextFrame } from "../controls/text_frame";
import { textState } from "../controls/text_state";
import { effectLine } from "../engine/effect";
import { effectLegend } from "../engine/effect_legend";
import { type Direction, followed, handleFor, otherSide, type Run, sideOf } from "../engine/follow";
import { rampLegend } from "../engine/legend";
import { marksOf, placeOf, type Scale, TEXT_ROOT, valueText } from "../engine/map/scale";
import { headsNamed, subjectNotes } from "../engine/notes";
import { attentionOf, headsAt } from "../engine/selection";
import { bodyWidth, sheet, statement } from "../engine/sheet";
import { stillText } from "../engine/text_flow";
import type { Image, Render } from "../hosts/host";
import { readField } from "../source/effects";
import type { Subject } from "../source/level_tiles";
import { type Line, Lookup } from "../source/lookup";
import type { Source } from "../source/source";
import type { ViewSpec } from "../spec";
import { t } from "../strings";

/** The text, shaded by what the selected token attends to (or what attends to it), by what each receives, or as given. */
export const image: Image = async (spec, source, page) => {
  const { selection } = spec;
  const attention = attentionOf(spec, selection);
  const heads = headsNamed(selection.heads, headsAt(attention, selection.layer));
  const isSelf = attention.query_stream === attention.key_stream;
  const direction: Direction = spec.options.direction === "attended" ? "attended" : "attends";
  const run = followed(selection, attention, sideOf(direction));
  const tokens = spec.streams[run && direction === "attended" ? attention.query_stream : attention.key_stream];
  const title = t.textCaption(spec.title, selection.layer, heads, tokens.labels.length);
  if (!selection.heads.length) return sheet({ title, legend: null, body: statement(t.noHead), notes: [] }, page);
  const line = await lineOf(spec, source, direction, run);
  const width = bodyWidth(page.width);
  const scale: Scale = { kind: "root", root: TEXT_ROOT, handle: 1 };
  scale.handle = handleFor(line.weights, scale);
  const field = await readField(spec, source, selection);
  const side = run ? otherSide(sideOf(direction)) : "key";
  const values = field && effectLine(field, selection.heads, side, tokens.labels.length, run);
  const effects = field && values && { field, values };
  const shading = { values: line.weights, scale, theme: page.theme, visible: line.weights.length, effects };
  return sheet(
    {
      title,
      legend: field
        ? effectLegend(field, page.theme, width, page.measure)
        : rampLegend(
            { name: t.scale, lut: page.theme.lut, handle: scale.handle, marks: marks(scale) },
            width,
            page.measure,
          ),
      body: stillText(tokens, shading, isSelf ? run : null, width, page.measure),
      notes: field ? subjectNotes(field, selection) : [shadedBy(spec, direction, run)],
    },
    page,
  );
};

function lineOf(spec: ViewSpec, source: Source, direction: Direction, run: Run | null): Promise<Line> {
  const { layer, heads } = spec.selection;
  const pool = spec.options.pool === "max" ? "max" : "mean";
  const subject: Subject = { attention: attentionOf(spec, spec.selection), layer, heads, pool };
  const lookup = new Lookup(source);
  if (run) return lookup.run(subject, sideOf(direction), run, undefined);
  if (spec.options.color === "given") return lookup.colours(subject, undefined);
  return lookup.received(subject, undefined, () => {});
}

function shadedBy({ options }: ViewSpec, direction: Direction, run: Run | null): string {
  if (run) return t.followCaption(direction, `token ${t.run(...run)}`);
  return options.color === "given" ? t.givenCaption : t.receivedCaption(1);
}

function marks(scale: Scale) {
  return marksOf(scale).map((value) => ({ place: placeOf(value, scale, 1), text: valueText(value) }));
}

export const render: Render = (spec, source, host) => {
  const state = textState(spec, source, host);
  renderInto(h(TextFrame, { spec, host, state, help: signal(false), message: signal("") }), host.element);
  return () => {
    state.stop();
    renderInto(null, host.element);
  };
};
