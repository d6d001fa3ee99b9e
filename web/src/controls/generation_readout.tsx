/** Beside the text: what a step chose from, the experts its token went to, and what it attended to most. */

import { effectLine } from "../engine/effect";
import { effectName } from "../engine/effect_legend";
import { type Alternative, alternatives, queryOf } from "../engine/generation/steps";
import type { Host, Session } from "../hosts/host";
import type { ViewSpec } from "../spec";
import { percent, t, weightText } from "../strings";
import type { GenerationState } from "./generation_state";
import { strongest } from "./map_readout";
import { EffectValue } from "./readout";

const KEYS = 8;

interface Props {
  spec: ViewSpec;
  state: GenerationState;
  /** Labels of the keys. */
  keys: readonly string[];
  host: Host;
}

export function GenerationReadout({ spec, state, keys, host }: Props) {
  const { session } = host;
  const step = state.step.value;
  const { answer } = spec.streams;
  return (
    <aside class="readout map">
      <h2>
        <span class="token">
          <span class="side">{t.stepOf(step + 1, state.answer.steps)}</span>
          <bdi>{answer.labels[step]}</bdi>
        </span>
        {session?.marks(step) && <span class="marks">{session.marks(step)}</span>}
      </h2>
      <Chances {...{ spec, state, step, session }} name={t.likeliest} what="choices" />
      {state.processed.value && <Chances {...{ spec, state, step }} name={t.processed} what="processed" />}
      <Experts state={state} step={step} />
      <Strongest {...{ state, keys, host }} />
    </aside>
  );
}

function Chances(props: {
  spec: ViewSpec;
  state: GenerationState;
  step: number;
  name: string;
  what: "choices" | "processed";
  session?: Session;
}) {
  const { spec, state, step, name, what, session } = props;
  const logs = state[what].value;
  if (!logs) return null;
  const k = what === "choices" ? state.answer.k : state.answer.processedK;
  const { labels, pieces } = spec.streams.answer;
  const found = alternatives(logs, k, step, spec.streams[what], { label: labels[step], piece: pieces[step] });
  return (
    <>
      <h3>{name}</h3>
      <ol class="chances">
        {found.map((one, i) => (
          <li
            key={`${i}/${one.label}`}
            class={one.isChosen ? "chosen" : ""}
            aria-current={one.isChosen ? "true" : undefined}
          >
            <Chance {...{ one, step, session }} />
          </li>
        ))}
      </ol>
    </>
  );
}

/** What a step could have chosen; in a live workbench a press makes it so. */
function Chance({ one, step, session }: { one: Alternative; step: number; session?: Session }) {
  const { place, label, probability, isChosen } = one;
  const shown = (
    <>
      <span class="bar-of" style={{ width: `${100 * probability}%` }} />
      <bdi class="name">{label}</bdi>
      <span class="value">{percent(probability)}</span>
    </>
  );
  if (!session?.live.value || isChosen || place === null) return shown;
  return (
    <button type="button" title={session.hint(label, percent(probability))} onClick={() => session.force(step, place)}>
      {shown}
    </button>
  );
}

function Experts({ state, step }: { state: GenerationState; step: number }) {
  const found = state.experts.value;
  if (!found) return null;
  const { experts: k } = state.answer;
  const chosen = Array.from({ length: k }, (_, i) => [found.experts[step * k + i], found.gates[step * k + i]]);
  const shown = chosen.filter(([expert]) => expert >= 0);
  if (!shown.length) return null;
  return (
    <>
      <h3>{t.experts}</h3>
      <p class="each">
        {shown.map(([expert, gate]) => (
          <span key={expert}>
            {expert} <b>{weightText(gate)}</b>
          </span>
        ))}
      </p>
    </>
  );
}

function Strongest({ state, keys, host }: Pick<Props, "state" | "keys" | "host">) {
  const line = state.line.value.value;
  const field = host.effects.value;
  if (!line) return null;
  const { heads } = host.selection.value;
  const query = queryOf(state.answer, state.step.value);
  const effects = field && effectLine(field, heads, "key", keys.length, [query, query + 1]);
  return (
    <>
      <h3>{field ? effectName(field) : t.attendsTo}</h3>
      <ol class="links">
        {strongest(effects ? effects.map(Math.abs) : line.weights, KEYS).map((position) => (
          <li key={position} class="plain">
            <span class="side">{position}</span>
            <bdi class="name">{keys[position]}</bdi>
            {effects && field ? (
              <EffectValue effect={effects[position]} field={field} />
            ) : (
              <span class="value">{weightText(line.weights[position])}</span>
            )}
          </li>
        ))}
      </ol>
    </>
  );
}
