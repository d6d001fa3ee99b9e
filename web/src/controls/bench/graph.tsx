/** Source and target tokens with the attention between them, and what each step could have chosen. */

import { useEffect, useRef, useState } from "preact/hooks";
import { judged } from "../../engine/bench/gold";
import { curve, type Graph, graphOf, type Placed } from "../../engine/bench/graph";
import { type Link, type RowToken, weightOf } from "../../engine/bench/rows";
import { hidden } from "../../engine/bench/sound";
import { measure } from "../../engine/measure";
import type { LinksSpec, PredictedSpec, StepSpec } from "../../spec";
import { percent, weightText } from "../../strings";
import { described, editedKind } from "./edits";
import type { Place, Side } from "./places";
import type { Bench } from "./state";
import { Strip } from "./strip";
import { words } from "./words";

const [ABOVE, CHIP, BETWEEN, COLUMN] = [34, 26, 150, 78];
const TOP = ABOVE + CHIP;
const BOTTOM = TOP + BETWEEN;
const THICKEST = 9;

export function GraphStage({ bench }: { bench: Bench }) {
  const stage = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(900);
  useEffect(() => {
    const seen = new ResizeObserver(([entry]) => setWidth(Math.floor(entry.contentRect.width)));
    seen.observe(stage.current!);
    return () => seen.disconnect();
  }, []);
  const isSteps = bench.rows.value.queries.some(({ step }) => step !== null);
  const steps = isSteps && !bench.branch.value ? bench.state.value.steps : [];
  const isSound = bench.state.value.source.times !== null;
  const graph = graphOf(bench.rows.value, width - 2, steps.length ? COLUMN : 24, measure, isSound);
  const deepest = steps.reduce((most, { top }) => Math.max(most, top.length), 0);
  const height = BOTTOM + CHIP + (deepest ? 8 + deepest * 19 : 8);
  return (
    <div class="stage graph" ref={stage} tabIndex={0} role="group" aria-label={words().name} aria-describedby="caption">
      <div class={isSound ? "ground sounding" : "ground"} style={{ width: `${graph.width}px`, height: `${height}px` }}>
        <Links bench={bench} graph={graph} />
        <WordLinks bench={bench} graph={graph} />
        <Row bench={bench} graph={graph} side="source" />
        <Row bench={bench} graph={graph} side="target" />
        {steps.map((step, i) => (
          <Top key={step.query} bench={bench} at={graph.queries[i]} step={step} number={i} />
        ))}
      </div>
    </div>
  );
}

/** Whether a link belongs to what is pointed at, or chosen, or to everything. */
function focused(bench: Bench): (link: Link) => boolean {
  const place = bench.pointed.value ?? bench.chosen.value;
  if (!place) return () => true;
  return (link) => (place.side === "source" ? link.key : link.query) === place.position;
}

function Links({ bench, graph }: { bench: Bench; graph: Graph }) {
  const isFocused = focused(bench);
  const shown = bench.links.value.filter((link) => graph.keys[link.key] && graph.queries[link.query]);
  const weakFirst = [...shown].sort((a, b) => a.weight - b.weight);
  // Of hundreds of frames each has a little: the strongest line is as wide as one of all the weight.
  const scale = graph.strip ? 1 / Math.max(0.02, weakFirst[weakFirst.length - 1]?.weight ?? 1) : 1;
  return (
    <svg
      class={`ribbons${aligned(bench) ? " behind" : ""}`}
      width={graph.width}
      height={BOTTOM + CHIP}
      aria-hidden="true"
    >
      {weakFirst.map((link) => (
        <path
          key={`${link.query}/${link.key}`}
          class={isFocused(link) ? "" : "faint"}
          d={curve(graph.keys[link.key], graph.queries[link.query], TOP + 1, BOTTOM - 1)}
          stroke-width={Math.max(0.6, (graph.strip ? THICKEST / 2 : THICKEST) * scale * link.weight)}
          stroke-opacity={(graph.strip ? 0.08 : 0.2) + 0.6 * Math.min(1, scale * link.weight)}
        />
      ))}
      <Weights bench={bench} graph={graph} />
    </svg>
  );
}

/** Word links are over the ribbons while they are looked at. */
function aligned(bench: Bench): LinksSpec | null {
  const isCross = bench.attention(bench.host.selection.value).kind === "cross" && !bench.branch.value;
  return bench.tab.value === "alignment" && isCross ? bench.found.value.links : null;
}

/** The word alignment that was extracted, and what of it is right, wrong and missed. */
function WordLinks({ bench, graph }: { bench: Bench; graph: Graph }) {
  const found = aligned(bench);
  if (!found) return null;
  return (
    <svg class="word-links" width={graph.width} height={BOTTOM + CHIP} aria-hidden="true">
      {judged(found, bench.state.value.gold).map(({ source, target, verdict }) => {
        const from = over(graph.keys, found.source_words[source]);
        const to = over(graph.queries, found.target_words[target]);
        return (
          from && to && <path key={`${source}-${target}`} class={verdict} d={curve(from, to, TOP + 1, BOTTOM - 1)} />
        );
      })}
    </svg>
  );
}

/** All tokens of a word as one place. */
function over(row: readonly Placed[], tokens: readonly number[] | undefined): Placed | null {
  const [first, last] = [row[tokens?.[0] ?? -1], row[tokens?.[tokens.length - 1] ?? -1]];
  return first && last ? { x: first.x, width: last.x + last.width - first.x, label: "" } : null;
}

/** Over each key the weight that the token looked at gives it. */
function Weights({ bench, graph }: { bench: Bench; graph: Graph }) {
  const matrix = bench.matrix.value.value;
  const place = [bench.pointed.value, bench.chosen.value].find((one) => one?.side === "target");
  const query = place && bench.rows.value.queries[place.position];
  if (!matrix || !query) return null;
  const weights = bench.rows.value.keys.map(({ index }) => weightOf(matrix, query.index, index));
  const most = graph.strip ? Math.max(0.02, ...weights) : 1;
  return (
    <g class="weights">
      {graph.keys.map(({ x, width }, i) => {
        const weight = weights[i];
        const high = ((ABOVE - 12) * weight) / most;
        return (
          <g key={i}>
            <rect x={x + width * 0.2} y={ABOVE - 2 - high} width={width * 0.6} height={high} />
            {weight >= 0.05 && !graph.strip && (
              <text x={x + width / 2} y={ABOVE - 5 - high}>
                {weightText(weight)}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

function Row({ bench, graph, side }: { bench: Bench; graph: Graph; side: Side }) {
  const [tokens, placed] =
    side === "source" ? [bench.rows.value.keys, graph.keys] : [bench.rows.value.queries, graph.queries];
  if (side === "source" ? graph.strip : graph.below)
    return (
      <Strip bench={bench} side={side} placed={placed} width={graph.width} top={side === "source" ? ABOVE : BOTTOM} />
    );
  return (
    <>
      {tokens.map((token, i) => placed[i] && <Chip key={token.index} {...{ bench, side, token, i }} at={placed[i]} />)}
    </>
  );
}

interface ChipProps {
  bench: Bench;
  side: Side;
  token: RowToken;
  i: number;
  at: Placed;
}

function Chip({ bench, side, token, i, at }: ChipProps) {
  const w = words();
  const place: Place = { side, position: i };
  const isChosen = same(bench.chosen.value, place);
  const step = side === "target" && token.step !== null && !bench.branch.value ? bench.state.value.steps[i] : undefined;
  const marks = marksOf(step);
  const name = side === "source" ? w.sourceToken(i, token.label) : w.step(i, token.label);
  const drag = dragging(bench, i);
  return (
    <button
      type="button"
      class={`chip ${side}${token.special ? " special" : ""}${step?.forced ? " forced" : ""}${step?.edits.length ? " edited" : ""}`}
      style={{ left: `${at.x}px`, top: `${side === "source" ? ABOVE : BOTTOM}px`, width: `${at.width}px` }}
      aria-pressed={isChosen}
      title={marks ? `${name}, ${marks}` : name}
      data-position={i}
      onPointerEnter={() => (bench.pointed.value = place)}
      onPointerLeave={() => (bench.pointed.value = null)}
      onClick={() => bench.choose(isChosen ? null : place)}
      {...(side === "source" && bench.editing.value ? drag : {})}
    >
      <bdi>{at.label}</bdi>
    </button>
  );
}

/** What was done to a step, in words. */
export function marksOf(step: StepSpec | undefined): string {
  const w = words();
  return [step?.forced && w.forced, step?.edits.length && w.edited].filter(Boolean).join(", ");
}

function same(a: Place | null, b: Place): boolean {
  return a?.side === b.side && a.position === b.position;
}

/** While attention is edited, a source token that is dragged onto another one gives it its weight. */
function dragging(bench: Bench, from: number) {
  return {
    onPointerDown: (event: PointerEvent) => {
      const chip = event.currentTarget as HTMLElement;
      const root = chip.getRootNode() as ShadowRoot;
      const over = (at: PointerEvent) =>
        (root.elementFromPoint(at.clientX, at.clientY)?.closest(".chip.source") as HTMLElement | null) ?? null;
      const move = (at: PointerEvent) => {
        for (const one of root.querySelectorAll(".chip.onto")) one.classList.remove("onto");
        const target = over(at);
        if (target && target !== chip) target.classList.add("onto");
        chip.classList.toggle("dragged", target !== chip);
      };
      const end = (at: PointerEvent) => {
        window.removeEventListener("pointermove", move);
        window.removeEventListener("pointerup", end);
        for (const one of root.querySelectorAll(".chip.onto, .chip.dragged")) one.classList.remove("onto", "dragged");
        const target = over(at);
        if (target && target !== chip)
          bench.draft({ change: "move", keys: [from], to: [Number(target.dataset.position)] });
      };
      window.addEventListener("pointermove", move);
      window.addEventListener("pointerup", end);
    },
  };
}

function Top({ bench, at, step, number }: { bench: Bench; at: Placed; step: StepSpec; number: number }) {
  const w = words();
  const isIn = step.top.some(({ id }) => id === step.chosen.id);
  const listed: PredictedSpec[] = isIn ? step.top : [...step.top, step.chosen];
  return (
    <ol
      class="top"
      style={{ left: `${at.x}px`, top: `${BOTTOM + CHIP + 6}px`, width: `${at.width}px` }}
      aria-label={w.top(number)}
    >
      {listed.map((one) => {
        const chance = one.log_p === null ? 0 : Math.exp(one.log_p);
        const isChosen = one.id === step.chosen.id;
        const drawn = step.drawn && Math.exp(step.drawn.find(({ id }) => id === one.id)?.log_p ?? -Infinity);
        const said = (isChosen ? w.chosen : w.choose)(one.label, percent(chance));
        const name = drawn === null ? said : `${said}. ${w.drawnFrom(percent(drawn))}`;
        return (
          <li key={one.id}>
            <button
              type="button"
              class={isChosen ? "taken" : ""}
              disabled={isChosen || !bench.live}
              title={name}
              onClick={() => void bench.ask("force", { step: number, token: one.id })}
            >
              <i style={{ width: `${100 * chance}%` }} />
              {drawn !== null && <i class="drawn" style={{ width: `${100 * drawn}%` }} />}
              <bdi>{one.label}</bdi>
              <span>{chance >= 0.005 ? percent(chance).replace(" %", "") : "0"}</span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** What the encoder read after the end of a sound, and how much of the weight went there. */
export function PaddingNote({ bench }: { bench: Bench }) {
  const { padding, times } = bench.state.value.source;
  const matrix = bench.matrix.value.value;
  const { queries, keys } = bench.rows.value;
  if (!padding || !times || !matrix || keys.length !== times.length) return null;
  const step = bench.step.value;
  const share = hidden(matrix, step === null ? queries : queries.slice(step, step + 1), keys);
  return <p class="note">{words().padding(padding, times[times.length - 1][1], percent(share), step)}</p>;
}

/** How tokens were drawn, where they were. */
export function DrawsNote({ bench }: { bench: Bench }) {
  const { draws } = bench.state.value.settings;
  if (!draws) return null;
  const settings = Object.entries(draws).map(([name, value]) => `${name} ${Number(value.toFixed(4))}`);
  return <p class="note">{words().draws(settings.join(", "))}</p>;
}

/** The edits in force, and what the picture says of itself. */
export function EditsInForce({ bench }: { bench: Bench }) {
  const { edits, source, start, target } = bench.state.value;
  if (!edits.length) return null;
  const labels = editedKind(bench.state.value) === "cross" ? source.labels : [...start.labels, ...target.labels];
  return (
    <p class="note">
      {words().edited}: {edits.map((edit) => described(edit, labels, source.times)).join(" · ")}
    </p>
  );
}
