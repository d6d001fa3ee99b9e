/** Which source token each target token goes with, read off the attention that is shown; right or wrong where that is known. */

import { useState } from "preact/hooks";
import { judged, VERDICTS } from "../../engine/bench/gold";
import { headsNamed } from "../../engine/notes";
import type { AlignmentErrorSpec, LinksSpec, SequenceSpec, StateSpec } from "../../spec";
import { percent } from "../../strings";
import { Segments } from "../toolbar";
import type { Bench } from "./state";
import { words } from "./words";

type Unit = "tokens" | "words";

export function AlignmentTab({ bench }: { bench: Bench }) {
  const w = words();
  const state = bench.state.value;
  const found = bench.found.value.links;
  const known = found?.words ?? state.gold?.words ?? false;
  const [unit, setUnit] = useState<Unit>(known ? "words" : "tokens");
  const { layer, heads } = bench.host.selection.value;
  const named = bench.scope.value === "heads" ? heads.map((head) => [layer, head]) : null;
  if (!state.attentions.some(({ kind }) => kind === "cross")) return <p class="panel note">{w.noCross}</p>;
  return (
    <div class="panel">
      <div class="row">
        <Segments
          label={w.unit}
          options={(["tokens", "words"] as const).map((value) => ({ value, label: w.units[value] }))}
          value={unit}
          choose={(value) => setUnit(value)}
        />
        <button
          type="button"
          class="act"
          disabled={!bench.live}
          onClick={() => void bench.ask("links", { state: state.id, heads: named, how: null, words: unit === "words" })}
        >
          {w.extract}
        </button>
        <span class="note">
          {named ? headsNamed(heads, bench.attention(bench.host.selection.value).heads) : w.scopes.alignment}
        </span>
      </div>
      <GoldLine key={state.id} bench={bench} state={state} unit={unit} />
      {!found && <p class="note">{bench.live ? w.noLinks : w.offline}</p>}
      {found && <Links state={state} found={found} />}
    </div>
  );
}

function Links({ state, found }: { state: StateSpec; found: LinksSpec }) {
  const w = words();
  const [copied, setCopied] = useState(false);
  const links = judged(found, state.gold);
  return (
    <>
      {found.error && <p class="error-rate">{errorRate(found.error)}</p>}
      {state.gold && !found.error && <p class="note">{w.otherUnit(w.units[state.gold.words ? "words" : "tokens"])}</p>}
      {VERDICTS.map((verdict) => {
        const those = links.filter((link) => link.verdict === verdict);
        if (!those.length) return null;
        return (
          <section key={verdict} class={`links ${verdict}`}>
            {verdict !== "plain" && <h2>{w.verdicts[verdict](those.length)}</h2>}
            <ul class="aligned">
              {those.map(({ source, target }) => (
                <li key={`${source}-${target}`}>
                  <bdi>{wordOf(state.source, found.source_words[source])}</bdi> →{" "}
                  <bdi>{wordOf(state.target, found.target_words[target])}</bdi>{" "}
                  <span class="side">
                    {source}-{target}
                  </span>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
      <p class="note">{w.pharaoh}</p>
      <div class="row">
        <code class="pharaoh">{found.pharaoh}</code>
        <button
          type="button"
          class="act"
          onClick={() => void navigator.clipboard?.writeText(found.pharaoh).then(() => setCopied(true))}
        >
          {copied ? w.copied : w.copy}
        </button>
      </div>
    </>
  );
}

/** Gold links as they were given, or a line to give them. */
function GoldLine({ bench, state, unit }: { bench: Bench; state: StateSpec; unit: Unit }) {
  const w = words();
  const [text, setText] = useState(state.gold?.pharaoh ?? "");
  const give = (links: string | null) =>
    void bench.ask("gold", { state: state.id, links, words: unit === "words" }).then((answer) => {
      if (answer && bench.found.value.links)
        void bench.ask("links", { state: state.id, heads: bench.found.value.links.heads, how: null, words: null });
    });
  if (!bench.live) return state.gold ? <code class="pharaoh">{`${w.gold}: ${state.gold.pharaoh}`}</code> : null;
  return (
    <form
      class="row gold-line"
      onSubmit={(event) => {
        event.preventDefault();
        give(text);
      }}
    >
      <input
        class="find gold"
        value={text}
        aria-label={w.goldHint}
        placeholder={w.goldHint}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class="act" disabled={!text.trim()}>
        {w.giveGold(w.units[unit])}
      </button>
      {state.gold && (
        <button type="button" class="act" onClick={() => give(null)}>
          {w.takeGold}
        </button>
      )}
    </form>
  );
}

function errorRate({ rate, precision, recall, ...counts }: AlignmentErrorSpec): string {
  const share = (value: number | null) => (value === null ? "–" : percent(value));
  return words().errorRate(rate === null ? "–" : rate.toFixed(3), counts, share(precision), share(recall));
}

/** The tokens of a word, joined. */
function wordOf({ labels }: SequenceSpec, positions: readonly number[]): string {
  return positions.map((position) => labels[position]).join("");
}
