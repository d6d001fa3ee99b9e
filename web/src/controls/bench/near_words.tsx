/** Words whose embeddings are near that of the chosen token: on a map on which none lies on another, and as a list. */

import { useMemo, useState } from "preact/hooks";
import { apart, scaled } from "../../engine/bench/apart";
import { measure } from "../../engine/measure";
import type { ReplacementSpec, WordSpec, WordsSpec } from "../../spec";
import { weightText } from "../../strings";
import { Segments } from "../toolbar";
import type { Bench } from "./state";
import { near } from "./what_if";
import { nats, words } from "./words";

const [WIDTH, HEIGHT, LINE, TRIED] = [620, 300, 24, 20];

export function WordsTab({ bench }: { bench: Bench }) {
  const w = words();
  const last = bench.found.value.words;
  const place = bench.chosen.value;
  const state = bench.state.value;
  const found = place
    ? bench.kept.find("words", (one) => one.state === state.id && isAt(one, place.side, place.position))
    : last;
  return (
    <div class="panel">
      {!found && <p class="note">{bench.live ? w.chooseWord : place ? w.notComputed : w.offline}</p>}
      {place && bench.live && !found && (
        <button type="button" class="act" onClick={() => near(bench, place)}>
          {w.nearWordsOf(state[place.side].labels[place.position])}
        </button>
      )}
      {found && (
        <>
          <p class="note">{w.nearWordsOf(state[found.side].labels[found.position] ?? "")}</p>
          <div class="word-views">
            <WordMap bench={bench} found={found} />
            <WordList bench={bench} found={found} />
          </div>
        </>
      )}
    </div>
  );
}

function isAt({ side, position }: WordsSpec, wanted: string, at: number): boolean {
  return side === wanted && position === at;
}

function WordMap({ bench, found }: { bench: Bench; found: WordsSpec }) {
  const w = words();
  const placed = useMemo(() => spread(found.words), [found]);
  return (
    <div class="scroller">
      <div class="ground word-map" style={{ width: `${WIDTH}px`, height: `${HEIGHT}px` }}>
        {placed.map(({ word, x, y }) => (
          <button
            type="button"
            key={word.id}
            class="near-word"
            style={{ left: `${x}px`, top: `${y}px`, fontSize: `${11 + 4 * Math.max(0, word.similarity)}px` }}
            disabled={!bench.live}
            title={w.useWord(word.label, w.signed(word.similarity))}
            onClick={() => use(bench, found, word)}
          >
            <bdi>{word.label}</bdi>
          </button>
        ))}
      </div>
    </div>
  );
}

type Order = "similarity" | "attention" | "total";

/** The same words one under the other; those of the source can be tried in turn, and ranked by what they change. */
function WordList({ bench, found }: { bench: Bench; found: WordsSpec }) {
  const w = words();
  const [order, setOrder] = useState<Order>("attention");
  const { state, position, side } = found;
  const heads = JSON.stringify(bench.pairs());
  const ranked = bench.kept.find(
    "replacements",
    (one) =>
      side === "source" && one.state === state && one.position === position && JSON.stringify(one.heads) === heads,
  );
  const tried = new Map(ranked?.tried.map((one) => [one.word.id, one]));
  const rows = ranked ? [...found.words].sort(by(order, tried)) : found.words;
  const { target } = bench.state.value;
  return (
    <div class="word-list">
      {side === "source" && (
        <div class="row">
          <button
            type="button"
            class="act"
            disabled={!bench.live || !bench.session.value.can_edit_source}
            title={w.rankHint}
            onClick={() => void bench.ask("replacements", { state, position, heads: bench.pairs(), k: TRIED })}
          >
            {w.rankWords}
          </button>
          {ranked && (
            <Segments
              label={w.order}
              options={(["attention", "total", "similarity"] as const).map((value) => ({
                value,
                label: w.orders[value],
              }))}
              value={order}
              choose={(value) => setOrder(value)}
            />
          )}
        </div>
      )}
      {side === "source" && <p class="note">{ranked ? w.rankHint : w.notRanked}</p>}
      <ol>
        {rows.map((word) => (
          <li key={word.id}>
            <button
              type="button"
              disabled={!bench.live}
              title={w.useWord(word.label, w.signed(word.similarity))}
              onClick={() => use(bench, found, word)}
            >
              <bdi>{word.label}</bdi>
              <span class="side">{w.similarity(w.signed(word.similarity))}</span>
              {ranked && <Change one={tried.get(word.id)} labels={target.labels} />}
            </button>
          </li>
        ))}
      </ol>
    </div>
  );
}

function Change({ one, labels }: { one: ReplacementSpec | undefined; labels: readonly string[] }) {
  const w = words();
  if (!one) return <span class="note">–</span>;
  return (
    <span
      class="change"
      title={w.changed(weightText(one.attention), one.step, labels[one.step] ?? "", nats(one.total))}
    >
      <i style={{ width: `${Math.round(60 * one.attention)}px` }} />
      {w.attentionChange(weightText(one.attention))}
      <span class="side">
        {w.mostAt(one.step, labels[one.step] ?? "")} · log p {one.total !== null && one.total > 0 ? "+" : ""}
        {nats(one.total)}
      </span>
    </span>
  );
}

function by(order: Order, tried: ReadonlyMap<number, ReplacementSpec>) {
  const value = (word: WordSpec) => {
    if (order === "similarity") return -word.similarity;
    const one = tried.get(word.id);
    if (!one) return Infinity;
    return order === "attention" ? -one.attention : -(one.total ?? -Infinity);
  };
  return (a: WordSpec, b: WordSpec) => value(a) - value(b) || 0;
}

function spread(found: readonly WordSpec[]) {
  const points = scaled(found, WIDTH, HEIGHT, 40);
  const boxes = found.map((word, i) => ({ ...points[i], width: measure(word.label, 14) + 14, height: LINE }));
  return apart(boxes, WIDTH, HEIGHT).map(({ x, y }, i) => ({ word: found[i], x, y }));
}

/** In the source the word is translated instead; in the target it takes the step's place and decoding goes on. */
function use(bench: Bench, { side, position }: WordsSpec, word: WordSpec): void {
  if (side === "source") void bench.ask("replace_source", { position, by: word.id });
  else void bench.ask("force", { step: position, token: word.id });
}
