/** Bytes as they travel → codes. */

import type { TileHeader } from "../spec";
import { type Codes, product, SourceError, sizes, type Tile } from "./source";

/** Kernels hand over a DataView, Colab a Uint8Array, shims an ArrayBuffer. */
export function asBytes(buffer: unknown): Uint8Array {
  if (buffer instanceof Uint8Array) return buffer;
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer);
  throw new SourceError(`expected bytes, got ${Object.prototype.toString.call(buffer)}`);
}

type FromBase64 = { fromBase64?: (text: string) => Uint8Array };

export function fromBase64(text: string): Uint8Array {
  const native = (Uint8Array as unknown as FromBase64).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** What was deflated (zlib). */
export async function inflated(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes as Uint8Array<ArrayBuffer>).then(() => writer.close());
  const [buffer] = await Promise.all([new Response(stream.readable).arrayBuffer(), written]);
  return new Uint8Array(buffer);
}

const WIDTH = { u8: 1, u16: 2, f32: 4 } as const;

function view(bytes: Uint8Array, dtype: TileHeader["dtype"]): Codes {
  if (dtype === "u8") return bytes;
  const aligned = bytes.byteOffset % WIDTH[dtype] === 0 ? bytes : bytes.slice();
  const count = Math.floor(bytes.byteLength / WIDTH[dtype]);
  if (dtype === "u16") return new Uint16Array(aligned.buffer, aligned.byteOffset, count);
  return new Float32Array(aligned.buffer, aligned.byteOffset, count);
}

/** The tile that a header and its bytes describe; an error says what does not fit. */
export async function decode(header: TileHeader, buffer: unknown): Promise<Tile> {
  const packed = asBytes(buffer);
  const bytes = header.compression === "deflate" ? await inflated(packed) : packed;
  const shape = sizes(header.slices);
  const expected = product(shape) * WIDTH[header.dtype];
  if (bytes.byteLength !== expected) {
    throw new SourceError(
      `${header.array}: expected ${expected} bytes for ${shape.join(" × ")}, got ${bytes.byteLength}`,
    );
  }
  return {
    shape,
    dtype: header.dtype,
    root: header.root,
    error: header.error,
    codes: view(bytes, header.dtype),
    share: header.share,
  };
}
