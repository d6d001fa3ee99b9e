/** What a picture of one layer is of: the layer, its heads and, where there are several, the kind of attention. */

import { attentionOf, setKind, setLayer } from "../engine/selection";
import type { SelectionSpec, ViewSpec } from "../spec";
import { t } from "../strings";
import { HeadPicker } from "./head_picker";
import { Segments, Stepper } from "./toolbar";

export function SubjectPicker({
  spec,
  selection,
  select,
}: {
  spec: ViewSpec;
  selection: SelectionSpec;
  select(selection: SelectionSpec): void;
}) {
  const attention = attentionOf(spec, selection);
  const kinds = spec.attentions.map(({ kind }) => ({ value: kind, label: t.kinds[kind] }));
  return (
    <>
      <Stepper
        label={t.layer}
        values={attention.layers}
        value={selection.layer}
        previous={t.previousLayer}
        next={t.nextLayer}
        choose={(layer) => select(setLayer(selection, attention, layer))}
      />
      <HeadPicker attention={attention} selection={selection} select={select} />
      {kinds.length > 1 && (
        <Segments
          label={t.attention}
          options={kinds}
          value={selection.kind}
          choose={(kind) => select(setKind(selection, spec, kind))}
        />
      )}
    </>
  );
}
