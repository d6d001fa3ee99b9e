/** Under every view: whether what it shows was tested, and, with a live model, tests of what is selected. */

import type { ReadonlySignal } from "@preact/signals";
import { evidenceOf } from "../engine/evidence";
import { aboutOf, findingText, placeOf, tableOf } from "../engine/tests";
import type { Lab } from "../hosts/lab";
import type { FindingSpec, SelectionSpec, TestSpec, ViewSpec } from "../spec";
import { t } from "../strings";

const SHOWN = 8;

export interface EvidenceProps {
  spec: ViewSpec;
  selection: ReadonlySignal<SelectionSpec>;
  lab: Lab | null;
}

export function Evidence({ spec, selection, lab }: EvidenceProps) {
  const tests = lab?.tests.value ?? [];
  return (
    <>
      {lab?.asked && <Bench {...{ spec, selection, lab, tests }} />}
      <p class="evidence">
        {evidenceOf(spec, selection.value, tests)}{" "}
        {!lab?.asked && !("workbench" in spec) && <span>{lab ? t.testNeedsQuestion : t.testNeedsPython}</span>}
      </p>
    </>
  );
}

/** The button, what it would test, and the tests that were made, newest first. */
function Bench({ spec, selection, lab, tests }: EvidenceProps & { lab: Lab; tests: readonly TestSpec[] }) {
  const now = selection.value;
  const about = aboutOf(now);
  const nothing = about === "heads" && !now.heads.length;
  const newest = [...tests].reverse();
  return (
    <section class="bench" aria-label={t.tests}>
      <div class="bar try">
        <button type="button" class="test" title={t.testHint} disabled={nothing} onClick={() => lab.run(about, now)}>
          {t.testIt}
        </button>
        <span class="what">
          {nothing ? t.noHead : placeOf(spec, now, about)}
          <span class="hint">{about === "heads" && !nothing ? ` ${t.testMore}` : ""}</span>
        </span>
      </div>
      {newest.slice(0, SHOWN).map((test) => (
        <Result key={test.id} spec={spec} test={test} stop={() => lab.stop(test.id)} />
      ))}
      {newest.length > SHOWN && <p class="hint">{t.moreTests(newest.length - SHOWN)}</p>}
      <div class="spoken" aria-live="polite">
        {newest[0]?.state === "done" && `${placeOf(spec, newest[0], newest[0].about)}: ${spoken(newest[0])}`}
      </div>
    </section>
  );
}

function Result({ spec, test, stop }: { spec: ViewSpec; test: TestSpec; stop(): void }) {
  const { scopes, rows } = tableOf(test);
  return (
    <div class="result" data-state={test.state}>
      <div class="head">
        <strong>{placeOf(spec, test, test.about)}</strong>
        <span class="label">{t.effectName(test.name, test.target, true)}</span>
        {test.state === "running" && (
          <>
            <progress max={test.of} value={test.done} aria-label={t.testing} />
            <button type="button" class="quiet" onClick={stop}>
              {t.cancel}
            </button>
          </>
        )}
        {test.state === "stopped" && <span class="label">{t.testStopped(test.done, test.of)}</span>}
      </div>
      {test.state === "failed" && (
        <p class="note" role="alert">
          {test.message}
        </p>
      )}
      {rows.length > 0 && (
        <table class="findings">
          {test.about === "edge" && (
            <thead>
              <tr>
                <td />
                {scopes.map((scope) => (
                  <th key={scope} scope="col">
                    {t.testScopes[scope](test.heads.length)}
                  </th>
                ))}
              </tr>
            </thead>
          )}
          <tbody>
            {rows.map(({ how, cells }) => (
              <tr key={how}>
                <th scope="row">{t.testHows[how]}</th>
                {cells.map((found, i) => (
                  <td key={scopes[i]}>{found && <Value found={found} />}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function Value({ found }: { found: FindingSpec }) {
  if (found.measurable) return <span>{findingText(found)}</span>;
  return (
    <span class="noise" title={`${findingText(found)}. ${t.notMeasurableHint}`}>
      {t.notMeasurable}
    </span>
  );
}

function spoken(test: TestSpec): string {
  return test.findings
    .map((found) => `${t.testHows[found.how]}: ${found.measurable ? findingText(found) : t.notMeasurable}`)
    .join("; ");
}
