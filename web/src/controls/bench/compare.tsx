/** The pinned answer and the one shown, what differs marked, their attention side by side. */

import { useEffect, useRef, useState } from "preact/hooks";
import { type Matrix, type RowToken, rowsOf, weightOf } from "../../engine/bench/rows";
import { attentionOf } from "../../engine/selection";
import type { ComparisonSpec, SequenceSpec, SpanSpec, StateSpec } from "../../spec";
import type { Side } from "./places";
import type { Bench } from "./state";
import { nats, words } from "./words";

export function CompareTab({ bench }: { bench: Bench }) {
  const w = words();
  const { pinned } = bench.session.value;
  const state = bench.state.value;
  const other = pinned === null ? null : (bench.states.value.get(pinned) ?? null);
  const comparison = bench.comparison();
  return (
    <div class="panel">
      <div class="row">
        <button
          type="button"
          class="act"
          title={w.pinHint}
          aria-pressed={pinned === state.id}
          onClick={() => bench.pin(pinned === state.id ? null : state.id)}
        >
          {pinned === state.id ? w.unpin : w.pin}
        </button>
        <button
          type="button"
          class="act"
          disabled={!other || other.id === state.id || !bench.live}
          onClick={() => void bench.ask("swap")}
        >
          {w.swap}
        </button>
      </div>
      {!other && <p class="note">{w.noPin}</p>}
      {other && other.id === state.id && <p class="note">{w.same}</p>}
      {other && other.id !== state.id && <Both bench={bench} first={other} second={state} comparison={comparison} />}
    </div>
  );
}

function Both(props: { bench: Bench; first: StateSpec; second: StateSpec; comparison: ComparisonSpec | null }) {
  const w = words();
  const { bench, first, second, comparison } = props;
  const sides: Side[] = ["source", "target"];
  return (
    <div class="both">
      {[first, second].map((state, which) => (
        <section key={which} aria-label={which ? w.current : w.pinned}>
          <h2>
            {which ? w.current : w.pinned} <span class="side">{state.name}</span>
          </h2>
          {sides.map((side) => (
            <p key={side} class="diffed">
              <span class="side">{side === "source" ? w.source : w.target}</span>
              <Marked sequence={state[side]} spans={comparison?.[side] ?? null} which={which} />
            </p>
          ))}
          <p class="note">
            log p {nats(state.total)}
            {which === 1 &&
              comparison?.total != null &&
              ` (${comparison.total > 0 ? "+" : ""}${nats(comparison.total)})`}
          </p>
          <AttentionPicture bench={bench} state={state} />
        </section>
      ))}
    </div>
  );
}

/** A text with what is only in it, or other in it, marked. */
function Marked({ sequence, spans, which }: { sequence: SequenceSpec; spans: SpanSpec[] | null; which: number }) {
  if (sequence.times)
    return <span>{words().sound(sequence.seconds ?? sequence.times[sequence.times.length - 1][1])}</span>;
  if (!spans) return <bdi>{sequence.text}</bdi>;
  return (
    <span>
      {spans.map((span, i) => {
        const [start, stop] = which ? span.second : span.first;
        if (start === stop) return null;
        const text = sequence.labels.slice(start, stop).join(" ");
        const Tag = span.change === "same" ? "span" : which ? "ins" : "del";
        return (
          <Tag key={i}>
            <bdi>{text}</bdi>{" "}
          </Tag>
        );
      })}
    </span>
  );
}

const [LARGEST, LABELS] = [300, 15];

/** The same layer and heads of each, as a matrix. */
function AttentionPicture({ bench, state }: { bench: Bench; state: StateSpec }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [failure, setFailure] = useState("");
  const selection = bench.host.selection.value;
  const attention = attentionOf({ ...bench.spec, attentions: state.attentions }, selection);
  const rows = rowsOf(attention.kind, state);
  const cell = Math.max(2, Math.min(18, LARGEST / Math.max(1, rows.keys.length, rows.queries.length)));
  useEffect(() => {
    const running = new AbortController();
    bench.matrixOf(state, running.signal).then(
      (matrix) => {
        setFailure("");
        draw(canvas.current!, rows, matrix, bench.host.theme.value.lut);
      },
      (error) => running.signal.aborted || setFailure(String(error.message ?? error)),
    );
    return () => running.abort();
  }, [state, selection, bench.host.theme.value]);
  const size = { width: `${cell * rows.keys.length}px`, height: `${cell * rows.queries.length}px` };
  const hasLabels = cell >= LABELS - 4;
  return (
    <div class="pictured">
      {failure && <p class="note">{failure}</p>}
      <div class="matrix-frame">
        {hasLabels && <Labels of={rows.queries} along="height" cell={cell} />}
        <div>
          <canvas
            ref={canvas}
            class="still"
            style={size}
            role="img"
            aria-label={`${words().sides.target} × ${words().sides.source}`}
          />
          {hasLabels && <Labels of={rows.keys} along="width" cell={cell} />}
        </div>
      </div>
    </div>
  );
}

/** The tokens of the rows (`height`) or columns (`width`) of a picture. */
function Labels({ of, along, cell }: { of: readonly RowToken[]; along: "height" | "width"; cell: number }) {
  return (
    <div class={along === "height" ? "ylabels" : "xlabels"} aria-hidden="true">
      {of.map((one, i) => (
        <bdi key={i} style={{ [along]: `${cell}px`, lineHeight: `${cell}px` }}>
          {one.label}
        </bdi>
      ))}
    </div>
  );
}

function draw(
  canvas: HTMLCanvasElement,
  rows: ReturnType<typeof rowsOf>,
  matrix: Matrix,
  lut: Uint8ClampedArray,
): void {
  canvas.width = rows.keys.length;
  canvas.height = rows.queries.length;
  const context = canvas.getContext("2d");
  if (!context || !canvas.width || !canvas.height) return;
  const image = context.createImageData(canvas.width, canvas.height);
  rows.queries.forEach((query, y) => {
    rows.keys.forEach((key, x) => {
      const step = Math.round(255 * Math.sqrt(Math.min(1, weightOf(matrix, query.index, key.index))));
      image.data.set(lut.subarray(4 * step, 4 * step + 4), 4 * (y * canvas.width + x));
    });
  });
  context.putImageData(image, 0, 0);
}
