/** States of every position in two dimensions beside those of other texts, and the nearest of one of them. */

import { useMemo, useState } from "preact/hooks";
import { hull, scaled } from "../../engine/bench/apart";
import type { NeighbourSpec, PointSpec, ProjectionSpec } from "../../spec";
import { t, weightText } from "../../strings";
import { type Option, Segments, Stepper } from "../toolbar";
import type { Bench } from "./state";
import { words } from "./words";

const METHODS: Option<"pca" | "umap">[] = [
  { value: "pca", label: "PCA" },
  { value: "umap", label: "UMAP" },
];
const [WIDTH, HEIGHT, NEAREST] = [430, 320, 20];

export function StatesTab({ bench }: { bench: Bench }) {
  const w = words();
  const offer = bench.session.value.neighbours;
  const [stream, setStream] = useState(offer ? Object.keys(offer.streams)[0] : "");
  const [chosenLayer, setLayer] = useState<number | null>(null);
  const [method, setMethod] = useState<"pca" | "umap">("pca");
  if (!offer) return <p class="panel note">{w.noIndex}</p>;
  const layers = offer.streams[stream] ?? [];
  const layer = chosenLayer !== null && layers.includes(chosenLayer) ? chosenLayer : layers[layers.length - 1];
  const project = () => void bench.ask("projection", { state: bench.state.value.id, stream, layer, method });
  const nearest = (position: number) =>
    void bench.ask("neighbours", { state: bench.state.value.id, stream, layer, position, k: NEAREST });
  const { projection, neighbours } = bench.found.value;
  const place = bench.chosen.value;
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
          values={layers}
          value={layer}
          previous={t.previousLayer}
          next={t.nextLayer}
          choose={setLayer}
        />
        <Segments label={w.projection} options={METHODS} value={method} choose={(value) => setMethod(value)} />
        <button type="button" class="act" disabled={!bench.live} onClick={project}>
          {w.projection}
        </button>
        <button
          type="button"
          class="act"
          disabled={!bench.live || !place}
          onClick={() => place && nearest(place.position)}
        >
          {w.tabs.states}
        </button>
        <span class="note">{w.indexed(offer.texts, offer.states)}</span>
      </div>
      {!place && !neighbours && <p class="note">{w.chooseToken}</p>}
      <div class="states">
        {projection && <Scatter bench={bench} projection={projection} choose={nearest} />}
        {neighbours && <Neighbours bench={bench} />}
      </div>
    </div>
  );
}

function Scatter({
  bench,
  projection,
  choose,
}: {
  bench: Bench;
  projection: ProjectionSpec;
  choose(position: number): void;
}) {
  const w = words();
  const side = projection.stream === "encoder" ? "source" : "target";
  const labels = bench.state.value[side].labels;
  const places = useMemo(() => scaled(projection.points, WIDTH, HEIGHT, 22), [projection]);
  const own = projection.points.flatMap((point, i) => (point.own === null ? [] : [{ point, at: places[i] }]));
  const pointed = bench.pointed.value ?? bench.chosen.value;
  const around = (position: number) =>
    hull(
      projection.points.flatMap((point, i) =>
        point.own === position || point.near.includes(position) ? [places[i]] : [],
      ),
    );
  return (
    <figure class="scatter">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width={WIDTH}
        height={HEIGHT}
        role="img"
        aria-label={`${w.projection}: ${projection.method}`}
      >
        {pointed?.side === side && (
          <polygon
            class="hull"
            points={around(pointed.position)
              .map(({ x, y }) => `${x},${y}`)
              .join(" ")}
          />
        )}
        <polyline class="path" points={own.map(({ at }) => `${at.x},${at.y}`).join(" ")} />
        {projection.points.map(
          (point, i) =>
            point.own === null && <circle key={i} class="other" cx={places[i].x} cy={places[i].y} r={radius(point)} />,
        )}
      </svg>
      {own.map(({ point, at }) => (
        <button
          type="button"
          key={point.own}
          class="own"
          style={{ left: `${at.x}px`, top: `${at.y}px` }}
          disabled={!bench.live}
          aria-label={w.neighboursOf(labels[point.position] ?? "", point.position)}
          onPointerEnter={() => (bench.pointed.value = { side, position: point.position })}
          onPointerLeave={() => (bench.pointed.value = null)}
          onClick={() => choose(point.position)}
        >
          <bdi>{labels[point.position] ?? ""}</bdi>
        </button>
      ))}
      <figcaption>{projection.method}</figcaption>
    </figure>
  );
}

function radius({ near }: PointSpec): number {
  return 2 + Math.sqrt(near.length);
}

function Neighbours({ bench }: { bench: Bench }) {
  const w = words();
  const [by, setBy] = useState(0);
  const [shown, setShown] = useState<"source" | "target">("source");
  const found = bench.found.value.neighbours!;
  const side = found.stream === "encoder" ? "source" : "target";
  const label = bench.state.value[side].labels[found.position] ?? "";
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
            <span class="side">{`${w.distance} ${weightText(one.distance)}`}</span>
          </li>
        ))}
      </ol>
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
