/** The heads of a layer as small plain squares: a click shows one alone, ctrl or shift adds it or takes it away. */

import { allHeads, headsAt, toggleHead } from "../engine/selection";
import type { AttentionSpec, SelectionSpec } from "../spec";
import { t } from "../strings";
import { Field } from "./toolbar";

export function HeadPicker({
  attention,
  selection,
  select,
}: {
  attention: AttentionSpec;
  selection: SelectionSpec;
  select(selection: SelectionSpec): void;
}) {
  const heads = headsAt(attention, selection.layer);
  const isAll = selection.heads.length === heads.length;
  return (
    <Field label={heads.length > 1 ? t.heads : t.head}>
      <div class="squares" role="group" aria-label={t.heads}>
        {heads.map((head) => (
          <button
            type="button"
            key={head}
            class="square plain"
            aria-pressed={selection.heads.includes(head)}
            aria-label={t.headButton(head)}
            title={t.headPickHint(head)}
            onClick={(event) => {
              const more = event.shiftKey || event.ctrlKey || event.metaKey;
              select(more ? toggleHead(selection, head) : { ...selection, heads: [head] });
            }}
          >
            {head}
          </button>
        ))}
        {heads.length > 1 && (
          <button type="button" class="quiet" disabled={isAll} onClick={() => select(allHeads(selection, attention))}>
            {t.allHeads}
          </button>
        )}
      </div>
    </Field>
  );
}
