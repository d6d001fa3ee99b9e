/** Colours of plain numbers: a table over the upper half of their bits, instead of a root or logarithm for each. Pure. */

import type { Lut } from "../lut";

const SIZE = 65536;
const KEPT = 6;

const known = new Map<string, { lut: Lut; table: Uint32Array }>();
const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/**
 * Colours by `bits >>> 16`, each that of the middle of the numbers which share it (they differ by less than 1 %, half a
 * step of the ramp); `name` is what else the colour depends on. Below 1e-40 is zero.
 */
export function floatColours(name: string, lut: Lut, colourOf: (value: number) => number): Uint32Array {
  const found = known.get(name);
  if (found?.lut === lut) return found.table;
  const table = Uint32Array.from({ length: SIZE }, (_, upper) => {
    bits[0] = upper ? (upper << 16) | 0x8000 : 0;
    return colourOf(float[0]);
  });
  known.set(name, { lut, table });
  if (known.size > KEPT) known.delete(known.keys().next().value as string);
  return table;
}

/** Which entry of the table a number has. */
export function upperHalf(value: number): number {
  float[0] = value;
  return bits[0] >>> 16;
}
