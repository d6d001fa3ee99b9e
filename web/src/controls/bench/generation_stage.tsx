/** The generation view of the answer that is shown, inside the workbench: text, readout, matrix and player. */

import { computed, effect, signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { generationOf } from "../../engine/bench/generation";
import { sameSelection } from "../../engine/selection";
import type { Session } from "../../hosts/host";
import { views } from "../../hosts/views";
import { NamedSource } from "../../source/named";
import { t } from "../../strings";
import { Field } from "../toolbar";
import { marksOf } from "./graph";
import type { Bench } from "./state";
import { words } from "./words";

/** How long the room that a picture took is kept for the next one, so that the page does not jump. */
const SETTLED_MS = 400;

export function GenerationStage({ bench, session }: { bench: Bench; session: Session }) {
  const place = useRef<HTMLDivElement>(null);
  const name = bench.name.value;
  useEffect(() => shown(bench, session, name, place.current!), [name]);
  return <div class="generation-stage" ref={place} />;
}

/** What the picture can do to the workbench, and what of it stays when another answer is shown. */
export function sessionOf(bench: Bench): Session {
  return {
    live: computed(() => bench.live && !bench.branch.value),
    chosen: computed(() => (bench.chosen.value?.side === "source" ? bench.chosen.value.position : null)),
    pool: signal(bench.spec.options.pool === "max" ? "max" : "mean"),
    table: signal(false),
    marks: (step) => marksOf(bench.answer.value.steps[step]),
    choose: (position) => bench.choose({ side: "source", position }),
    hint: (label, chance) => words().choose(label, chance),
    force: (step, place) => bench.force(step, place),
  };
}

/** The view of one answer, drawn into the place; the result takes it down. */
function shown(bench: Bench, session: Session, name: string, place: HTMLElement): () => void {
  const render = views.generation_view;
  if (!render) throw new Error(t.unknownView("generation_view"));
  const { spec, source, host } = bench;
  const whole = bench.answer.peek();
  const own = generationOf(spec, whole, host.selection.peek());
  const selection = bench.branch.peek() ? aside(bench, own.selection) : { shared: host.selection, stop: () => {} };
  const end = render(own, new NamedSource(source, name), {
    ...host,
    element: place,
    selection: selection.shared,
    session,
  });
  const settled = setTimeout(() => {
    place.style.minHeight = "";
  }, SETTLED_MS);
  return () => {
    clearTimeout(settled);
    place.style.minHeight = `${place.offsetHeight}px`;
    selection.stop();
    end();
  };
}

/** A selection of its own for another hypothesis, which may have steps that the answer has not; all else is shared. */
function aside(bench: Bench, from: Bench["spec"]["selection"]) {
  const { selection } = bench.host;
  const shared = signal({ ...from });
  const ends = [
    effect(() => {
      const next = { ...selection.value, query: shared.peek().query };
      if (!sameSelection(next, shared.peek())) shared.value = next;
    }),
    effect(() => {
      const next = { ...shared.value, query: selection.peek().query };
      if (!sameSelection(next, selection.peek())) selection.value = next;
    }),
  ];
  const stop = () => {
    for (const end of ends) end();
  };
  return { shared, stop };
}

/** Any token of the prompt by keyboard; in the text a click chooses it. */
export function PromptPicker({ bench }: { bench: Bench }) {
  const w = words();
  const { labels } = bench.state.value.source;
  const place = bench.chosen.value;
  const at = place?.side === "source" ? place.position : null;
  return (
    <Field label={w.promptToken}>
      <select
        aria-label={w.promptToken}
        value={at === null ? "" : String(at)}
        onChange={({ currentTarget: { value } }) =>
          value === "" ? bench.back() : bench.choose({ side: "source", position: Number(value) })
        }
      >
        <option value="">–</option>
        {labels.map((label, i) => (
          <option key={i} value={String(i)}>
            {i} {label}
          </option>
        ))}
      </select>
    </Field>
  );
}
