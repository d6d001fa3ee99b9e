/** Every step as a row of a real table: what was chosen, and what else could have been. */

import { alternatives } from "../engine/generation/steps";
import type { ViewSpec } from "../spec";
import { percent, t } from "../strings";
import type { GenerationState } from "./generation_state";

export function GenerationTable({ spec, state }: { spec: ViewSpec; state: GenerationState }) {
  const logs = state.choices.value;
  const { labels, pieces } = spec.streams.answer;
  if (!logs) return null;
  const found = labels.map((label, step) =>
    alternatives(logs, state.answer.k, step, spec.streams.choices, { label, piece: pieces[step] }),
  );
  return (
    <div class="table" role="region" aria-label={t.stepsTable} tabIndex={0}>
      <table>
        <caption>{t.stepsTable}</caption>
        <thead>
          <tr>
            <th scope="col">{t.step}</th>
            <th scope="col">{t.chosenToken}</th>
            <th scope="col">{t.probability}</th>
            <th scope="col" class="others">
              {t.otherTokens}
            </th>
          </tr>
        </thead>
        <tbody>
          {found.map((chances, step) => (
            <tr key={`${step}/${labels[step]}`} aria-current={step === state.step.value ? "step" : undefined}>
              <th scope="row">{step + 1}</th>
              <td>
                <bdi>{labels[step]}</bdi>
              </td>
              <td>{percent(chances.find(({ isChosen }) => isChosen)?.probability ?? 0)}</td>
              <td class="others">
                {chances
                  .filter(({ isChosen }) => !isChosen)
                  .map(({ label, probability }, i) => (
                    <span key={`${i}/${label}`}>
                      {i > 0 && " · "}
                      <bdi>{label}</bdi> {percent(probability)}
                    </span>
                  ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
