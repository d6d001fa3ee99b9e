/** States of every position in two dimensions beside those of other texts, the nearest of one of them, and its numbers. */

import { useEffect, useState } from "preact/hooks";
import { nameOf, nearestOf } from "../../engine/bench/plane";
import type { NeighbourSpec } from "../../spec";
import { t } from "../../strings";
import { Segments, Stepper } from "../toolbar";
import { ComponentLines } from "./components";
import { Neighbours } from "./neighbours";
import type { Stand } from "./places";
import { Scatter } from "./scatter";
import { SmallPictures } from "./small_pictures";
import { placeOf, standing } from "./stand";
import type { Bench } from "./state";
import { words } from "./words";

const NAMES: Record<string, string> = { pca: "PCA", mds: "MDS", umap: "UMAP", tsne: "t-SNE" };
const NEAREST = 20;

export function StatesTab({ bench }: { bench: Bench }) {
  const w = words();
  const offer = bench.session.value.neighbours;
  const last = bench.found.value.projection;
  const [stream, setStream] = useState(last?.stream ?? Object.keys(offer?.streams ?? {})[0] ?? "");
  const [chosenLayer, setLayer] = useState<number | null>(last?.layer ?? null);
  const [method, setMethod] = useState(last?.method ?? "pca");
  const [marked, setMarked] = useState<string | null>(null);
  const chosen = bench.chosen.value;
  const looked = bench.looked.value;
  const stand = looked?.since === chosen ? looked.at : chosen && standing(bench, chosen, stream);
  useEffect(() => {
    if (chosen && offer?.streams[standing(bench, chosen, stream).stream])
      setStream(standing(bench, chosen, stream).stream);
  }, [chosen]);
  if (!offer) return <p class="panel note">{bench.live ? w.noIndex : w.offline}</p>;
  const state = bench.state.value.id;
  const layers = offer.streams[stream] ?? [];
  const layer = chosenLayer !== null && layers.includes(chosenLayer) ? chosenLayer : layers[layers.length - 1];
  const isHere = (one: { state: number; stream: string; layer: number }) =>
    one.state === state && one.stream === stream && one.layer === layer;
  const projection = bench.kept.find("projection", (one) => isHere(one) && one.method === method);
  const any = projection ?? bench.kept.find("projection", isHere);
  const neighbours =
    offer.texts > 0 &&
    stand &&
    stand.stream === stream &&
    (bench.kept.find("neighbours", (one) => isHere(one) && one.position === stand.position) ??
      (any && nearestOf(any, stand.position)));
  const look = (at: Stand) => {
    const place = placeOf(bench, at);
    if (place) bench.choose(place);
    bench.looked.value = { at, since: bench.chosen.peek() };
  };
  const ask = () => stand && void bench.ask("neighbours", { state, ...stand, layer, k: NEAREST });
  const mark = (one: NeighbourSpec) => {
    if (!stand || !one.near.includes(stand.position)) look({ stream, position: one.near[0] });
    setMarked(nameOf(one));
  };
  const missing = offer.methods[method];
  return (
    <div class="panel">
      <div class="row">
        <Segments
          label={w.stream}
          options={Object.keys(offer.streams).map((value) => ({ value, label: w.streams[value] ?? value }))}
          value={stream}
          choose={(value) => {
            bench.back();
            bench.looked.value = null;
            setStream(value);
          }}
        />
        <Stepper
          label={t.layer}
          values={layers}
          value={layer}
          previous={t.previousLayer}
          next={t.nextLayer}
          choose={setLayer}
        />
        <Segments
          label={w.projection}
          options={Object.keys(offer.methods).map((value) => ({ value, label: NAMES[value] ?? value }))}
          value={method}
          choose={setMethod}
        />
        <button
          type="button"
          class="act"
          disabled={!bench.live || !!missing}
          onClick={() => void bench.ask("projection", { state, stream, layer, method, k: NEAREST })}
        >
          {w.project}
        </button>
        <button type="button" class="act" disabled={!bench.live || !stand || !offer.texts} onClick={ask}>
          {w.nearest}
        </button>
        <span class="note">{offer.texts ? w.indexed(offer.texts, offer.states) : w.noIndex}</span>
      </div>
      {missing && <p class="note">{missing}</p>}
      {!projection && !missing && <p class="note">{bench.live ? w.noProjection : w.notComputed}</p>}
      {projection && <SmallPictures bench={bench} projection={projection} stand={stand} choose={look} />}
      {!stand && <p class="note">{w.chooseToken}</p>}
      <div class="states">
        {projection && <Scatter key={stream} {...{ bench, projection, stand, marked, mark }} choose={look} />}
        {neighbours && (
          <Neighbours bench={bench} found={neighbours} metric={offer.metric} marked={marked} mark={setMarked} />
        )}
      </div>
      <ComponentLines bench={bench} stream={stream} layer={layer} stand={stand?.stream === stream ? stand : null} />
    </div>
  );
}
