/** The workbench: a source, its answer with the attention between them, and everything that can be asked about it. */

import { type Signal, signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { headsNamed } from "../../engine/notes";
import { stepHead, stepLayer } from "../../engine/selection";
import type { SequenceSpec, ViewSpec } from "../../spec";
import { percent, t } from "../../strings";
import { isOurs } from "../head_frame";
import { Shortcuts, Status } from "../messages";
import { SubjectPicker } from "../subject_picker";
import { Field, HelpToggle, Segments, Stepper } from "../toolbar";
import { AlignmentTab } from "./alignment";
import { CompareTab } from "./compare";
import { GenerationStage, sessionOf } from "./generation_stage";
import { DrawsNote, EditsInForce, GraphStage, PaddingNote } from "./graph";
import { HistoryTab } from "./history";
import { WordsTab } from "./near_words";
import { PatchMaps } from "./patch_map";
import { type Scope, TABS } from "./places";
import type { Bench } from "./state";
import { StatesTab } from "./states_tab";
import { TreeTab } from "./tree";
import { WhatIf } from "./what_if";
import { nats, words } from "./words";

export interface BenchFrameProps {
  bench: Bench;
  help: Signal<boolean>;
}

const SHARES = [0.25, 0.5, 0.75, 0.9, 1];
const BEAMS = [1, 2, 3, 4, 5, 6, 8, 10];

export function BenchFrame(props: BenchFrameProps) {
  const { bench, help } = props;
  return (
    <figure class="view wide bench" aria-label={words().name} onKeyDown={(event) => press(event, props)}>
      <SourceBar bench={bench} help={help} />
      <Working bench={bench} />
      <Said bench={bench} />
      {bench.isText ? <TextBody {...props} /> : <GraphBody {...props} />}
      <Tabs bench={bench} />
      {!bench.isText && <figcaption id="caption">{caption(bench)}</figcaption>}
      <div class="spoken" aria-live="polite">
        {spoken(bench)}
      </div>
    </figure>
  );
}

/** Source and target with the attention between them. */
function GraphBody({ bench, help }: BenchFrameProps) {
  return (
    <>
      <div class="bar second">
        <SubjectPicker
          spec={offered(bench)}
          selection={bench.host.selection.value}
          select={(next) => bench.look(next)}
        />
        <ScopePicker bench={bench} />
        <SharePicker bench={bench} />
      </div>
      <div class="body" data-state={bench.matrix.value.state}>
        <Status loaded={bench.matrix.value} retry={() => bench.retry()} />
        <GraphStage bench={bench} />
        <PatchMaps bench={bench} />
        <PaddingNote bench={bench} />
        <DrawsNote bench={bench} />
        <EditsInForce bench={bench} />
        <WhatIf bench={bench} />
        {help.value && <Shortcuts keys={words().keys} close={() => (help.value = false)} />}
      </div>
    </>
  );
}

/** The answer as a text that was written, step by step. */
function TextBody({ bench, help }: BenchFrameProps) {
  const session = useMemo(() => sessionOf(bench), [bench]);
  return (
    <>
      <WhatIf bench={bench} />
      <EditsInForce bench={bench} />
      <div class="body">
        <GenerationStage bench={bench} session={session} />
        {help.value && <Shortcuts keys={textKeys()} close={() => (help.value = false)} />}
      </div>
    </>
  );
}

/** The text's keys and the workbench's, each once. */
function textKeys(): string[][] {
  const own = words().keys.filter(([key]) => !["← →", "[ ]", ", .", "Esc", "?"].includes(key));
  return [...t.generationKeys.filter(([key]) => key !== "?"), ...own, ...words().keys.slice(-2)];
}

function offered(bench: Bench): ViewSpec {
  return { ...bench.spec, attentions: bench.attentions.value };
}

function SourceBar({ bench, help }: BenchFrameProps) {
  const w = words();
  const state = bench.state.value;
  const { can_undo, can_redo, can_edit_source, encoder_decoder } = bench.session.value;
  const read = readAs(state.source);
  const text = useMemo(() => signal(read), [read]);
  const field = {
    value: text.value,
    disabled: !bench.live || !can_edit_source,
    "aria-label": encoder_decoder ? w.source : w.prompt,
    placeholder: w.sourceHint,
    "data-find": "source",
    onInput: (event: { currentTarget: { value: string } }) => {
      text.value = event.currentTarget.value;
    },
  };
  const { beams, k, max_new_tokens } = state.settings;
  const icon = (name: string, sign: string, on: boolean, what: string) => (
    <button
      type="button"
      class="icon"
      aria-label={name}
      title={name}
      disabled={!on || !bench.live}
      onClick={() => void bench.ask(what)}
    >
      {sign}
    </button>
  );
  return (
    <div class="bar">
      <form
        class="ask"
        onSubmit={(event) => {
          event.preventDefault();
          void bench.ask("translate", { text: text.value });
        }}
      >
        {encoder_decoder ? <input {...field} /> : <textarea {...field} rows={linesOf(text.value)} onKeyDown={submit} />}
        {(can_edit_source || !(state.source.times ?? state.source.places)) && (
          <button type="submit" class="act primary" disabled={!bench.live || !can_edit_source}>
            {encoder_decoder ? w.run : w.goOn}
          </button>
        )}
      </form>
      {bench.live && (
        <Stepper
          label={w.beams}
          values={BEAMS.includes(beams) ? BEAMS : [...BEAMS, beams].sort((a, b) => a - b)}
          value={beams}
          previous={`${w.beams} −`}
          next={`${w.beams} +`}
          choose={(value) => void bench.ask("settings", { beams: value, k, max_new_tokens })}
        />
      )}
      <div class="ends">
        {bench.live && icon(w.undo, "↶", can_undo, "undo")}
        {bench.live && icon(w.redo, "↷", can_redo, "redo")}
        <HelpToggle help={help} />
      </div>
    </div>
  );
}

/** What stands for the source: its text, or what it is instead. */
function readAs({ text, times, places, seconds }: SequenceSpec): string {
  if (times) return words().sound(seconds ?? times[times.length - 1]?.[1] ?? 0);
  return places && !text ? words().picture(places.filter(([image]) => image >= 0).length) : text;
}

const MOST_LINES = 3;

function linesOf(text: string): number {
  return Math.min(MOST_LINES, text.split("\n").length);
}

/** A prompt may have several lines: Enter submits it, with Shift it begins another. */
function submit(event: KeyboardEvent): void {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  (event.currentTarget as HTMLTextAreaElement).form?.requestSubmit();
}

function Working({ bench }: { bench: Bench }) {
  const w = words();
  const busy = bench.busy.value;
  const failure = bench.failure.value;
  return (
    <>
      {busy && (
        <div class="working" role="status">
          <span>{busy.most ? (w.doing[busy.ask] ?? w.running)(busy.tokens, busy.most) : t.loading}</span>
          {busy.most > 0 && <progress value={busy.tokens} max={busy.most} />}
          <button type="button" class="act" onClick={() => bench.cancel()}>
            {w.cancel}
          </button>
        </div>
      )}
      {failure && (
        <div class="failure" role="alert">
          <span>{failure}</span>
          <button type="button" class="icon" aria-label={t.close} onClick={() => (bench.failure.value = null)}>
            ×
          </button>
        </div>
      )}
      {!bench.live && <p class="note offline">{w.offline}</p>}
    </>
  );
}

/** The answer, and how likely the model finds it. */
function Said({ bench }: { bench: Bench }) {
  const w = words();
  const state = bench.state.value;
  const count = Math.max(1, state.steps.length);
  const mean = state.total === null ? null : state.total / count;
  const branch = bench.branch.value;
  return (
    <div class="said">
      <bdi class="answer">{branch ? branch.target.text : state.target.text}</bdi>
      {branch ? (
        <>
          <span class="note">{w.branchShown(branch.target.text)}</span>
          <button type="button" class="act" onClick={() => void bench.inspect(null)}>
            {w.backToAnswer}
          </button>
        </>
      ) : (
        <>
          <span class="score-bar" aria-hidden="true">
            <i style={{ width: `${100 * (mean === null ? 0 : Math.exp(mean))}%` }} />
          </span>
          <span class="note">
            {w.perToken(nats(state.total), nats(mean))} · {state.ended ? w.ended : w.cut}
          </span>
        </>
      )}
    </div>
  );
}

function ScopePicker({ bench }: { bench: Bench }) {
  const w = words();
  const aligning =
    bench.state.value.alignment_heads.length > 0 && bench.attention(bench.host.selection.value).kind === "cross";
  const scopes: Scope[] = aligning ? ["heads", "all", "alignment"] : ["heads", "all"];
  return (
    <Segments
      label={w.scope}
      options={scopes.map((value) => ({ value, label: w.scopes[value] }))}
      value={bench.scope.value}
      choose={(scope) => (bench.scope.value = scope)}
    />
  );
}

/** Down to which share of each token's attention lines are drawn. */
function SharePicker({ bench }: { bench: Bench }) {
  return (
    <Field label={words().lines}>
      <select
        aria-label={words().lines}
        value={String(bench.share.value)}
        onChange={(event) => (bench.share.value = Number(event.currentTarget.value))}
      >
        {SHARES.map((share) => (
          <option key={share} value={String(share)}>
            {percent(share)}
          </option>
        ))}
      </select>
    </Field>
  );
}

function Tabs({ bench }: { bench: Bench }) {
  const w = words();
  const tab = bench.tab.value;
  return (
    <>
      <div class="tabs" role="tablist" aria-label={w.name}>
        {TABS.map((one) => (
          <button
            type="button"
            role="tab"
            key={one}
            id={`tab-${one}`}
            aria-selected={one === tab}
            onClick={() => (bench.tab.value = one)}
          >
            {w.tabs[one]}
          </button>
        ))}
      </div>
      <div role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === "tree" && <TreeTab bench={bench} />}
        {tab === "compare" && <CompareTab bench={bench} />}
        {tab === "states" && <StatesTab bench={bench} />}
        {tab === "words" && <WordsTab bench={bench} />}
        {tab === "alignment" && <AlignmentTab bench={bench} />}
        {tab === "history" && <HistoryTab bench={bench} />}
      </div>
    </>
  );
}

function caption(bench: Bench): string {
  const w = words();
  const { layer, heads } = bench.host.selection.value;
  const attention = bench.attention(bench.host.selection.value);
  const scope = bench.scope.value === "heads" ? headsNamed(heads, attention.heads) : w.scopes[bench.scope.value];
  return `${w.caption(bench.spec.title, layer, scope)}. ${w.share(bench.share.value)}`;
}

function spoken(bench: Bench): string {
  const w = words();
  const place = bench.chosen.value;
  const state = bench.state.value;
  if (!place) return bench.busy.value ? "" : state.target.text;
  const label = bench.answer.value[place.side].labels[place.position] ?? "";
  return place.side === "source" ? w.sourceToken(place.position, label) : w.step(place.position, label);
}

function press(event: KeyboardEvent, { bench, help }: BenchFrameProps): void {
  const target = event.composedPath()[0] as HTMLElement;
  const isField = target.tagName === "INPUT" && (target as HTMLInputElement).type !== "range";
  const typing = isField || target.tagName === "TEXTAREA";
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z" && !typing) {
    event.preventDefault();
    if (bench.live) void bench.ask(event.shiftKey ? "redo" : "undo");
    return;
  }
  if (!isOurs(event) || (typing && event.key !== "Escape")) return;
  const { selection } = bench.host;
  const now = selection.value;
  const attention = bench.attention(now);
  const actions: Record<string, () => void> = {
    ArrowRight: () => bench.go(1),
    ArrowLeft: () => bench.go(-1),
    "[": () => (selection.value = stepHead(now, attention, -1)),
    "]": () => (selection.value = stepHead(now, attention, 1)),
    ",": () => (selection.value = stepLayer(now, attention, -1)),
    ".": () => (selection.value = stepLayer(now, attention, 1)),
    e: () => (bench.editing.value = bench.live && !bench.editing.value),
    p: () => bench.pin(bench.session.value.pinned === bench.state.value.id ? null : bench.state.value.id),
    x: () => bench.live && void bench.ask("swap"),
    "/": () => ((target.getRootNode() as ShadowRoot).querySelector("[data-find=source]") as HTMLElement)?.focus(),
    "?": () => (help.value = !help.value),
    Escape: () => stepBack(bench, help),
  };
  TABS.forEach((tab, i) => {
    actions[String(i + 1)] = () => (bench.tab.value = tab);
  });
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

/** One thing at a time: what runs, the help, changes that wait, the editor, the chosen token. */
function stepBack(bench: Bench, help: Signal<boolean>): void {
  if (bench.busy.value) bench.cancel();
  else if (help.value) help.value = false;
  else if (bench.pending.value.length) bench.pending.value = [];
  else if (bench.editing.value) bench.editing.value = false;
  else bench.back();
}
