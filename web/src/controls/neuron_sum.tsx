/** How one weight adds up, in numbers: from the dot product to the softmax, and the dimensions that add most. */

import type { ComponentChildren } from "preact";
import { pairOf, productsOf, strongestDims } from "../engine/neuron/dims";
import { columnOf, type Pair } from "../engine/neuron/parts";
import { type NeuronScene, partsRow } from "../engine/neuron/scene";
import { number, t, weightText } from "../strings";
import { neuron } from "./neuron_words";

const DIMS = 6;

export function NeuronSum({ scene, row, place }: { scene: NeuronScene; row: number; place: number | null }) {
  const i = partsRow(scene, row);
  if (i < 0) return <div class="sum" />;
  const { parts, queryTokens, keyTokens, query, keys } = scene;
  const key = keys[row];
  const value = (term: Parameters<typeof columnOf>[1]) => columnOf(parts, term)?.[i];
  const signed = (term: Parameters<typeof columnOf>[1]) => neuron().signedText(value(term) ?? 0);
  const { scale, softcap } = parts.factors;
  const isHidden = value("mask") !== undefined && value("mask") !== 0;
  return (
    <div class="sum">
      <h2>
        <span class="side">
          {t.query} {query}
        </span>{" "}
        <bdi>{queryTokens.labels[query]}</bdi> →{" "}
        <span class="side">
          {t.key} {key}
        </span>{" "}
        <bdi>{keyTokens.labels[key]}</bdi>
      </h2>
      <p class="terms">
        {value("turned") !== undefined && (
          <>
            <Term name={neuron().neuronTerms.content} value={signed("content")} />
            <Term sign="+" name={neuron().neuronNames.turned} value={signed("turned")} />
            <span class="sign">=</span>
          </>
        )}
        <Term name={neuron().neuronTerms.dot} value={signed("dot")} />
        <Term sign={neuron().times} name={neuron().neuronNames.scaled} value={neuron().signedText(scale)} />
        {softcap !== null && (
          <Term sign="→" name={neuron().capWith(neuron().signedText(softcap))} value={signed("capped")} />
        )}
        {(["distance_bias", "bias"] as const).map(
          (term) =>
            value(term) !== undefined && (
              <Term key={term} sign="+" name={neuron().neuronNames[term]} value={signed(term)} />
            ),
        )}
        {isHidden ? (
          <span class="hint">{neuron().hiddenKey}</span>
        ) : (
          <>
            <Term sign="=" name={neuron().neuronTerms.scores} value={signed("scores")} />
            <span class="sign apart">{neuron().exponential} (</span>
            <Term name={neuron().neuronTerms.scores} value={signed("scores")} />
            <Term sign={neuron().less} name={neuron().logSumExp} value={neuron().signedText(parts.lse)} />
            <span class="sign">)</span>
            <Term sign="=" name={neuron().neuronTerms.weights} value={weightText(value("weights") ?? 0)} strong />
            {value("written") !== undefined && (
              <>
                <span class="sign apart">→</span>
                <Term name={neuron().neuronTerms.written} value={signed("written")} />
              </>
            )}
          </>
        )}
      </p>
      <Dims scene={scene} i={i} place={place} />
    </div>
  );
}

function Term(props: { sign?: string; name: string; value: string; strong?: boolean }) {
  return (
    <>
      {props.sign && <span class="sign">{props.sign}</span>}
      <span class={props.strong ? "term strong" : "term"}>
        <b>{props.value}</b>
        <span class="side">{props.name}</span>
      </span>
    </>
  );
}

/** How fast a pair turns, and how far it is turned between this query and this key. */
function turning({ first, second, angle }: Pair, { query, offset }: NeuronScene, key: number): string {
  const degrees = (((query + (offset ?? 0) - key) * angle * 180) / Math.PI) % 360;
  const tokens = (2 * Math.PI) / angle;
  return neuron().pair(
    first,
    second,
    tokens >= 10 ? number(Math.round(tokens)) : tokens.toFixed(1),
    degrees.toFixed(0),
  );
}

/** The dimension pointed at, else those whose products are largest. */
function Dims({ scene, i, place }: { scene: NeuronScene; i: number; place: number | null }): ComponentChildren {
  const { parts, dims } = scene;
  if (place !== null && place < dims.length) {
    const dim = dims[place];
    const at = i * parts.factors.width + dim;
    const words = [parts.query[dim], parts.key[at], productsOf(parts, i)[dim]].map((value) =>
      neuron().signedText(value),
    );
    const pair = pairOf(parts, dim);
    return (
      <p class="dims">
        <span>{neuron().dimension(dim, words[0], words[1], words[2])}</span>
        {pair && <span class="side">{turning(pair, scene, parts.keys[i])}</span>}
      </p>
    );
  }
  return (
    <p class="dims">
      <span class="side">{neuron().strongestDims}</span>
      {strongestDims(parts, i, DIMS).map(({ dim, product }) => (
        <span key={dim} class={product < 0 ? "dim negative" : "dim positive"}>
          <span class="side">{dim}</span> {neuron().signedText(product)}
        </span>
      ))}
    </p>
  );
}
