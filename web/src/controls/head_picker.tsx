/** The heads of a layer as small plain squares: a click shows one alone, ctrl or shift adds it or takes it away. */

import { toggleHead } from "../engine/selection";
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
  const isAll = selection.heads.length === attention.heads.length;
  return (
    <Field label={attention.heads.length > 1 ? t.heads : t.head}>
      <div class="squares" role="group" aria-label={t.heads}>
        {attention.heads.map((head) => (
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
        {attention.heads.length > 1 && (
          <button
            type="button"
            class="quiet"
            disabled={isAll}
            onClick={() => select({ ...selection, heads: [...attention.heads] })}
          >
            {t.allHeads}
          </button>
        )}
      </div>
    </Field>
  );
}
