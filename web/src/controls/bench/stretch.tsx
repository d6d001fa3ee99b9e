/** What can be done with a stretch of a sound: nothing to be heard there, cut it out, keep only that. */

import { weightOf } from "../../engine/bench/rows";
import { framesOf, listened, timeOf } from "../../engine/bench/sound";
import type { Bench } from "./state";
import { words } from "./words";

const LISTENED = 0.6;

export function StretchEdits({ bench }: { bench: Bench }) {
  const w = words();
  const { times, seconds } = bench.state.value.source;
  if (!bench.session.value.can_edit_sound || !times) return null;
  const chosen = bench.stretch.value;
  const [start, stop] = chosen && times[chosen[1]] ? timeOf(times, chosen) : [0, Math.min(0.3, seconds ?? 0.3)];
  const set = (from: number, to: number) => (bench.stretch.value = framesOf(times, from, to));
  const ask = (what: string) => void bench.ask(what, { start, stop: Math.min(stop, seconds ?? stop) });
  const field = (label: string, value: number, change: (to: number) => void) => (
    <label class="field">
      <span class="label">{label}</span>
      <input
        class="find time"
        type="number"
        min={0}
        max={seconds ?? undefined}
        step={0.02}
        value={value.toFixed(2)}
        onChange={(event) => change(Number(event.currentTarget.value))}
      />
    </label>
  );
  return (
    <div class="row" role="group" aria-label={w.stretch}>
      <span class="label">{w.whatIf}</span>
      {field(w.from, start, (to) => set(to, Math.max(stop, to + 0.02)))}
      {field(w.to, stop, (to) => set(Math.min(start, to - 0.02), to))}
      <button type="button" class="act" title={w.silenceHint} onClick={() => ask("silence_source")}>
        {w.silence}
      </button>
      <button type="button" class="act" title={w.cutHint} onClick={() => ask("cut_source")}>
        {w.cutOut}
      </button>
      <button type="button" class="act" title={w.keepHint} onClick={() => ask("keep_source")}>
        {w.keepOnly}
      </button>
      <button
        type="button"
        class="act"
        disabled={bench.step.value === null}
        title={w.listenedHint}
        onClick={() => (bench.stretch.value = heard(bench))}
      >
        {w.listened}
      </button>
      {!chosen && <span class="note">{w.stretchHint}</span>}
    </div>
  );
}

/** The stretch that the chosen step read most of. */
function heard(bench: Bench) {
  const matrix = bench.matrix.value.value;
  const { queries, keys } = bench.rows.value;
  const query = bench.step.value === null ? undefined : queries[bench.step.value];
  if (!matrix || !query || keys.length !== bench.state.value.source.labels.length) return bench.stretch.value;
  return listened(
    keys.map((key) => weightOf(matrix, query.index, key.index)),
    LISTENED,
  );
}
