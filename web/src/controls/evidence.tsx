/** Under every view: whether what it shows was tested, and how. */

import type { ReadonlySignal } from "@preact/signals";
import { evidenceOf } from "../engine/evidence";
import type { SelectionSpec, ViewSpec } from "../spec";

export function Evidence({ spec, selection }: { spec: ViewSpec; selection: ReadonlySignal<SelectionSpec> }) {
  return <p class="evidence">{evidenceOf(spec, selection.value)}</p>;
}
