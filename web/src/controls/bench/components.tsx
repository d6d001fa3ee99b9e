/** How a state's numbers run over the positions: those of its dimensions that change most. */

import { useState } from "preact/hooks";
import { pathOf, scaleOf } from "../../engine/bench/lines";
import type { ComponentsSpec } from "../../spec";
import { Field } from "../toolbar";
import type { Stand } from "./places";
import { labelsOf, placeOf } from "./stand";
import type { Bench } from "./state";
import { words } from "./words";

const [HEIGHT, MARGIN, COLUMN, WIDEST, HUES] = [190, 26, 44, 900, 10];
const COUNTS = [4, 8, 16, 32, 64, 128, 256];
const [ALL, PINNED] = ["all", "pinned"];

export function ComponentLines(props: { bench: Bench; stream: string; layer: number; stand: Stand | null }) {
  const { bench, stream, layer, stand } = props;
  const w = words();
  const [other, setOther] = useState(ALL);
  const [count, setCount] = useState(8);
  const state = bench.state.value.id;
  const { pinned } = bench.session.value;
  const labels = labelsOf(bench, stream);
  const beside = other === PINNED && pinned !== state ? pinned : null;
  const second = Number.isNaN(Number(other)) ? [] : [Number(other)];
  const positions = stand && other !== ALL ? [stand.position, ...second] : [];
  const found = bench.found.value.components;
  const shown = found && found.stream === stream && found.layer === layer ? found : null;
  const options: [string, string][] = [
    [ALL, w.allPositions],
    ...(pinned !== null && pinned !== state ? [[PINNED, w.pinnedAnswer] as [string, string]] : []),
    ...(stand ? labels.map((label, i): [string, string] => [String(i), `${i} ${label}`]) : []),
  ];
  return (
    <section class="components">
      <h2>{w.components}</h2>
      <div class="row">
        <Field label={stand ? w.changeFrom(`${stand.position} ${labels[stand.position] ?? ""}`) : w.change}>
          <select aria-label={w.change} value={other} onChange={(event) => setOther(event.currentTarget.value)}>
            {options.map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>
        </Field>
        <Field label={w.dimensions}>
          <select
            aria-label={w.dimensions}
            value={String(count)}
            onChange={(event) => setCount(Number(event.currentTarget.value))}
          >
            {COUNTS.map((one) => (
              <option key={one} value={String(one)}>
                {one}
              </option>
            ))}
          </select>
        </Field>
        <button
          type="button"
          class="act"
          disabled={!bench.live}
          onClick={() => void bench.ask("components", { state, stream, layer, positions, beside, count })}
        >
          {w.plot}
        </button>
      </div>
      {shown ? <Lines bench={bench} found={shown} /> : <p class="note">{w.noComponents}</p>}
    </section>
  );
}

function Lines({ bench, found }: { bench: Bench; found: ComponentsSpec }) {
  const w = words();
  const [lit, setLit] = useState<number | null>(null);
  const labels = labelsOf(bench, found.stream);
  const width = Math.min(WIDEST, 2 * MARGIN + COLUMN * Math.max(1, labels.length - 1));
  const scale = scaleOf([...found.values, ...(found.others ?? [])], { width, height: HEIGHT, margin: MARGIN });
  const { colours } = bench.host.theme.value;
  const colour = (i: number) => (found.dimensions.length <= HUES ? colours[`head${i}`] : colours.muted);
  const place = bench.pointed.value ?? bench.chosen.value;
  const isAt = (position: number) => {
    const own = placeOf(bench, { stream: found.stream, position });
    return !!place && own?.side === place.side && own.position === place.position;
  };
  const every = Math.max(1, Math.ceil(labels.length / (width / 18)));
  const value = (i: number, position: number) => w.signed(found.values[i][position]);
  return (
    <>
      <div class="scroller">
        <svg class="lines" width={width} height={HEIGHT} role="img" aria-label={w.linesOf(found.dimensions.length)}>
          {labels.map((label, position) => (
            <g key={position} class={isAt(position) || found.positions.includes(position) ? "at" : ""}>
              <rect
                x={scale.x(position) - scale.step / 2}
                y={0}
                width={scale.step}
                height={HEIGHT}
                onPointerEnter={() => (bench.pointed.value = placeOf(bench, { stream: found.stream, position }))}
                onPointerLeave={() => (bench.pointed.value = null)}
              />
              {position % every === 0 && (
                <text x={scale.x(position)} y={HEIGHT - 8}>
                  {label}
                </text>
              )}
            </g>
          ))}
          <line class="zero" x1={MARGIN} x2={width - MARGIN} y1={scale.y(0)} y2={scale.y(0)} />
          <text class="tick" x={2} y={scale.y(scale.high) + 4}>
            {w.signed(scale.high)}
          </text>
          <text class="tick" x={2} y={scale.y(scale.low) + 4}>
            {w.signed(scale.low)}
          </text>
          {found.values.map((row, i) => (
            <g key={i} class={lit === null ? "" : lit === i ? "lit" : "faint"} style={{ color: colour(i) }}>
              <path d={pathOf(row, scale)} />
              {found.others && <path class="beside" d={pathOf(found.others[i], scale)} />}
            </g>
          ))}
        </svg>
      </div>
      {found.others && <p class="note">{w.besideDashed}</p>}
      <ul class="dimensions" aria-label={w.dimensions}>
        {found.dimensions.map((dimension, i) => (
          <li key={dimension}>
            <button
              type="button"
              aria-pressed={lit === i}
              onPointerEnter={() => setLit(i)}
              onPointerLeave={() => setLit(null)}
              onFocus={() => setLit(i)}
              onBlur={() => setLit(null)}
            >
              <i style={{ background: colour(i) }} />
              {w.dimension(dimension, w.signed(found.change[i]))}
              {found.positions.length > 0 && (
                <span class="side"> {found.positions.map((position) => value(i, position)).join(" → ")}</span>
              )}
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
