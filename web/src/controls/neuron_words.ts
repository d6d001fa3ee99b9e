/** The words of a neuron picture, from the catalogues. */

import type { Words } from "../engine/neuron/layout";
import { neuronChinese } from "../languages/neuron_chinese";
import { type NeuronWords, neuronEnglish } from "../languages/neuron_english";
import { t, weightText } from "../strings";

/** The neuron view's own words, in the language that is spoken now. */
export function neuron(): NeuronWords {
  return t.code === "zh" ? neuronChinese : neuronEnglish;
}

export const neuronWords = (): Words => ({
  query: neuron().neuronQuery,
  key: neuron().neuronKey,
  products: neuron().neuronProducts,
  queries: t.queries,
  keys: t.keyTokens,
  weight: neuron().neuronTerms.weights,
  terms: neuron().neuronTerms,
  others: neuron().otherKeys,
  sink: neuron().sink,
  number: neuron().signedText,
  weightText,
});
