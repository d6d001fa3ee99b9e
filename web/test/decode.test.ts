import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { assemble } from "../src/source/assemble";
import { asBytes, decode, fromBase64 } from "../src/source/decode";
import { weightAt, weights, weightTable } from "../src/source/source";
import { attention, encode, header, tile } from "./fixture";

describe("decode", () => {
  it.each(["u8", "u16"] as const)("gives weights of %s codes within the coding's error", async (dtype) => {
    const exact = attention(5, 7);
    const codes = encode(exact, dtype);
    const bytes = new Uint8Array(codes.buffer);
    const found = await decode(
      header(
        "a",
        [
          [0, 1],
          [2, 3],
          [0, 5],
          [0, 7],
        ],
        { dtype, error: dtype === "u8" ? 0.0039 : 2e-5 },
      ),
      bytes,
    );
    expect(found.shape).toEqual([1, 1, 5, 7]);
    const error = Math.max(...weights(found).map((weight, i) => Math.abs(weight - exact[i])));
    expect(error).toBeLessThan(found.error);
  });

  it("inflates zlib, and reads floats from an odd offset of a DataView", async () => {
    const exact = attention(4, 4);
    const packed = deflateSync(Buffer.from(exact.buffer));
    const odd = new Uint8Array(packed.length + 1);
    odd.set(packed, 1);
    const view = new DataView(odd.buffer, 1);
    const found = await decode(
      header(
        "a",
        [
          [0, 4],
          [0, 4],
        ],
        { dtype: "f32", compression: "deflate" },
      ),
      view,
    );
    expect(Array.from(found.codes)).toEqual(Array.from(exact));
    const plain = new Uint8Array(exact.byteLength + 1);
    plain.set(new Uint8Array(exact.buffer), 1);
    const unaligned = await decode(
      header(
        "a",
        [
          [0, 4],
          [0, 4],
        ],
        { dtype: "f32" },
      ),
      plain.subarray(1),
    );
    expect(Array.from(unaligned.codes)).toEqual(Array.from(exact));
  });

  it("says which bytes are missing", async () => {
    const wrong = decode(
      header("encoder.weights", [
        [0, 2],
        [0, 3],
      ]),
      new Uint8Array(5),
    );
    await expect(wrong).rejects.toThrow("encoder.weights: expected 6 bytes for 2 × 3, got 5");
  });

  it("takes bytes in any wrapping and refuses others", () => {
    const bytes = Uint8Array.of(1, 2, 3);
    for (const wrapped of [bytes, bytes.buffer, new DataView(bytes.buffer)])
      expect(Array.from(asBytes(wrapped))).toEqual([1, 2, 3]);
    expect(() => asBytes("abc")).toThrow("expected bytes, got [object String]");
    expect(Array.from(fromBase64("AAH/"))).toEqual([0, 1, 255]);
  });

  it("keeps zero exact and the largest code one", () => {
    const table = weightTable({ dtype: "u8", root: 4 });
    expect([table?.[0], table?.[255]]).toEqual([0, 1]);
    expect(weightTable({ dtype: "f32", root: 1 })).toBeNull();
    expect(weightAt({ ...tile(1, 2), codes: Uint8Array.of(0, 51) }, 1)).toBeCloseTo(0.04);
  });
});

describe("assemble", () => {
  const numbered = (slices: number[][], value: number) => {
    const size = slices.reduce((all, [start, stop]) => all * (stop - start), 1);
    return {
      slices,
      tile: {
        shape: slices.map(([a, b]) => b - a),
        dtype: "u8" as const,
        root: 2,
        error: value / 1000,
        codes: new Uint8Array(size).fill(value),
      },
    };
  };

  it("copies the parts of several tiles", () => {
    const parts = [
      numbered(
        [
          [0, 1],
          [0, 2],
        ],
        1,
      ),
      numbered(
        [
          [0, 1],
          [2, 4],
        ],
        2,
      ),
      numbered(
        [
          [1, 2],
          [0, 4],
        ],
        3,
      ),
    ];
    const found = assemble(
      [
        [0, 2],
        [1, 4],
      ],
      parts,
    );
    expect(Array.from(found?.codes ?? [])).toEqual([1, 2, 2, 3, 3, 3]);
    expect(found?.error).toBe(0.003);
  });

  it("finds holes", () => {
    expect(
      assemble(
        [
          [0, 2],
          [0, 4],
        ],
        [
          numbered(
            [
              [0, 1],
              [0, 4],
            ],
            1,
          ),
        ],
      ),
    ).toBeNull();
    expect(assemble([[0, 1]], [])).toBeNull();
  });

  it("decodes tiles of different coding to weights", () => {
    const [a, b] = [
      numbered(
        [
          [0, 1],
          [0, 2],
        ],
        255,
      ),
      numbered(
        [
          [1, 2],
          [0, 2],
        ],
        255,
      ),
    ];
    const found = assemble(
      [
        [0, 2],
        [0, 2],
      ],
      [a, { ...b, tile: { ...b.tile, root: 4 } }],
    );
    expect(found?.dtype).toBe("f32");
    expect(Array.from(found?.codes ?? [])).toEqual([1, 1, 1, 1]);
  });
});
