/** The generation view's controls around its text and its matrix. */

import { effect, type Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { effectLine } from "../engine/effect";
import { queryOf, wholeText } from "../engine/generation/steps";
import { rootFor } from "../engine/map/scale";
import { beginsOf } from "../engine/map/text_grain";
import { headsNamed, subjectNotes } from "../engine/notes";
import { attentionOf, headsAt, stepHead, stepLayer } from "../engine/selection";
import type { Host } from "../hosts/host";
import { StepsPanel } from "../panels/steps_panel";
import { TextPanel } from "../panels/text_panel";
import type { ViewSpec } from "../spec";
import { t } from "../strings";
import { GenerationReadout } from "./generation_readout";
import type { GenerationState } from "./generation_state";
import { GenerationTable } from "./generation_table";
import { isOurs } from "./head_frame";
import { pageNotes, Shortcuts, Status } from "./messages";
import { SubjectPicker } from "./subject_picker";
import { HelpToggle, Segments, Toggle } from "./toolbar";

export interface GenerationFrameProps {
  spec: ViewSpec;
  host: Host;
  state: GenerationState;
  help: Signal<boolean>;
  table: Signal<boolean>;
}

export function GenerationFrame(props: GenerationFrameProps) {
  const { spec, host, state, help, table } = props;
  const attention = attentionOf(spec, host.selection.value);
  const line = state.line.value;
  return (
    <figure class="view wide texts generation" aria-label={t.generationView} onKeyDown={(event) => press(event, props)}>
      <Bar {...props} />
      <Player state={state} />
      <div class="body" data-state={line.state}>
        <Status loaded={line} retry={() => state.go(state.step.peek())} />
        <div class="picture">
          <div class="pages">
            <Read key={host.selection.value.kind} {...props} />
            <Matrix {...props} />
          </div>
          <GenerationReadout {...{ spec, state }} keys={spec.streams[attention.key_stream].labels} host={host} />
        </div>
        {help.value && <Shortcuts keys={t.generationKeys} close={() => (help.value = false)} />}
      </div>
      <figcaption id="caption">{caption(props)}</figcaption>
      {table.value && <GenerationTable {...{ spec, state }} />}
      <div class="spoken" aria-live={state.playing.value ? "off" : "polite"}>
        {t.stepSpoken(state.step.value + 1, state.answer.steps, spec.streams.answer.labels[state.step.value])}
      </div>
    </figure>
  );
}

function Bar({ spec, host, state, help, table }: GenerationFrameProps) {
  const { selection } = host;
  const now = selection.value;
  const attention = attentionOf(spec, now);
  return (
    <div class={attention.heads.length > 12 ? "bar many" : "bar"}>
      <SubjectPicker spec={spec} selection={now} select={(next) => (selection.value = { ...next, query: now.query })} />
      {now.heads.length > 1 && (
        <Segments
          label={t.headsTogether}
          options={(["mean", "max"] as const).map((value) => ({ value, label: t.pools[value] }))}
          value={state.pool.value}
          choose={(pool) => (state.pool.value = pool)}
        />
      )}
      <div class="ends">
        <Toggle label={t.table} hint={t.stepsTableHint} on={table.value} flip={() => (table.value = !table.value)} />
        {!host.session && <HelpToggle help={help} />}
      </div>
    </div>
  );
}

/** Play, step and scrub. */
function Player({ state }: { state: GenerationState }) {
  const { answer, playing, go } = state;
  const step = state.step.value;
  const button = (name: string, sign: ComponentChildren, act: () => void, disabled = false) => (
    <button type="button" class="icon" aria-label={name} title={name} disabled={disabled} onClick={act}>
      {sign}
    </button>
  );
  return (
    <div class="bar second player">
      {button(playing.value ? t.pause : t.play, <Sign path={playing.value ? PAUSE : PLAY} />, () => toggle(state))}
      {button(t.previousStep, "‹", () => go(step - 1), step === 0)}
      {button(t.nextStep, "›", () => go(step + 1), step + 1 === answer.steps)}
      <input
        type="range"
        min={1}
        max={answer.steps}
        value={step + 1}
        aria-label={t.step}
        aria-valuetext={t.stepOf(step + 1, answer.steps)}
        onInput={(event) => {
          playing.value = false;
          go(Number(event.currentTarget.value) - 1);
        }}
      />
      <span class="note">{t.stepOf(step + 1, answer.steps)}</span>
    </div>
  );
}

const PLAY = "M2 1 L11 6 L2 11 Z";
const PAUSE = "M2 1 H5 V11 H2 Z M7 1 H10 V11 H7 Z";

function Sign({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 12 12" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

function toggle(state: GenerationState): void {
  const { playing, step, answer, go } = state;
  if (!playing.peek() && step.peek() + 1 === answer.steps) go(0);
  playing.value = !playing.peek();
}

/** What had been read at the step, shaded, and the token that was chosen; a click on an answer's token goes to its step. */
function Read({ spec, host, state }: GenerationFrameProps) {
  const stage = useRef<HTMLDivElement>(null);
  const attention = attentionOf(spec, host.selection.peek());
  const isSelf = attention.query_stream === attention.key_stream;
  useEffect(() => {
    const keys = spec.streams[attention.key_stream];
    const tokens = isSelf ? wholeText(keys, spec.streams.answer) : keys;
    const events = {
      point: () => {},
      click: (position: number) => {
        if (isSelf && position >= state.answer.border) state.go(position - state.answer.border);
        else host.session?.choose(position);
      },
      hold: () => {},
    };
    const panel = new TextPanel(stage.current!, tokens, beginsOf(tokens), events);
    const scale = { kind: "root" as const, root: rootFor(attention.keys), handle: 1 };
    const ends = [
      effect(() => {
        const line = state.line.value.value;
        const values = new Float32Array(tokens.pieces.length);
        if (line) values.set(line.weights.subarray(0, values.length));
        panel.shade({
          values,
          scale: { ...scale, handle: handleFor(values, scale.root) },
          theme: host.theme.value,
          visible: values.length,
          effects: tokenEffects(host, attention.keys, queryOf(state.answer, state.step.value), values.length),
        });
      }),
      effect(() => {
        const at = state.answer.border + state.step.value;
        panel.mark(isSelf ? [at, at + 1] : null, host.session?.chosen.value ?? null, false);
        if (isSelf) panel.until(at + 1);
      }),
      effect(() => {
        if (isSelf) panel.reveal(state.answer.border + state.step.value);
      }),
    ];
    return () => {
      for (const end of ends) end();
      panel.dispose();
    };
  }, []);
  return <div class="page" ref={stage} role="group" aria-label={t.generationView} tabIndex={0} />;
}

/** The effect of each token's edge to the query of the step; what was not read yet has none. */
function tokenEffects(host: Host, keys: number, query: number, count: number) {
  const field = host.effects.value;
  if (!field) return null;
  const values = new Float32Array(count).fill(Number.NaN);
  values.set(effectLine(field, host.selection.value.heads, "key", keys, [query, query + 1]));
  return { field, values };
}

/** The first token often takes most: colours span what the others get. */
function handleFor(values: Float32Array, root: number): number {
  const most = values.subarray(1).reduce((all, value) => Math.max(all, value), 1e-6);
  return Math.max(0.05, Math.min(1, most ** (1 / root)));
}

function Matrix({ host, state }: GenerationFrameProps) {
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const words = { prompt: t.stepsMatrix, effects: t.stepsEffects, answer: t.answerTokens };
    const panel = new StepsPanel(stage.current!, state.go, host.theme.peek(), words);
    const ends = [
      effect(() => panel.dress(host.theme.value)),
      effect(() => {
        if (state.scene.value) panel.show(state.scene.value);
      }),
      effect(() => panel.stand(state.step.value)),
    ];
    return () => {
      for (const end of ends) end();
      panel.dispose();
    };
  }, []);
  return (
    <div
      class="stage steps"
      ref={stage}
      tabIndex={0}
      role="application"
      aria-label={t.stepsMatrix}
      aria-describedby="caption"
    />
  );
}

function press(event: KeyboardEvent, { spec, host, state, help, table }: GenerationFrameProps): void {
  if (!isOurs(event) || (event.composedPath()[0] as HTMLElement).tagName === "INPUT") return;
  const { selection, session } = host;
  const now = selection.peek();
  const attention = attentionOf(spec, now);
  const by = (steps: number) => () => {
    state.playing.value = false;
    state.go(state.step.peek() + steps);
  };
  const actions: Record<string, () => void> = {
    " ": () => toggle(state),
    ArrowRight: by(1),
    ArrowLeft: by(-1),
    ArrowDown: by(1),
    ArrowUp: by(-1),
    PageDown: by(10),
    PageUp: by(-10),
    Home: by(-state.answer.steps),
    End: by(state.answer.steps),
    ...(session && !isOpen(state, help, table) ? {} : { Escape: () => closeOne(state, help, table) }),
    m: () => (state.pool.value = state.pool.peek() === "max" ? "mean" : "max"),
    "[": () => (selection.value = stepHead(now, attention, -1)),
    "]": () => (selection.value = stepHead(now, attention, 1)),
    ",": () => (selection.value = stepLayer(now, attention, -1)),
    ".": () => (selection.value = stepLayer(now, attention, 1)),
    t: () => (table.value = !table.peek()),
    ...(session ? {} : { "?": () => (help.value = !help.peek()) }),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

function isOpen({ playing }: GenerationState, help: Signal<boolean>, table: Signal<boolean>): boolean {
  return help.peek() || playing.peek() || table.peek();
}

function closeOne({ playing }: GenerationState, help: Signal<boolean>, table: Signal<boolean>): void {
  if (help.peek()) help.value = false;
  else if (playing.peek()) playing.value = false;
  else table.value = false;
}

function caption({ spec, host, state }: GenerationFrameProps): string {
  const { selection } = host;
  const { layer, heads } = selection.value;
  const attention = attentionOf(spec, selection.value);
  const tile = state.scene.value?.tile;
  const [rows, columns] = tile?.shape ?? [0, 0];
  const isPooled = rows > 0 && (rows < state.answer.steps || columns < attention.keys);
  return [
    t.generationCaption(
      spec.title,
      layer,
      headsNamed(heads, headsAt(attention, layer)),
      state.answer.border,
      state.answer.steps,
    ),
    ...(host.effects.value
      ? [t.generationEffects, ...subjectNotes(host.effects.value, { layer, heads })]
      : [t.generationHint]),
    ...(isPooled ? [t.pooled(Math.ceil(state.answer.steps / rows), Math.ceil(attention.keys / columns))] : []),
    ...pageNotes(spec),
  ].join(" ");
}
