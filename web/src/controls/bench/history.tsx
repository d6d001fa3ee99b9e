/** Every answer so far, as lines of a tree of what came of what. */

import { useState } from "preact/hooks";
import type { HistorySpec } from "../../spec";
import type { Bench } from "./state";
import { nats, words } from "./words";

export function HistoryTab({ bench }: { bench: Bench }) {
  const w = words();
  const { history, current, pinned, encoder_decoder: isSource } = bench.session.value;
  const [only, setOnly] = useState(false);
  const depths = depthsOf(history);
  const shown = only ? history.filter(({ favourite }) => favourite) : history;
  return (
    <div class="panel">
      <div class="row">
        <button type="button" class="act" aria-pressed={only} onClick={() => setOnly(!only)}>
          ★ {w.onlyFavourites}
        </button>
        <span class="note">{only && !shown.length ? w.noFavourites : w.historyHint}</span>
      </div>
      <ol class="history">
        {shown.map((one) => (
          <li key={one.id} style={{ marginInlineStart: `${14 * Math.min(8, depths.get(one.id) ?? 0)}px` }}>
            <button
              type="button"
              class="icon star"
              aria-label={w.favourite(one.name || String(one.id))}
              title={w.favourite(one.name || String(one.id))}
              aria-pressed={one.favourite}
              disabled={!bench.live}
              onClick={() => void bench.ask("favourite", { state: one.id, on: !one.favourite })}
            >
              {one.favourite ? "★" : "☆"}
            </button>
            <button
              type="button"
              class="entry"
              aria-current={one.id === current ? "true" : undefined}
              onClick={() => bench.show(one.id)}
            >
              <span class="side">
                {one.name || one.id} · {one.made}
                {one.id === pinned && ` · ${w.pinned}`}
              </span>
              <bdi title={one.source}>{isSource ? w.answerOf(one.source, one.target) : one.target}</bdi>
              <span class="value">{nats(one.total)}</span>
            </button>
            {one.id === current && bench.live && <Rename bench={bench} one={one} />}
          </li>
        ))}
      </ol>
    </div>
  );
}

function depthsOf(history: readonly HistorySpec[]): Map<number, number> {
  const depths = new Map<number, number>();
  for (const { id, parent } of history) depths.set(id, parent === null ? 0 : (depths.get(parent) ?? 0) + 1);
  return depths;
}

function Rename({ bench, one }: { bench: Bench; one: HistorySpec }) {
  const w = words();
  const [name, setName] = useState(one.name);
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault();
        void bench.ask("rename", { state: one.id, name });
      }}
    >
      <input
        class="find short"
        value={name}
        aria-label={w.rename}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" class="act">
        {w.rename}
      </button>
    </form>
  );
}
