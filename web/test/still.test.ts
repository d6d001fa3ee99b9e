import { afterEach, describe, expect, it } from "vitest";
import type { Item, Lines, Text } from "../src/engine/display_list";
import { helvetica } from "../src/engine/helvetica";
import { headLegend, rampCells, weightLegend } from "../src/engine/legend";
import { moved, sheet, wrapped } from "../src/engine/sheet";
import { THEMES } from "../src/engine/theme";
import { plain, serve } from "../src/hosts/layout";
import { CalledSource } from "../src/source/called";
import { image as headImage } from "../src/views/head_view";
import { image as modelImage } from "../src/views/model_view";
import { attention, spec } from "./fixture";

const page = { width: 480, theme: THEMES.light, measure: helvetica, caption: true };

/** A host's reader: the same attention for every layer and head. */
function read(_array: string, slices: string): string {
  const [layers, heads, rows, columns] = (JSON.parse(slices) as [number, number][]).map(
    ([start, stop]) => stop - start,
  );
  const one = attention(rows, columns);
  const all = new Float32Array(layers * heads * one.length);
  for (let i = 0; i < layers * heads; i++) all.set(one, i * one.length);
  return Buffer.from(all.buffer).toString("base64");
}

function texts(items: readonly Item[]): string[] {
  return items.flatMap((item) => (item.kind === "text" ? [item.text] : []));
}

describe("widths without a browser", () => {
  it("are Helvetica's", () => {
    expect(helvetica("i", 1000)).toBe(222);
    expect(helvetica("Wij", 100)).toBeCloseTo(94.4 + 22.2 + 22.2);
    expect(helvetica("é", 1000)).toBe(556);
    expect(helvetica("ж", 1000)).toBeGreaterThan(500);
    expect(helvetica("a", 1000, true)).toBeGreaterThan(helvetica("a", 1000));
  });

  it("are a whole em for Chinese, and one picture for a joined emoji", () => {
    expect(helvetica("注意", 10)).toBe(20);
    expect(helvetica("👩‍👩‍👧", 10)).toBe(helvetica("😀", 10));
    expect(helvetica("e\u0301", 1000)).toBe(helvetica("e", 1000));
  });
});

describe("a sheet", () => {
  const body = {
    width: 300,
    height: 50,
    layers: { a: [{ kind: "rect", x: 0, y: 0, width: 5, height: 5 } as Item] },
    areas: [],
  };

  it("puts title, legend, body and notes below each other", () => {
    const legend = headLegend([{ head: 3, hue: 3 }], "Heads", 300, helvetica);
    const { layers, height, name } = sheet({ title: "One two", legend, body, notes: ["Not all."] }, page);
    const found = texts(layers.sheet);
    expect(found).toEqual(["One two", "Heads", "3", "Not all."]);
    const at = (text: string) => (layers.sheet.find((item) => item.kind === "text" && item.text === text) as Text).y;
    expect(at("One two")).toBeLessThan(at("Heads"));
    expect(at("Heads")).toBeLessThan(at("Not all."));
    expect(at("Not all.")).toBeLessThan(height);
    expect(name).toBe("One two");
  });

  it("is as wide as its body at least, and has no words without a caption", () => {
    const wide = sheet({ title: "x", legend: null, body: { ...body, width: 900 }, notes: [] }, page);
    expect(wide.width).toBe(924);
    const bare = sheet({ title: "x", legend: null, body, notes: ["y"] }, { ...page, caption: false });
    expect([texts(bare.layers.sheet), bare.height]).toEqual([[], 74]);
  });

  it("breaks long notes between words only", () => {
    expect(wrapped("aa bb cccccccccccc dd", 40, 10, (text) => text.length * 8)).toEqual([
      "aa bb",
      "cccccccccccc",
      "dd",
    ]);
  });

  it("moves lines with all their ends", () => {
    const lines = { kind: "lines", x0: 1, x1: 2, y0: Float32Array.of(3), y1: Float32Array.of(4) } as Lines;
    const { x0, x1, y0, y1 } = moved(lines, 10, 20) as Lines;
    expect([x0, x1, y0[0], y1[0]]).toEqual([11, 12, 23, 24]);
  });
});

describe("legends", () => {
  it("break into rows where heads are many", () => {
    const heads = Array.from({ length: 40 }, (_, head) => ({ head, hue: head % 10 }));
    const { layers, height } = headLegend(heads, "Heads", 300, helvetica);
    expect(height).toBeGreaterThan(40);
    for (const item of layers.legend) if (item.kind === "rect") expect(item.x + item.width).toBeLessThanOrEqual(300);
  });

  it("have a ramp from the faintest to the strongest, which comes early under a handle", () => {
    const { lut } = THEMES.light;
    const colours = new Uint32Array(lut.buffer);
    expect([rampCells(lut)[0], rampCells(lut)[255]]).toEqual([colours[1], colours[255]]);
    expect(rampCells(lut, 0.5)[130]).toBe(colours[255]);
    expect(texts(weightLegend(THEMES.light, 400, helvetica).layers.legend)).toEqual([
      "Weight",
      "0",
      "0.01",
      "0.1",
      "0.25",
      "0.5",
      "1",
    ]);
  });
});

describe("still pictures", () => {
  it("of the head view hold its tokens, its heads and all its lines", async () => {
    const list = await headImage(spec(), new CalledSource(read), page);
    const found = texts(list.layers.sheet);
    expect(found[0]).toBe("fixture · Layer 1, all 4 heads; 6 queries × 6 keys.");
    expect(found.filter((text) => text === "cat")).toHaveLength(2);
    const [lines] = list.layers.sheet.filter((item) => item.kind === "lines");
    expect(lines.y0.length).toBe(4 * attention(6, 6).filter((weight) => weight > 0).length);
  });

  it("of a selected token show its lines alone", async () => {
    const one = spec();
    const list = await headImage({ ...one, selection: { ...one.selection, query: 2 } }, new CalledSource(read), page);
    const lines = list.layers.sheet.filter((item) => item.kind === "lines");
    expect(lines).toHaveLength(1);
    expect(lines[0].y0.length).toBeLessThanOrEqual(4 * 6);
  });

  it("of the model view fill the width, as lines or by blocks", async () => {
    const list = await modelImage({ ...spec(), view: "model_view" }, new CalledSource(read), page);
    expect(list.width).toBeLessThanOrEqual(480);
    expect(list.width).toBeGreaterThan(440);
    expect(list.layers.sheet.filter((item) => item.kind === "lines")).toHaveLength(12);
  });
});

/** What QuickJS and new browsers have, and this Node does not yet. */
Object.assign(Uint8Array.prototype, {
  toBase64(this: Uint8Array) {
    return Buffer.from(this.buffer, this.byteOffset, this.byteLength).toString("base64");
  },
});

describe("the host in Python", () => {
  afterEach(() => {
    globalThis.regardImage = undefined;
  });

  async function asked(request: object): Promise<Record<string, unknown>> {
    serve({ head_view: headImage });
    globalThis.regardRead = read;
    const answer = globalThis.regardImage?.(JSON.stringify({ theme: "dark", width: 480, caption: true, ...request }));
    await new Promise((resolve) => setTimeout(resolve));
    return JSON.parse(answer?.text ?? "null");
  }

  it("gets plain data with colours as values", async () => {
    const found = await asked({ spec: spec() });
    expect([found.surface, found.theme, found.width]).toEqual(["#111214", "dark", 480]);
    expect(JSON.stringify(found)).not.toMatch(/"(ink|muted|head0)"/);
  });

  it("is told what has no picture, and of another version", async () => {
    expect(await asked({ spec: { ...spec(), view: "toString" } })).toEqual({
      error: "The view “toString” has no still picture.",
    });
    expect((await asked({ spec: { ...spec(), version: 99 } })).error).toMatch(/version 99/);
  });

  it("gets matrices as steps of a table of colours, and numbers to a hundredth", () => {
    const tile = { shape: [1, 2], dtype: "f32" as const, root: 1, error: 0, codes: Float32Array.of(0, 1) };
    const raster: Item = { kind: "raster", x: 1 / 3, y: 0, width: 2, height: 1, tile };
    const list = { width: 2, height: 1, layers: { a: [raster] }, areas: [] };
    const { items, table } = JSON.parse(plain(list, THEMES.light)) as {
      items: Record<string, unknown>[];
      table: string;
    };
    expect(items[0]).toMatchObject({ kind: "pixels", x: 0.33, rows: 1, columns: 2 });
    expect([...Buffer.from(items[0].steps as string, "base64")]).toEqual([0, 255]);
    expect([...Buffer.from(table, "base64").subarray(0, 4)]).toEqual([0xf1, 0xf3, 0xf6, 0]);
  });
});
