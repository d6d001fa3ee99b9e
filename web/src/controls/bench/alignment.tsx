/** Which source token each target token goes with, read off the attention that is shown. */

import { useState } from "preact/hooks";
import { headsNamed } from "../../engine/notes";
import type { Bench } from "./state";
import { words } from "./words";

export function AlignmentTab({ bench }: { bench: Bench }) {
  const w = words();
  const [copied, setCopied] = useState(false);
  const state = bench.state.value;
  const found = bench.found.value.links;
  const { layer, heads } = bench.host.selection.value;
  if (!state.attentions.some(({ kind }) => kind === "cross")) return <p class="panel note">{w.noCross}</p>;
  const fields = bench.scope.value === "heads" ? { layers: [layer], heads } : { layers: null, heads: null };
  return (
    <div class="panel">
      <div class="row">
        <button
          type="button"
          class="act"
          disabled={!bench.live}
          onClick={() => void bench.ask("links", { state: state.id, ...fields })}
        >
          {w.extract}
        </button>
        <span class="note">{headsNamed(heads, bench.attention(bench.host.selection.value).heads)}</span>
      </div>
      {!found && <p class="note">{bench.live ? w.noLinks : w.offline}</p>}
      {found && (
        <>
          <ul class="aligned">
            {found.links.map(([source, target]) => (
              <li key={`${source}-${target}`}>
                <bdi>{state.source.labels[source]}</bdi> → <bdi>{state.target.labels[target]}</bdi>
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
