/** The colour scale of a map, with a handle where the strongest colour begins. */

import type { Signal } from "@preact/signals";
import { STEPS } from "../engine/lut";
import { marksOf, placeOf, type Scale, valueAt, valueText } from "../engine/map/scale";
import type { Theme } from "../engine/theme";
import { t } from "../strings";

const STOPS = 24;
const LEAST = 0.05;

export function MapLegend({ theme, scale, hasMask }: { theme: Theme; scale: Signal<Scale>; hasMask: boolean }) {
  const now = scale.value;
  const at = (value: number) => (now.kind === "relative" ? placeOf(value, now, 1) : placeOf(value, now, 1));
  return (
    <div class="legend">
      <div class="scale handled">
        <div class="ramp" style={{ backgroundImage: gradient(theme, now.handle) }} />
        <input
          type="range"
          min={LEAST}
          max={1}
          step={0.005}
          value={now.handle}
          aria-label={t.handle}
          aria-valuetext={t.handleText(valueText(valueAt(now.handle, now)))}
          title={t.handleText(valueText(valueAt(now.handle, now)))}
          onInput={(event) => {
            scale.value = { ...now, handle: Number(event.currentTarget.value) };
          }}
        />
        {marksOf(now).map((mark) => (
          <span key={mark} class="mark" style={{ left: `${100 * Math.min(1, at(mark))}%` }}>
            {valueText(mark)}
          </span>
        ))}
      </div>
      {hasMask && (
        <span class="masked">
          <i />
          {t.masked}
        </span>
      )}
    </div>
  );
}

function gradient({ lut }: Theme, handle: number): string {
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => {
    const at = Math.max(1, Math.min(STEPS - 1, Math.round(((i / STOPS) * (STEPS - 1)) / handle))) * 4;
    return `rgb(${lut[at]} ${lut[at + 1]} ${lut[at + 2]})`;
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
