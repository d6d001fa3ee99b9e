/** States of every position in two dimensions beside those of other texts, and the nearest of one of them. */

import { useMemo, useState } from "preact/hooks";
import { hull, scaled } from "../../engine/bench/apart";
import type { NeighbourSpec, ProjectionSpec } from "../../spec";
import { t, weightText } from "../../strings";
import { type Option, Segments, Stepper } from "../toolbar";
import type { Place } from "./places";
import type { Bench } from "./state";
import { words } from "./words";

const METHODS: Option<"pca" | "umap">[] = [
  { value: "pca", label: "PCA" },
  { value: "umap", label: "UMAP" },
];
const [WIDTH, HEIGHT, NEAREST] = [430, 320, 20];

/** Where a state stands: the stream, and the position among the tokens that were read. */
interface Stand {
  stream: string;
  position: number;
}

export function StatesTab({ bench }: { bench: Bench }) {
  const w = words();
  const offer = bench.session.value.neighbours;
  const [stream, setStream] = useState(offer ? Object.keys(offer.streams)[0] : "");
  const [chosenLayer, setLayer] = useState<number | null>(null);
  const [method, setMethod] = useState<"pca" | "umap">("pca");
  if (!offer) return <p class="panel note">{bench.live ? w.noIndex : w.offline}</p>;
  const layersOf = (of: string) => offer.streams[of] ?? [];
  const layerOf = (of: string) =>
    chosenLayer !== null && layersOf(of).includes(chosenLayer) ? chosenLayer : layersOf(of)[layersOf(of).length - 1];
  const state = bench.state.value.id;
  const stand = bench.chosen.value && standing(bench, bench.chosen.value, stream);
  const nearest = (at: Stand) => {
    setStream(at.stream);
    void bench.ask("neighbours", { state, ...at, layer: layerOf(at.stream), k: NEAREST });
  };
  const { projection, neighbours } = bench.found.value;
  return (
    <div class="panel">
      <div class="row">
        <Segments
          label={w.stream}
          options={Object.keys(offer.streams).map((value) => ({ value, label: w.streams[value] ?? value }))}
          value={stream}
          choose={setStream}
        />
        <Stepper
          label={t.layer}
          values={layersOf(stream)}
          value={layerOf(stream)}
          previous={t.previousLayer}
          next={t.nextLayer}
          choose={setLayer}
        />
        <Segments label={w.projection} options={METHODS} value={method} choose={(value) => setMethod(value)} />
        <button
          type="button"
          class="act"
          disabled={!bench.live}
          onClick={() => void bench.ask("projection", { state, stream, layer: layerOf(stream), method, k: NEAREST })}
        >
          {w.project}
        </button>
        <button type="button" class="act" disabled={!bench.live || !stand} onClick={() => stand && nearest(stand)}>
          {w.nearest}
        </button>
        <span class="note">{w.indexed(offer.texts, offer.states)}</span>
      </div>
      {!stand && !neighbours && <p class="note">{w.chooseToken}</p>}
      <div class="states">
        {projection && <Scatter bench={bench} projection={projection} choose={nearest} />}
        {neighbours && <Neighbours bench={bench} metric={offer.metric} />}
      </div>
    </div>
  );
}

/** The state of a chosen token: of the source in the encoder, of a step in the decoder's row that chose it. */
function standing(bench: Bench, { side, position }: Place, stream: string): Stand {
  if (side === "source" && bench.session.value.encoder_decoder) return { stream: "encoder", position };
  const { start } = bench.state.value;
  const row = side === "source" ? position : start.labels.length - 1 + position;
  return { stream: stream === "encoder" ? "decoder" : stream, position: row };
}

/** The token that a position of a stream belongs to in the picture; nothing before the first step. */
function placeOf(bench: Bench, stream: string, position: number): Place | null {
  if (stream === "encoder") return { side: "source", position };
  const step = position - bench.state.value.start.labels.length + 1;
  return step < 0 ? null : { side: "target", position: step };
}

/** What was read at each position of a stream. */
function labelsOf(bench: Bench, stream: string): string[] {
  const { source, start, target } = bench.state.value;
  return stream === "encoder" ? source.labels : [...start.labels, ...target.labels];
}

function Scatter({ bench, projection, choose }: { bench: Bench; projection: ProjectionSpec; choose(at: Stand): void }) {
  const w = words();
  const { stream, points, found, labels } = projection;
  const places = useMemo(() => scaled(points, WIDTH, HEIGHT, 22), [projection]);
  const own = points.flatMap((point, i) => (point.own === null ? [] : [{ position: point.own, at: places[i] }]));
  const others = points.flatMap(({ neighbour }, i) =>
    neighbour === null ? [] : [{ near: found[neighbour]?.near ?? [], at: places[i] }],
  );
  const place = bench.pointed.value ?? bench.chosen.value;
  const looked = place ? standing(bench, place, stream) : null;
  const around =
    looked?.stream === stream
      ? hull([
          ...own.flatMap(({ position, at }) => (position === looked.position ? [at] : [])),
          ...others.flatMap(({ near, at }) => (near.includes(looked.position) ? [at] : [])),
        ])
      : [];
  const line = (row: { x: number; y: number }[]) => row.map(({ x, y }) => `${x},${y}`).join(" ");
  const name = projection.method.toUpperCase();
  return (
    <figure class="scatter">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} height={HEIGHT} role="img" aria-label={name}>
        <polygon class="hull" points={line(around)} />
        <polyline class="path" points={line(own.map(({ at }) => at))} />
        {others.map(({ near, at }, i) => (
          <circle key={i} class="other" cx={at.x} cy={at.y} r={1.5 + Math.sqrt(near.length)} />
        ))}
      </svg>
      {own.map(({ position, at }) => (
        <button
          type="button"
          key={position}
          class="own"
          style={{ left: `${at.x}px`, top: `${at.y}px` }}
          disabled={!bench.live}
          title={w.neighboursOf(labels[position] ?? "", position)}
          onPointerEnter={() => (bench.pointed.value = placeOf(bench, stream, position))}
          onPointerLeave={() => (bench.pointed.value = null)}
          onClick={() => choose({ stream, position })}
        >
          <bdi>{labels[position] ?? ""}</bdi>
        </button>
      ))}
      <figcaption>{projection.note}</figcaption>
    </figure>
  );
}

function Neighbours({ bench, metric }: { bench: Bench; metric: string }) {
  const w = words();
  const [by, setBy] = useState(0);
  const [shown, setShown] = useState<"source" | "target">("source");
  const found = bench.found.value.neighbours!;
  const label = labelsOf(bench, found.stream)[found.position] ?? "";
  return (
    <section class="near">
      <h2>{w.neighboursOf(label, found.position)}</h2>
      <div class="row">
        <Segments
          label={w.stream}
          options={(["source", "target"] as const).map((value) => ({ value, label: w.sides[value] }))}
          value={shown}
          choose={(value) => setShown(value)}
        />
        <Segments
          label={w.here}
          options={[
            { value: "-1", label: w.before },
            { value: "0", label: w.here },
            { value: "1", label: w.after },
          ]}
          value={String(by)}
          choose={(value) => setBy(Number(value))}
        />
      </div>
      <ol>
        {found.found.map((one, i) => (
          <li key={i}>
            <Sentence one={one} shown={shown} by={by} />
            <span class="side">{weightText(one.distance)}</span>
          </li>
        ))}
      </ol>
      <p class="note">{`${w.distance}: ${metric}. ${found.note}`}</p>
    </section>
  );
}

function Sentence({ one, shown, by }: { one: NeighbourSpec; shown: "source" | "target"; by: number }) {
  const sequence = shown === "source" ? one.source : one.target;
  if (!sequence) return <span class="note">–</span>;
  const marked = one.side === shown ? one.position + by : -1;
  return (
    <span class="sentence">
      {sequence.pieces.map((piece, i) => (i === marked ? <mark key={i}>{piece}</mark> : <span key={i}>{piece}</span>))}
    </span>
  );
}
