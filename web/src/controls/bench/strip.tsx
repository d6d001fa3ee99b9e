/** Very many tokens as one strip: frames of a sound over their time, patches, a long text. A click chooses the nearest. */

import { useRef } from "preact/hooks";
import { middle, type Placed } from "../../engine/bench/graph";
import { marks, type Stretch } from "../../engine/bench/sound";
import type { SequenceSpec } from "../../spec";
import type { Side } from "./places";
import type { Bench } from "./state";
import { words } from "./words";

const HIGH = 26;

interface StripProps {
  bench: Bench;
  side: Side;
  placed: readonly Placed[];
  width: number;
  top: number;
}

export function Strip({ bench, side, placed, width, top }: StripProps) {
  const w = words();
  const { source } = bench.state.value;
  const isSound = source.times !== null;
  const began = useRef<number | null>(null);
  const at = (event: MouseEvent) => {
    const x = event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left;
    return Math.min(placed.length - 1, Math.max(0, Math.floor((x / width) * placed.length)));
  };
  const point = (event: PointerEvent) => {
    const here = at(event);
    bench.pointed.value = { side, position: here };
    const from = began.current;
    if (from !== null && from !== here) bench.stretch.value = [Math.min(from, here), Math.max(from, here)];
  };
  const choose = (event: MouseEvent) => {
    const [from, here] = [began.current, at(event)];
    began.current = null;
    if (from === null || from === here) bench.choose({ side, position: here });
  };
  const picked = [bench.pointed.value, bench.chosen.value].find((one) => one?.side === side);
  return (
    <>
      {isSound && side === "source" && <Axis source={source} width={width} />}
      <button
        type="button"
        class="strip-row"
        style={{ top: `${top}px`, width: `${width}px` }}
        aria-label={isSound ? w.sound(source.seconds ?? lasts(source)) : w[side]}
        onPointerDown={(event) => (began.current = isSound && side === "source" ? at(event) : null)}
        onPointerMove={point}
        onPointerLeave={() => (bench.pointed.value = null)}
        onClick={choose}
      >
        <svg width={width} height={HIGH} aria-hidden="true">
          {side === "source" && <Chosen stretch={bench.stretch.value} placed={placed} />}
          {source.levels && <Wave levels={source.levels} width={width} />}
          {picked && placed[picked.position] && (
            <line class="here" x1={middle(placed[picked.position])} x2={middle(placed[picked.position])} y2={HIGH} />
          )}
        </svg>
        {!isSound && <Numbers placed={placed} labels={source.labels} />}
      </button>
      {isSound && picked && placed[picked.position] && (
        <span class="when" style={{ left: `${middle(placed[picked.position])}px`, top: `${top + HIGH + 2}px` }}>
          {w.seconds(source.times![picked.position]?.[0] ?? 0)}
        </span>
      )}
    </>
  );
}

function lasts({ times }: SequenceSpec): number {
  return times?.length ? times[times.length - 1][1] : 0;
}

/** The time in seconds, above. */
function Axis({ source, width }: { source: SequenceSpec; width: number }) {
  const all = lasts(source);
  return (
    <div class="time-axis" style={{ width: `${width}px` }} aria-hidden="true">
      {marks(all, width).map((second) => (
        <span key={second} style={{ left: `${(second / all) * width}px` }}>
          {words().seconds(second)}
        </span>
      ))}
    </div>
  );
}

/** How loud each frame is: bars around the middle, the loudest as high as the strip. */
function Wave({ levels, width }: { levels: readonly number[]; width: number }) {
  const loudest = Math.max(...levels, 1e-6);
  const pitch = width / levels.length;
  const path = levels.map((level, i) => {
    const half = Math.max(0.4, ((HIGH / 2 - 2) * level) / loudest);
    return `M${((i + 0.5) * pitch).toFixed(1)} ${(HIGH / 2 - half).toFixed(1)}v${(2 * half).toFixed(1)}`;
  });
  return <path class="wave" d={path.join("")} stroke-width={Math.max(1, pitch * 0.6)} />;
}

/** The stretch that is chosen. */
function Chosen({ stretch, placed }: { stretch: Stretch | null; placed: readonly Placed[] }) {
  const [first, last] = stretch ?? [0, -1];
  if (!placed[first] || !placed[last]) return null;
  const [x, end] = [placed[first].x, placed[last].x + placed[last].width];
  return <rect class="stretch" x={x} width={end - x} height={HIGH} />;
}

/** The numbers of a few of the tokens. */
function Numbers({ placed, labels }: { placed: readonly Placed[]; labels: readonly string[] }) {
  const shown = Array.from({ length: 11 }, (_, i) => Math.round((i * (placed.length - 1)) / 10));
  return (
    <>
      {shown.map((i) => (
        <span key={i} style={{ left: `${middle(placed[i])}px` }} title={labels[i]}>
          {i}
        </span>
      ))}
    </>
  );
}
