/** The colour scale of weights, with numbers. */

import { type Mark, weightMarks } from "../engine/legend";
import { STEPS } from "../engine/lut";
import type { Theme } from "../engine/theme";
import { t } from "../strings";

const STOPS = 16;

export function Legend({ theme, root }: { theme: Theme; root: number }) {
  return <Ramp theme={theme} marks={weightMarks(root)} />;
}

/** All colours from the faintest to the strongest, with numbers at their places. */
export function Ramp({ theme, marks }: { theme: Theme; marks: readonly Mark[] }) {
  const ends = [marks[0], marks.at(-1)].map((mark) => mark?.text).join(" – ");
  return (
    <div class="legend" role="img" aria-label={`${t.scale}: ${ends}`}>
      <span class="label">{t.scale}</span>
      <div class="scale">
        <div class="ramp" style={{ backgroundImage: gradient(theme) }} />
        {marks.map(({ place, text }) => (
          <span key={text} class="mark" style={{ left: `${100 * place}%` }}>
            {text}
          </span>
        ))}
      </div>
    </div>
  );
}

function gradient({ lut }: Theme): string {
  const stops = Array.from({ length: STOPS + 1 }, (_, i) => {
    const at = Math.max(1, Math.round((i / STOPS) * (STEPS - 1))) * 4;
    return `rgb(${lut[at]} ${lut[at + 1]} ${lut[at + 2]})`;
  });
  return `linear-gradient(to right, ${stops.join(", ")})`;
}
