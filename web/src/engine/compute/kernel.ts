/**
 * Products of one query with a run of keys: a small WebAssembly kernel (four floats at a time), or plain JavaScript where
 * a page may not have one. Keys lie dimension by dimension, so that neighbouring keys are neighbours in memory.
 */

/** Memory that products are made in; offsets are in floats. */
export interface Workspace {
  memory: Float32Array;
  /** memory[out + j] = Σ_d memory[query + d] · memory[keys + d · stride + j] for `count` keys, rounded up to 16. */
  products(query: number, keys: number, stride: number, width: number, count: number, out: number): void;
}

const PAGE = 65536;
export const STEP = 16;

export function workspace(floats: number, module: WebAssembly.Module | null): Workspace {
  if (!module) {
    const memory = new Float32Array(floats);
    return { memory, products: (...places) => plainProducts(memory, ...places) };
  }
  const memory = new WebAssembly.Memory({ initial: Math.ceil((floats * 4) / PAGE) });
  const { products } = new WebAssembly.Instance(module, { m: { m: memory } }).exports as {
    products(...places: number[]): void;
  };
  return {
    memory: new Float32Array(memory.buffer),
    products: (query, keys, stride, width, count, out) =>
      products(query * 4, keys * 4, stride * 4, width, Math.ceil(count / STEP) * STEP * 4, out * 4),
  };
}

/** The compiled kernel; nothing where the browser or the page's policy does not allow it. */
export function compileKernel(): WebAssembly.Module | null {
  try {
    return new WebAssembly.Module(kernelBytes());
  } catch {
    return null;
  }
}

function plainProducts(
  memory: Float32Array,
  query: number,
  keys: number,
  stride: number,
  width: number,
  count: number,
  out: number,
): void {
  const sums = new Float64Array(count);
  let d = 0;
  for (; d + 1 < width; d += 2) {
    const [a, b] = [memory[query + d], memory[query + d + 1]];
    const [first, second] = [keys + d * stride, keys + (d + 1) * stride];
    for (let j = 0; j < count; j++) sums[j] += a * memory[first + j] + b * memory[second + j];
  }
  if (d < width) for (let j = 0; j < count; j++) sums[j] += memory[query + d] * memory[keys + d * stride + j];
  memory.set(sums, out);
}

const [I32, V128] = [0x7f, 0x7b];
const [LOOP, END, BRANCH_IF, GET, SET, TEE, CONST, ADD, SUB] = [0x03, 0x0b, 0x0d, 0x20, 0x21, 0x22, 0x41, 0x6a, 0x6b];
const VOID = 0x40;
const SIMD = 0xfd;
const [LOAD, SPLAT, STORE, ZERO, TIMES, PLUS] = [[0x00], [0x09], [0x0b], [0x0c], [0xe6, 0x01], [0xe4, 0x01]];

/** The module's bytes: for every 16 keys, a loop over the dimensions into four sums of four floats. */
export function kernelBytes(): Uint8Array<ArrayBuffer> {
  const [query, keys, stride, width, bytes, out, q, k, d, factor, sum] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const quarters = [0, 1, 2, 3];
  const move = (local: number, by: number[], how = ADD) => [GET, local, ...by, how, SET, local];
  const constant = (value: number) => [CONST, ...signed(value)];
  const at = (offset: number) => [0, ...unsigned(offset)];
  const zero = quarters.flatMap((i) => [SIMD, ...ZERO, ...new Array(16).fill(0), SET, sum + i]);
  const gather = quarters.flatMap((i) => [
    ...[GET, factor, GET, k, SIMD, ...LOAD, ...at(16 * i), SIMD, ...TIMES],
    ...[GET, sum + i, SIMD, ...PLUS, SET, sum + i],
  ]);
  const store = quarters.flatMap((i) => [GET, out, GET, sum + i, SIMD, ...STORE, ...at(16 * i)]);
  const inner = [
    ...[LOOP, VOID],
    ...[GET, q, SIMD, ...SPLAT, ...at(0), SET, factor],
    ...gather,
    ...move(q, constant(4)),
    ...move(k, [GET, stride]),
    ...[GET, d, ...constant(1), SUB, TEE, d, BRANCH_IF, 0, END],
  ];
  const body = [
    ...[LOOP, VOID, ...zero],
    ...[GET, query, SET, q, GET, keys, SET, k, GET, width, SET, d],
    ...inner,
    ...store,
    ...move(keys, constant(64)),
    ...move(out, constant(64)),
    ...[GET, bytes, ...constant(64), SUB, TEE, bytes, BRANCH_IF, 0, END],
    END,
  ];
  const code = [2, 3, I32, 5, V128, ...body];
  const section = (id: number, content: number[]) => [id, ...unsigned(content.length), ...content];
  const text = (name: string) => [name.length, ...[...name].map((c) => c.charCodeAt(0))];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 6, I32, I32, I32, I32, I32, I32, 0]),
    ...section(2, [1, ...text("m"), ...text("m"), 2, 0, 1]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...text("products"), 0, 0]),
    ...section(10, [1, ...unsigned(code.length), ...code]),
  ]);
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >> 7)];
}
