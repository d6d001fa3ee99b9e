import { describe, expect, it } from "vitest";
import { pressHead } from "../src/engine/head_keys";
import { matrixGeometry, matrixLayer } from "../src/engine/matrix";
import { runNotes, shareNotes } from "../src/engine/notes";
import { rowName, rowTokens, runLevel, shownRows } from "../src/engine/runs";
import { firstTokens, linksOf, placeName, sceneOf } from "../src/engine/scene";
import { pin, runOf } from "../src/engine/selection";
import { HeadTiles } from "../src/source/head_tiles";
import type { Source, Span, Tile } from "../src/source/source";
import type { ViewSpec } from "../src/spec";
import { ENCODER, measure, SELECTED, spec, tile } from "./fixture";

const TOKENS = 4000;

/** A text of 4,000 words, of which the last thousand are a second text. */
function long(): ViewSpec {
  const pieces = Array.from({ length: TOKENS }, (_, i) => ` w${i}`);
  const segments = pieces.map((_, i) => (i < 3000 ? 0 : 1));
  const text = { labels: pieces, pieces, special: [0], segments };
  return spec({ streams: { text }, attentions: [{ ...ENCODER, queries: TOKENS, keys: TOKENS }] });
}

describe("a text too long for a row a token", () => {
  const text = long();
  const tiles = [tile(250, 250)];

  it("is shown in runs from a size on", () => {
    expect(runLevel({ queries: 1024, keys: 1024 })).toBe(0);
    expect(runLevel({ queries: 1025, keys: 10 })).toBe(3);
    expect(runLevel({ queries: TOKENS, keys: TOKENS })).toBe(4);
    expect(runLevel({ queries: 100_000, keys: 100_000 })).toBe(9);
  });

  it("has rows that are named by the text they begin with, and counted by their tokens", () => {
    const rows = rowTokens(text.streams.text, 4);
    expect(rows.labels).toHaveLength(250);
    expect(rows.labels[2]).toBe("w32 w33 w34 w35 w36 w3…");
    expect(rowTokens(text.streams.text, 4)).toBe(rows);
    const scene = sceneOf(text, SELECTED, [2], tiles);
    expect(placeName(scene, "key", 2)).toBe("32–47");
    expect(rowName(9, 9, 4700)).toBe("4608–4699");
    expect(rowName(9, 0, 20)).toBe("9");
  });

  it("has the rows that the sentence filter lets through", () => {
    const { queries, keys } = shownRows(text, { ...SELECTED, filter: "ab" });
    expect([queries[0], queries.at(-1)]).toEqual([0, 187]);
    expect([keys[0], keys.at(-1)]).toEqual([187, 249]);
  });

  it("pins the first token of a row, and releases it by any of them", () => {
    const pinned = pin(SELECTED, "query", 3, 4);
    expect(pinned.query).toBe(48);
    expect(runOf(pinned.query, 4)).toBe(3);
    expect(pin({ ...SELECTED, query: 50 }, "query", 3, 4).query).toBeNull();
    const cursor = { side: "key" as const, position: 5 };
    const pressed = pressHead({ selection: SELECTED, cursor, help: false, table: false }, "Enter", text);
    expect(pressed?.selection.key).toBe(80);
    const scene = sceneOf(text, SELECTED, [2], tiles);
    const [strongest] = linksOf(scene, { query: 3, key: null });
    expect(firstTokens(strongest, scene.level)).toEqual({ query: 48, key: strongest.key * 16 });
  });

  it("is marked at round token numbers", () => {
    const scene = sceneOf(text, SELECTED, [2], tiles);
    const items = matrixLayer(scene, matrixGeometry(scene, 700, 640, measure), measure, 1);
    const marks = new Set(items.flatMap((item) => (item.kind === "text" ? [item.text] : [])));
    expect([...marks]).toEqual(["0", "500", "1000", "1500", "2000", "2500", "3000", "3500"]);
  });

  it("says so", () => {
    const scene = sceneOf(text, SELECTED, [2], [{ ...tiles[0], share: 0.02 }]);
    const [runs, sampled] = runNotes(scene);
    expect(runs).toMatch(/16 tokens share a row, .* largest weight between two such rows/);
    expect(sampled).toMatch(/from 2.0 % of the queries/);
    const none = new Uint16Array();
    const some = {
      tile: none,
      row: none,
      column: none,
      weight: new Float32Array(20),
      candidates: 90,
      total: 9,
      shown: 3,
    };
    expect(shareNotes(some as never, scene.level)[0]).toBe("The strongest 20 of 90 lines.");
  });
});

describe("heads at full size", () => {
  /** Answers with a sample first. */
  function source(asked: [string, Span[]][]): Source {
    const read: Source["read"] = async (array, slices, _signal, part) => {
      asked.push([array, slices]);
      const shape = slices.map(([start, stop]) => stop - start);
      const found: Tile = { ...tile(shape[2], shape[3]), shape };
      part?.({ ...found, share: 0.1 });
      return found;
    };
    return { read, dispose() {} };
  }

  it("are blocks of weights where the text is long, one array a head, kept", async () => {
    const asked: [string, Span[]][] = [];
    const heads = new HeadTiles(source(asked));
    const attention = { ...ENCODER, queries: TOKENS, keys: TOKENS };
    const early: number[] = [];
    const found = await heads.full(attention, 1, [0, 3], undefined, (tiles) => early.push(tiles[0].share ?? 1));
    expect(asked).toEqual(
      [0, 3].map((head) => [
        `encoder.max@4:${head}`,
        [
          [1, 2],
          [0, 1],
          [0, 250],
          [0, 250],
        ],
      ]),
    );
    expect(found.map(({ shape }) => shape)).toEqual([
      [250, 250],
      [250, 250],
    ]);
    expect(early).toEqual([0.1]);
    await heads.full(attention, 1, [3]);
    expect(asked).toHaveLength(2);
  });

  it("are their weights where it is not", async () => {
    const asked: [string, Span[]][] = [];
    const early: number[] = [];
    const heads = new HeadTiles(source(asked));
    await heads.full({ ...ENCODER, queries: 9, keys: 9 }, 1, [0, 1], undefined, (tiles) => early.push(tiles.length));
    expect(asked.map(([array]) => array)).toEqual(["encoder.weights"]);
    expect(early).toEqual([2]);
  });
});
