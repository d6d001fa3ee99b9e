/** In which order dimensions stand, and what of their products is shown. Pure. */

import { columnOf, type Pair, type Parts } from "./parts";

export type DimOrder = "stored" | "contribution" | "frequency";
export type DimSum = "each" | "running" | "pairs";

/** Numbers of the dimensions from left to right. */
export function dimsInOrder(order: DimOrder, parts: Parts, row: number | null): number[] {
  const { width } = parts.factors;
  const dims = Array.from({ length: width }, (_, dim) => dim);
  if (order === "stored") return dims;
  if (order === "frequency") return byFrequency(parts);
  const size = row === null ? contributions(parts) : productsOf(parts, row);
  return dims.sort((a, b) => size[b] - size[a] || a - b);
}

/** Pairs beside each other, those that turn fastest first; dimensions that do not turn last. */
function byFrequency({ rotary, factors }: Parts): number[] {
  const paired = [...rotary].sort((a, b) => b.angle - a.angle).flatMap(({ first, second }) => [first, second]);
  const known = new Set(paired);
  return [...paired, ...Array.from({ length: factors.width }, (_, dim) => dim).filter((dim) => !known.has(dim))];
}

/** The pair that a dimension belongs to. */
export function pairOf({ rotary }: Parts, dim: number): Pair | undefined {
  return rotary.find(({ first, second }) => first === dim || second === dim);
}

/** What each dimension adds to the dot product, on average over the shown keys, counted by their weights. */
export function contributions(parts: Parts): Float64Array {
  const { width } = parts.factors;
  const sums = new Float64Array(width);
  const weights = columnOf(parts, "weights");
  for (let i = 0; i < parts.keys.length; i++) {
    const share = weights?.[i] || 0;
    for (let dim = 0; dim < width; dim++) sums[dim] += share * parts.query[dim] * parts.key[i * width + dim];
  }
  return sums;
}

/** Elementwise q × k of one row. */
export function productsOf({ query, key, factors: { width } }: Parts, row: number): Float64Array {
  return Float64Array.from({ length: width }, (_, dim) => query[dim] * key[row * width + dim]);
}

/** A row's products in the given order: each alone, its pair together, or with all before it (the last is q · k). */
export function shownProducts(parts: Parts, row: number, dims: readonly number[], sum: DimSum): Float64Array {
  const products = productsOf(parts, row);
  let total = 0;
  if (sum === "pairs") {
    const whole = products.slice();
    for (const { first, second } of parts.rotary) whole[first] = whole[second] = products[first] + products[second];
    return Float64Array.from(dims, (dim) => whole[dim]);
  }
  return Float64Array.from(dims, (dim) => {
    total += products[dim];
    return sum === "running" ? total : products[dim];
  });
}

/** Dimensions of a row whose products are largest, either sign. */
export function strongestDims(parts: Parts, row: number, count: number): { dim: number; product: number }[] {
  const products = productsOf(parts, row);
  const dims = Array.from(products, (product, dim) => ({ dim, product }));
  return dims.sort((a, b) => Math.abs(b.product) - Math.abs(a.product)).slice(0, count);
}
