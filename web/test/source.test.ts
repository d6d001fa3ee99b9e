import { deflateSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CommSource, type Model } from "../src/source/comm";
import { HeadTiles, runs } from "../src/source/head_tiles";
import { InlineSource, type InlineTile } from "../src/source/inline";
import { RecentlyUsed } from "../src/source/recently_used";
import type { Source, Span } from "../src/source/source";
import { header, tile } from "./fixture";

const SLICES: Span[] = [
  [1, 2],
  [0, 2],
  [0, 2],
  [0, 3],
];

/** A model that remembers what was sent and who listens. */
class FakeModel implements Model {
  readonly sent: { type: string; id: string; array?: string }[] = [];
  readonly listeners = new Map<string, Set<(...args: never[]) => void>>();
  constructor(private readonly traits: Record<string, unknown> = {}) {}
  get(name: string) {
    return this.traits[name];
  }
  set() {}
  save_changes() {}
  send(content: unknown) {
    this.sent.push(content as FakeModel["sent"][0]);
  }
  on(event: string, callback: (...args: never[]) => void) {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(callback));
  }
  off(event: string, callback: (...args: never[]) => void) {
    this.listeners.get(event)?.delete(callback);
  }
  answer(message: unknown, buffers: unknown[] = []) {
    for (const callback of this.listeners.get("msg:custom") ?? [])
      (callback as (...args: unknown[]) => void)(message, buffers);
  }
  async asked(count = 1) {
    while (this.sent.length < count) await Promise.resolve();
    return this.sent[count - 1].id;
  }
}

describe("a kernel as carrier", () => {
  it("asks by message and takes the answer with its id only", async () => {
    const model = new FakeModel();
    const source = new CommSource(model);
    const reading = source.read("encoder.weights", SLICES);
    const id = await model.asked();
    expect(model.sent[0]).toEqual({ type: "read", id, array: "encoder.weights", slices: SLICES });
    model.answer({ type: "tile", id: "another", header: header("encoder.weights", SLICES) }, [new Uint8Array(12)]);
    model.answer({ type: "tile", id, header: header("encoder.weights", SLICES) }, [
      new DataView(new Uint8Array(12).fill(7).buffer),
    ]);
    expect(Array.from((await reading).codes)).toEqual(new Array(12).fill(7));
  });

  it("passes on what Python says went wrong", async () => {
    const model = new FakeModel();
    const reading = new CommSource(model).read("x.weights", SLICES);
    model.answer({ type: "error", id: await model.asked(), message: "no array 'x.weights'" });
    await expect(reading).rejects.toThrow("no array 'x.weights'");
  });

  it("reads initial tiles from the traits without a message", async () => {
    const first = new Uint8Array(12).fill(1);
    const second = deflateSync(new Uint8Array(12).fill(2));
    const bytes = new Uint8Array([...first, ...second]);
    const other: Span[] = [[2, 3], ...SLICES.slice(1)];
    const model = new FakeModel({
      tiles: [header("encoder.weights", SLICES), header("encoder.weights", other, { compression: "deflate" })],
      tile_spans: [
        [0, 12],
        [12, second.length],
      ],
      tile_bytes: new DataView(bytes.buffer),
    });
    const source = new CommSource(model);
    expect((await source.read("encoder.weights", SLICES)).codes[0]).toBe(1);
    expect(
      (
        await source.read("encoder.weights", [
          [2, 3],
          [1, 2],
          [0, 2],
          [0, 3],
        ])
      ).codes[5],
    ).toBe(2);
    expect(model.sent).toEqual([]);
  });

  describe("that stays silent", () => {
    beforeEach(() => vi.useFakeTimers());
    afterEach(() => vi.useRealTimers());

    it("ends in an error after 8 seconds, and is told to stop", async () => {
      const model = new FakeModel();
      const reading = new CommSource(model).read("encoder.weights", SLICES);
      const failed = expect(reading).rejects.toThrow("Python did not answer within 8 seconds");
      await vi.advanceTimersByTimeAsync(7999);
      expect(model.sent.map(({ type }) => type)).toEqual(["read"]);
      await vi.advanceTimersByTimeAsync(1);
      await failed;
      expect(model.sent.map(({ type }) => type)).toEqual(["read", "cancel"]);
    });
  });

  it("is told when a request is given up", async () => {
    const model = new FakeModel();
    const giveUp = new AbortController();
    const reading = new CommSource(model).read("encoder.weights", SLICES, giveUp.signal);
    const id = await model.asked();
    giveUp.abort(new Error("replaced"));
    await expect(reading).rejects.toThrow("replaced");
    expect(model.sent[1]).toEqual({ type: "cancel", id });
    model.answer({ type: "tile", id, header: header("encoder.weights", SLICES) }, [new Uint8Array(12)]);
  });

  it("asks for things to be done, hears how far they are, and can call them off", async () => {
    const model = new FakeModel();
    const source = new CommSource(model);
    const heard: number[][] = [];
    const done = source.request("force", { step: 2, token: "x" }, undefined, (...far) => heard.push(far));
    const [{ id }] = model.sent;
    expect(model.sent[0]).toEqual({ type: "ask", id, ask: "force", fields: { step: 2, token: "x" } });
    model.answer({ type: "progress", id, tokens: 3, most: 20 });
    const news: unknown[] = [];
    const end = source.hear((answer) => news.push(answer));
    model.answer({ type: "answer", id: Number(id) + 7, answer: { id: 99 } });
    model.answer({ type: "answer", id: -1, answer: { id: -1 } });
    end();
    model.answer({ type: "answer", id: -1, answer: { id: -1 } });
    expect(news).toEqual([{ id: 99 }, { id: -1 }]);
    model.answer({ type: "answer", id, answer: { id } });
    expect(await done).toEqual({ id });
    expect(heard).toEqual([[3, 20]]);

    const giveUp = new AbortController();
    const given = source.request("translate", { text: "y" }, giveUp.signal);
    giveUp.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    expect(model.sent.at(-1)).toMatchObject({ type: "ask", ask: "cancel" });
  });

  it("is left without listeners, and nobody waits on", async () => {
    const model = new FakeModel();
    const source = new CommSource(model);
    const reading = source.read("encoder.weights", SLICES);
    await model.asked();
    source.dispose();
    await expect(reading).rejects.toThrow("The view was closed.");
    expect(model.listeners.get("msg:custom")?.size).toBe(0);
  });
});

describe("a page as carrier", () => {
  const texts: Record<string, string> = {};
  const page = {
    getElementById: vi.fn((id: string) => (id in texts ? ({ textContent: texts[id] } as HTMLElement) : null)),
  };
  const tiles: InlineTile[] = [0, 1].map((head) => {
    const id = `t${head}`;
    texts[id] = `\n${deflateSync(new Uint8Array(6).fill(head + 1)).toString("base64")}\n`;
    return {
      ...header(
        "encoder.weights",
        [
          [1, 2],
          [head, head + 1],
          [0, 2],
          [0, 3],
        ],
        { compression: "deflate" },
      ),
      id,
    };
  });

  it("decodes what is read, once", async () => {
    page.getElementById.mockClear();
    const source = new InlineSource(tiles, page as unknown as Document);
    expect(page.getElementById).not.toHaveBeenCalled();
    expect(Array.from((await source.read("encoder.weights", SLICES)).codes)).toEqual([
      1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2,
    ]);
    await source.read("encoder.weights", [
      [1, 2],
      [1, 2],
      [0, 2],
      [0, 3],
    ]);
    expect(page.getElementById.mock.calls.map(([id]) => id)).toEqual(["t0", "t1"]);
  });

  it("says what it does not hold", async () => {
    const source = new InlineSource(
      [...tiles, { ...header("a.weights", [[0, 1]]), id: "lost" }],
      page as unknown as Document,
    );
    await expect(
      source.read("encoder.weights", [
        [2, 3],
        [0, 1],
        [0, 2],
        [0, 3],
      ]),
    ).rejects.toThrow("This page does not hold encoder.weights[2:3, 0:1, 0:2, 0:3].");
    await expect(source.read("a.weights", [[0, 1]])).rejects.toThrow("This page has no data element “lost”.");
  });
});

describe("tiles of heads", () => {
  it("are asked for in runs, and only when they are not known", async () => {
    const asked: Span[] = [];
    const source: Source = {
      read: async (_array, slices) => {
        asked.push(slices[1]);
        const count = slices[1][1] - slices[1][0];
        return {
          ...tile(2, 2),
          shape: [1, count, 2, 2],
          codes: Uint8Array.from({ length: 4 * count }, (_, i) => 10 * slices[1][0] + i),
        };
      },
      dispose: () => {},
    };
    const tiles = new HeadTiles(source);
    const rest: Span[] = [
      [0, 2],
      [0, 2],
    ];
    const first = await tiles.read("encoder.weights", 0, [0, 1, 3], rest);
    expect(first.map(({ codes }) => codes[0])).toEqual([0, 4, 30]);
    expect((await tiles.read("encoder.weights", 0, [3, 2, 1], rest)).map(({ codes }) => codes[0])).toEqual([30, 20, 4]);
    expect(asked).toEqual([
      [0, 2],
      [3, 4],
      [2, 3],
    ]);
    expect(runs([])).toEqual([]);
  });

  it("are refused where the layer has fewer heads", async () => {
    const source: Source = { read: async () => ({ ...tile(2, 2), shape: [1, 1, 2, 2] }), dispose: () => {} };
    await expect(
      new HeadTiles(source).read(
        "encoder.weights",
        4,
        [0, 1],
        [
          [0, 2],
          [0, 2],
        ],
      ),
    ).rejects.toThrow("Layer 4 has no head 1.");
  });
});

describe("a cache", () => {
  it("forgets what was used longest ago", () => {
    const cache = new RecentlyUsed<string, number>(10);
    cache.set("a", 1, 4);
    cache.set("b", 2, 4);
    cache.get("a");
    cache.set("c", 3, 4);
    expect(["a", "b", "c"].map((key) => cache.get(key))).toEqual([1, undefined, 3]);
    cache.set("large", 4, 99);
    expect([cache.get("large"), cache.get("a")]).toEqual([4, undefined]);
  });
});
