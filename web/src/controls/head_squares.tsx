/** A coloured square per head: a click shows or hides it, a double click shows it alone. */

import { textOn } from "../engine/colour";
import { hues } from "../engine/hues";
import { allHeads, headsAt, isolateHead, toggleHead } from "../engine/selection";
import { HUES, type Theme } from "../engine/theme";
import type { AttentionSpec, SelectionSpec } from "../spec";
import { t } from "../strings";
import { Field } from "./toolbar";

interface Props {
  attention: AttentionSpec;
  selection: SelectionSpec;
  theme: Theme;
  select(selection: SelectionSpec): void;
}

export function HeadSquares({ attention, selection, theme, select }: Props) {
  const own = hues(selection.heads);
  const square = (head: number) => {
    const colour = theme.colours[`head${own.get(head) ?? head % HUES}`];
    return (
      <button
        type="button"
        key={head}
        class="square"
        style={{ "--hue": colour, "--on": textOn(colour) }}
        aria-pressed={selection.heads.includes(head)}
        aria-label={t.headButton(head)}
        title={t.headHint(head)}
        onClick={() => select(toggleHead(selection, head))}
        onDblClick={() => select(isolateHead(selection, attention, head))}
      >
        {head}
      </button>
    );
  };
  const heads = headsAt(attention, selection.layer);
  const all = selection.heads.length === heads.length;
  return (
    <Field label={t.heads}>
      <div class="squares" role="group" aria-label={t.heads}>
        {heads.map(square)}
        <button type="button" class="quiet" disabled={all} onClick={() => select(allHeads(selection, attention))}>
          {t.allHeads}
        </button>
      </div>
    </Field>
  );
}
