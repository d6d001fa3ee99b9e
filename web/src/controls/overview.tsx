/** What was captured, in a few lines: the model, each kind of attention, the beginning of the text. */

import { beginning } from "../engine/map/text_grain";
import type { AttentionSpec, ViewSpec } from "../spec";
import { t } from "../strings";

/** As much of a text as says which one it is. */
const EXCERPT = 240;

export function Overview({ spec }: { spec: ViewSpec }) {
  const { family, prompt, answer } = spec.options;
  return (
    <dl class="overview">
      {spec.title && <Fact name={t.model}>{family ? t.modelOf(spec.title, family) : spec.title}</Fact>}
      {spec.attentions.map((attention) => (
        <Fact key={attention.kind} name={t.kinds[attention.kind]}>
          {sizes(attention)}
        </Fact>
      ))}
      {answer && <Fact name={t.generation}>{t.promptAndAnswer(Number(prompt), Number(answer))}</Fact>}
      {streamsOf(spec).map((name, _, all) => (
        <Fact key={name} name={all.length > 1 ? t.textOf(name) : t.text}>
          <bdi>{beginning(spec.streams[name], EXCERPT)}</bdi>
        </Fact>
      ))}
    </dl>
  );
}

/** The sequences that are attended to. */
function streamsOf({ attentions }: ViewSpec): string[] {
  return [...new Set(attentions.flatMap(({ key_stream, query_stream }) => [key_stream, query_stream]))];
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function sizes({ layers, head_count, kv_heads, queries, keys, query_stream, key_stream }: AttentionSpec): string {
  const tokens = query_stream === key_stream ? t.tokens(queries) : t.queriesAndKeys(queries, keys);
  return `${t.layersAndHeads(layers.length, head_count, kv_heads)}, ${tokens}`;
}
