/** What colours mean, weights or effects: the switch, the scale of effects, and the size below which none is shown. */

import type { ReadonlySignal, Signal } from "@preact/signals";
import { effectMarks, effectName, effectRamp, effectSwatches } from "../engine/effect_legend";
import type { Theme } from "../engine/theme";
import { effectsOf } from "../source/effects";
import type { SelectionSpec, ViewSpec } from "../spec";
import { signedText, t } from "../strings";
import type { Effects } from "./effect_state";
import { Field, Segments } from "./toolbar";

const STOPS = 24;

export interface ColourBarProps {
  spec: ViewSpec;
  selection: Signal<SelectionSpec>;
  theme: ReadonlySignal<Theme>;
  effects: Effects;
}

export function ColourBar({ spec, selection, theme, effects }: ColourBarProps) {
  const now = selection.value;
  const info = effectsOf(spec, now.kind);
  if (!info) return null;
  const shown = effects.field.value;
  return (
    <div class="bar colours" role="group" aria-label={t.colourHint}>
      <Field label={t.colourBy}>
        <Segments
          label={t.colourHint}
          options={(["weight", "effect"] as const).map((value) => ({ value, label: t.colourOf[value] }))}
          value={now.color}
          choose={(color) => (selection.value = { ...now, color })}
        />
      </Field>
      {shown && (
        <>
          <EffectRamp name={effectName(shown)} top={info.top} theme={theme.value} />
          {effectSwatches(shown, theme.value).map(({ word, fill }) => (
            <span class="masked" key={word} title={fill ? t.notMeasurableHint : undefined}>
              <i style={fill ? { background: fill } : undefined} />
              {word}
            </span>
          ))}
          <Least top={info.top} least={now.least} choose={(least) => (selection.value = { ...now, least })} />
        </>
      )}
      {effects.failure.value && (
        <span class="note" role="alert">
          {effects.failure.value}
        </span>
      )}
    </div>
  );
}

function EffectRamp({ name, top, theme }: { name: string; top: number; theme: Theme }) {
  const colours = effectRamp(theme);
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => colours[Math.round((i / STOPS) * (colours.length - 1))]);
  const marks = effectMarks(top);
  return (
    <div class="legend" role="img" aria-label={`${name}: ${marks[0].text} – ${marks.at(-1)?.text}`}>
      <span class="label">{name}</span>
      <div class="scale signed">
        <div class="ramp" style={{ backgroundImage: `linear-gradient(to right, ${stops.join(", ")})` }} />
        {marks.map(({ place, text }) => (
          <span key={text} class="mark" style={{ left: `${100 * place}%` }}>
            {text}
          </span>
        ))}
      </div>
    </div>
  );
}

/** On the scale of the colours, a square root, so that small effects can be told from none. */
function Least({ top, least, choose }: { top: number; least: number; choose(least: number): void }) {
  const text = least > 0 ? `≥ ${signedText(least)}` : t.allEffects;
  return (
    <Field label={t.leastLabel}>
      <input
        type="range"
        min={0}
        max={1}
        step={0.01}
        value={Math.sqrt(Math.min(1, least / top))}
        aria-label={t.leastHint}
        aria-valuetext={text}
        title={t.leastHint}
        onInput={(event) => choose(top * Number(event.currentTarget.value) ** 2)}
      />
      <span class="note least">{text}</span>
    </Field>
  );
}
