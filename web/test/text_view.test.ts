import { describe, expect, it } from "vitest";
import { follow, followed, largestBeyondFirst, otherSide, sideOf } from "../src/engine/follow";
import { grains } from "../src/engine/map/text_grain";
import { binned, blockOf, Heights, textBlocks } from "../src/engine/text_blocks";
import { ENCODER, SELECTED } from "./fixture";

const PIECES = Array.from({ length: 5000 }, (_, i) =>
  i % 700 === 699 ? "end.\n" : i % 40 === 39 ? " stop. " : ` word${i}`,
);

describe("a long text", () => {
  const blocks = textBlocks(PIECES, grains({ pieces: PIECES, segments: null }));

  it("is cut into blocks that cover it, none too long, ending with lines where it can", () => {
    expect(blocks[0].start).toBe(0);
    expect(blocks.at(-1)?.stop).toBe(5000);
    blocks.slice(1).forEach((block, i) => {
      expect(block.start).toBe(blocks[i].stop);
    });
    expect(Math.max(...blocks.map(({ start, stop }) => stop - start))).toBeLessThanOrEqual(320);
    expect(blocks.some(({ stop, endsLine }) => stop === 700 && endsLine)).toBe(true);
    for (const position of [0, 1, 319, 2500, 4999]) {
      const { start, stop } = blocks[blockOf(blocks, position)];
      expect(start <= position && position < stop).toBe(true);
    }
  });

  it("knows which blocks are in sight while heights are still guesses", () => {
    const heights = new Heights([100, 100, 100, 100]);
    expect(heights.inSight(150, 250)).toEqual([1, 3]);
    expect(heights.set(0, 160)).toBe(60);
    expect(heights.inSight(150, 250)).toEqual([0, 2]);
    expect(heights.total).toBe(460);
    expect(heights.inSight(-10, 1e6)).toEqual([0, 4]);
    expect(new Heights([]).inSight(0, 10)).toEqual([0, 0]);
  });

  it("is summed up in a strip by its largest values", () => {
    expect([...binned(Float32Array.of(1, 5, 2, 2, 9, 0), 3)]).toEqual([5, 2, 9]);
    expect(binned(Float32Array.of(1, 2), 10)).toHaveLength(2);
  });
});

describe("following tokens", () => {
  it("is following a query for what it attends to, a key for who attends to it", () => {
    expect([sideOf("attends"), sideOf("attended"), otherSide("key")]).toEqual(["query", "key", "query"]);
  });

  it("is a selection, and a selection is what is followed", () => {
    expect(followed(SELECTED, ENCODER, "query")).toBeNull();
    const one = follow(SELECTED, ENCODER, "query", [3, 4]);
    expect(one).toEqual({ ...SELECTED, query: 3 });
    expect(followed(one, ENCODER, "query")).toEqual([3, 4]);
    const run = follow(SELECTED, ENCODER, "key", [1, 4]);
    expect(run.rectangle).toEqual([0, 6, 1, 4]);
    expect(followed(run, ENCODER, "key")).toEqual([1, 4]);
    expect(followed({ ...one, rectangle: [0, 2, 0, 3] }, ENCODER, "query")).toEqual([3, 4]);
  });

  it("shades up to the largest value but the first token's", () => {
    expect(largestBeyondFirst(Float32Array.of(0.9, 0.25, 0.125))).toBe(0.25);
    expect(largestBeyondFirst(Float32Array.of(0.5))).toBe(0.5);
    expect(largestBeyondFirst(new Float32Array(3))).toBe(1);
  });
});
