/** What a picture says of its own worth: that it was not tested, or what was. Pure. */

import type { SelectionSpec, ViewSpec } from "../spec";
import { t } from "../strings";

export function evidenceOf({ effects }: Pick<ViewSpec, "effects">, { kind, color }: SelectionSpec): string {
  const shown = color === "effect" && effects.find((one) => one.kind === kind);
  if (!shown) return t.untested;
  return shown.what ? t.tested(shown.what) : t.coloursGiven;
}
