/** Which source token each target token goes with, read off the attention that is shown. */

import { useState } from "preact/hooks";
import { headsNamed } from "../../engine/notes";
import type { SequenceSpec } from "../../spec";
import { Segments } from "../toolbar";
import type { Bench } from "./state";
import { words } from "./words";

export function AlignmentTab({ bench }: { bench: Bench }) {
  const w = words();
  const [copied, setCopied] = useState(false);
  const [unit, setUnit] = useState<"tokens" | "words">("tokens");
  const state = bench.state.value;
  const found = bench.found.value.links;
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
      {!found && <p class="note">{bench.live ? w.noLinks : w.offline}</p>}
      {found && (
        <>
          <ul class="aligned">
            {found.links.map(([source, target]) => (
              <li key={`${source}-${target}`}>
                <bdi>{wordOf(state.source, found.source_words[source])}</bdi> →{" "}
                <bdi>{wordOf(state.target, found.target_words[target])}</bdi>
              </li>
            ))}
          </ul>
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
      )}
    </div>
  );
}

/** The tokens of a word, joined. */
function wordOf({ labels }: SequenceSpec, positions: readonly number[]): string {
  return positions.map((position) => labels[position]).join("");
}
