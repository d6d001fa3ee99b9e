/** The colour scale of weights, with numbers. */

import { STEPS } from "../engine/lut";
import type { Theme } from "../engine/theme";
import { t, weightText } from "../strings";

const MARKS = [0, 0.01, 0.1, 0.25, 0.5, 1];
const STOPS = 16;

export function Legend({ theme, root }: { theme: Theme; root: number }) {
  return (
    <div class="legend" role="img" aria-label={`${t.scale}: 0 – 1`}>
      <span class="label">{t.scale}</span>
      <div class="scale">
        <div class="ramp" style={{ backgroundImage: gradient(theme) }} />
        {MARKS.filter((mark) => root === 2 || mark !== 0.25).map((mark) => (
          <span key={mark} class="mark" style={{ left: `${100 * mark ** (1 / root)}%` }}>
            {weightText(mark).replace(/0+$/, "").replace(/\.$/, "") || "0"}
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
