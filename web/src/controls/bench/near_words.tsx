/** Words whose embeddings are near that of the chosen token, on a map on which none lies on another. */

import { useMemo } from "preact/hooks";
import { apart, scaled } from "../../engine/bench/apart";
import { measure } from "../../engine/measure";
import type { WordSpec } from "../../spec";
import { weightText } from "../../strings";
import type { Bench } from "./state";
import { near } from "./what_if";
import { words } from "./words";

const [WIDTH, HEIGHT, LINE] = [620, 300, 24];

export function WordsTab({ bench }: { bench: Bench }) {
  const w = words();
  const found = bench.found.value.words;
  const place = bench.chosen.value;
  const placed = useMemo(() => (found ? spread(found.words) : []), [found]);
  const label = found && bench.state.value[found.side].labels[found.position];
  return (
    <div class="panel">
      {!found && <p class="note">{bench.live ? w.chooseWord : w.offline}</p>}
      {place && bench.live && !(found?.side === place.side && found.position === place.position) && (
        <button type="button" class="act" onClick={() => near(bench, place)}>
          {w.nearWordsOf(bench.state.value[place.side].labels[place.position])}
        </button>
      )}
      {found && (
        <>
          <p class="note">{w.nearWordsOf(label ?? "")}</p>
          <div class="scroller">
            <div class="ground word-map" style={{ width: `${WIDTH}px`, height: `${HEIGHT}px` }}>
              {placed.map(({ word, x, y }) => (
                <button
                  type="button"
                  key={word.id}
                  class="near-word"
                  style={{ left: `${x}px`, top: `${y}px`, fontSize: `${11 + 4 * Math.max(0, word.similarity)}px` }}
                  disabled={!bench.live}
                  title={w.useWord(word.label, weightText(word.similarity))}
                  onClick={() => use(bench, found.side, found.position, word)}
                >
                  <bdi>{word.label}</bdi>
                </button>
              ))}
            </div>
          </div>
        </>
      )}
    </div>
  );
}

function spread(found: readonly WordSpec[]) {
  const points = scaled(found, WIDTH, HEIGHT, 40);
  const boxes = found.map((word, i) => ({ ...points[i], width: measure(word.label, 14) + 14, height: LINE }));
  return apart(boxes, WIDTH, HEIGHT).map(({ x, y }, i) => ({ word: found[i], x, y }));
}

/** In the source the word is translated instead; in the target it takes the step's place and decoding goes on. */
function use(bench: Bench, side: "source" | "target", position: number, word: WordSpec): void {
  if (side === "source") void bench.ask("replace_source", { position, by: word.id });
  else void bench.ask("force", { step: position, token: word.id });
}
