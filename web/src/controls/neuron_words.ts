/** The words of a neuron picture, from the catalogue. */

import type { Words } from "../engine/neuron/layout";
import { t, weightText } from "../strings";

export const neuronWords = (): Words => ({
  query: t.neuronQuery,
  key: t.neuronKey,
  products: t.neuronProducts,
  queries: t.queries,
  keys: t.keyTokens,
  weight: t.neuronTerms.weights,
  terms: t.neuronTerms,
  others: t.otherKeys,
  sink: t.sink,
  number: t.signedText,
  weightText,
});
