/** What can be done with the chosen token: another in its place, one before it, none, other attention. */

import { useState } from "preact/hooks";
import { timeOf } from "../../engine/bench/sound";
import type { AttentionEditSpec } from "../../spec";
import { percent } from "../../strings";
import { Segments } from "../toolbar";
import { described, editedKind } from "./edits";
import { PromptPicker } from "./generation_stage";
import type { Place } from "./places";
import type { Bench } from "./state";
import { StretchEdits } from "./stretch";
import { words } from "./words";

export function WhatIf({ bench }: { bench: Bench }) {
  const place = bench.chosen.value;
  if (!bench.live || bench.branch.value) return null;
  return (
    <div class={bench.isText ? "what-if inline" : "what-if"}>
      {bench.isText && <PromptPicker bench={bench} />}
      <StretchEdits bench={bench} />
      {place && <TokenEdits key={`${place.side}${place.position}`} bench={bench} place={place} />}
      {bench.editing.value && <AttentionEdits bench={bench} />}
    </div>
  );
}

function TokenEdits({ bench, place }: { bench: Bench; place: Place }) {
  const w = words();
  const [text, setText] = useState("");
  const state = bench.state.value;
  const { position } = place;
  const label = state[place.side].labels[position];
  if (label === undefined || (place.side === "source" && !bench.session.value.can_edit_source)) return null;
  const ask = (what: string, fields: Record<string, unknown>) => void bench.ask(what, fields);
  const replace = () => {
    if (!text) return;
    if (place.side === "source") ask("replace_source", { position, by: text });
    else ask("force", { step: position, token: text });
  };
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        replace();
      }}
    >
      <span class="label">{w.whatIf}</span>
      <bdi class="token-name">{label}</bdi>
      <input
        class="find short"
        value={text}
        aria-label={place.side === "source" ? w.replaceBy : w.forceTo}
        placeholder={place.side === "source" ? `${w.replaceBy} …` : `${w.forceTo} …`}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="act" disabled={!text}>
        {place.side === "source" ? w.replaceBy : w.forceTo}
      </button>
      {place.side === "source" && (
        <>
          <button
            type="button"
            class="act"
            disabled={!text}
            onClick={() => ask("insert_source", { position, what: text })}
          >
            {w.insertBefore}
          </button>
          <button type="button" class="act" onClick={() => ask("delete_source", { position })}>
            {w.delete}
          </button>
        </>
      )}
      <button type="button" class="act" onClick={() => near(bench, place)}>
        {w.words}
      </button>
      {place.side === "target" && (
        <button
          type="button"
          class="act"
          aria-pressed={bench.editing.value}
          onClick={() => (bench.editing.value = !bench.editing.value)}
        >
          {w.editAttention}
        </button>
      )}
    </form>
  );
}

export function near(bench: Bench, { side, position }: Place): void {
  bench.tab.value = "words";
  void bench.ask("words", { state: bench.state.value.id, side, position, k: 20 });
}

function AttentionEdits({ bench }: { bench: Bench }) {
  const w = words();
  const state = bench.state.value;
  const step = bench.step.value;
  const kind = editedKind(state);
  const labels = kind === "cross" ? state.source.labels : [...state.start.labels, ...state.target.labels];
  const [key, setKey] = useState<number | null>(null);
  if (step === null) return <p class="note">{w.editNeedsStep}</p>;
  const [first, last] = (kind === "cross" && state.source.times && bench.stretch.value) || [key ?? 0, key ?? 0];
  const picks = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const draft = (edit: Parameters<Bench["draft"]>[0]) => bench.draft(edit);
  const buttons: [string, string, () => void][] = [
    [w.changes.move, w.changeHints.move, () => draft({ change: "move", to: picks })],
    [w.changes.scale, w.changeHints.scale, () => draft({ change: "scale", keys: picks, share: 2 })],
    [w.changes.halve, w.changeHints.halve, () => draft({ change: "scale", keys: picks, share: 0.5 })],
    [w.changes.zero, w.changeHints.zero, () => draft({ change: "zero", keys: picks })],
    [w.changes.hide, w.changeHints.hide, () => draft({ change: "hide", keys: picks })],
  ];
  return (
    <div class="attention-edits">
      <p class="note">{w.editHint(step, state.target.labels[step])}</p>
      <div class="row">
        <select
          aria-label={w.source}
          value={String(first)}
          onChange={(event) => {
            bench.stretch.value = null;
            setKey(Number(event.currentTarget.value));
          }}
        >
          {labels.map((label, i) => (
            <option key={i} value={String(i)}>
              {i} {label}
            </option>
          ))}
        </select>
        {last > first && state.source.times && (
          <span class="token-name">{w.span(...timeOf(state.source.times, [first, last]))}</span>
        )}
        {buttons.map(([name, hint, act]) => (
          <button type="button" key={name} class="act" title={hint} onClick={act}>
            {name}
          </button>
        ))}
        <label class="field">
          <span class="label">{w.moved}</span>
          <input
            type="range"
            min={10}
            max={100}
            step={10}
            value={100 * bench.moved.value}
            aria-valuetext={percent(bench.moved.value)}
            onInput={(event) => (bench.moved.value = Number(event.currentTarget.value) / 100)}
          />
          <span class="note">{percent(bench.moved.value)}</span>
        </label>
        <Segments
          label={w.editAttention}
          options={[
            { value: "all", label: w.toAll },
            { value: "chosen", label: w.toChosen },
          ]}
          value={bench.everywhere.value ? "all" : "chosen"}
          choose={(to) => (bench.everywhere.value = to === "all")}
        />
      </div>
      <Pending bench={bench} labels={labels} />
    </div>
  );
}

function Pending({ bench, labels }: { bench: Bench; labels: string[] }) {
  const w = words();
  const edits = bench.pending.value;
  const remove = (edit: AttentionEditSpec) => (bench.pending.value = edits.filter((one) => one !== edit));
  return (
    <div class="row">
      {edits.map((edit, i) => (
        <span key={i} class="chip-note">
          <bdi>{described(edit, labels, bench.state.value.source.times)}</bdi>
          <button
            type="button"
            class="icon"
            aria-label={`${w.delete}: ${described(edit, labels, bench.state.value.source.times)}`}
            onClick={() => remove(edit)}
          >
            ×
          </button>
        </span>
      ))}
      <button type="button" class="act primary" disabled={!edits.length} onClick={() => void bench.apply()}>
        {w.decodeAnew}
      </button>
      {edits.length > 0 && <span class="note">{w.pending(edits.length)}</span>}
      {bench.state.value.edits.length > 0 && (
        <button type="button" class="act" onClick={() => void bench.ask("reset_attention", { step: null })}>
          {w.reset}
        </button>
      )}
    </div>
  );
}
