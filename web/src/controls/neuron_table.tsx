/** The shown keys and all terms of their weights as a real table, for reading without the picture. */

import type { NeuronScene } from "../engine/neuron/scene";
import { t, weightText } from "../strings";
import { neuron } from "./neuron_words";

export function NeuronTable({ scene }: { scene: NeuronScene }) {
  const { parts, keyTokens } = scene;
  return (
    <div class="table" role="group" aria-label={neuron().neuronTable} tabIndex={0}>
      <table class="numbers parts">
        <caption>{neuron().neuronTable}</caption>
        <thead>
          <tr>
            <th scope="col">{t.key}</th>
            {parts.columns.map(({ term }) => (
              <th scope="col" key={term}>
                {neuron().neuronTerms[term]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {parts.keys.map((key, i) => (
            <tr key={key}>
              <th scope="row">
                <span class="side">{key}</span> <bdi>{keyTokens.labels[key]}</bdi>
              </th>
              {parts.columns.map(({ term, values }) => (
                <td key={term}>{term === "weights" ? weightText(values[i]) : signed(values[i])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function signed(value: number): string {
  return value === -Infinity ? "−∞" : neuron().signedText(value);
}
