/** The quiet row of controls above a picture. */

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Mode } from "../engine/grid";
import { t } from "../strings";

export interface Option<T> {
  value: T;
  label: string;
}

/** A label and its control. */
export function Field({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="field">
      <span class="label">{label}</span>
      {children}
    </div>
  );
}

/** One of a few, all in sight. */
export function Segments<T extends string>(props: {
  label: string;
  options: Option<T>[];
  value: T;
  choose(value: T): void;
}) {
  return (
    <div class="segments" role="group" aria-label={props.label} title={props.label}>
      {props.options.map(({ value, label }) => (
        <button type="button" key={value} aria-pressed={value === props.value} onClick={() => props.choose(value)}>
          {label}
        </button>
      ))}
    </div>
  );
}

export function ModeSwitch({ mode, choose }: { mode: Mode; choose(mode: Mode): void }) {
  const modes: Option<Mode>[] = [
    { value: "lines", label: t.lines },
    { value: "matrix", label: t.matrix },
  ];
  return <Segments label={t.picture} options={modes} value={mode} choose={choose} />;
}

/** A menu of numbers with a step to either side. */
export function Stepper(props: {
  label: string;
  values: number[];
  value: number;
  previous: string;
  next: string;
  choose(value: number): void;
}) {
  const { values, value } = props;
  const at = values.indexOf(value);
  const step = (by: number, name: string, sign: string) => (
    <button
      type="button"
      class="icon"
      aria-label={name}
      title={name}
      disabled={!(at + by in values)}
      onClick={() => props.choose(values[at + by])}
    >
      {sign}
    </button>
  );
  return (
    <Field label={props.label}>
      <div class="stepper">
        {step(-1, props.previous, "‹")}
        <select
          aria-label={props.label}
          value={String(value)}
          onChange={(event) => props.choose(Number(event.currentTarget.value))}
        >
          {values.map((number) => (
            <option key={number} value={String(number)}>
              {number}
            </option>
          ))}
        </select>
        {step(1, props.next, "›")}
      </div>
    </Field>
  );
}

/** Shows the keyboard's shortcuts, or no more. */
export function HelpToggle({ help }: { help: Signal<boolean> }) {
  const flip = () => {
    help.value = !help.value;
  };
  return <Toggle label={t.shortcutsButton} hint={t.shortcutsHint} on={help.value} flip={flip} />;
}

/** A button that is on or off. */
export function Toggle(props: { label: string; hint: string; on: boolean; flip(): void }) {
  return (
    <button
      type="button"
      class="quiet"
      title={props.hint}
      aria-label={props.hint}
      aria-pressed={props.on}
      onClick={props.flip}
    >
      {props.label}
    </button>
  );
}
