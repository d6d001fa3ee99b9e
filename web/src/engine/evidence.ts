/** What a picture says of its own worth: that it was not tested, or what was. Pure. */

import type { SelectionSpec, TestSpec, ViewSpec } from "../spec";
import { t } from "../strings";

export function evidenceOf(
  { effects }: Pick<ViewSpec, "effects">,
  { kind, color }: SelectionSpec,
  tests: readonly Pick<TestSpec, "state">[] = [],
): string {
  const made = tests.filter(({ state }) => state === "done").length;
  const shown = color === "effect" && effects.find((one) => one.kind === kind);
  if (!shown) return made ? t.testedPlaces(made) : t.untested;
  const said = shown.what ? (shown.tested ? t.tested : t.attributed)(shown.what) : t.coloursGiven;
  return made ? `${said} ${t.testedPlaces(made)}` : said;
}
