import { signal } from "@preact/signals";
import { describe, expect, it, vi } from "vitest";
import { Loader, pointing } from "../src/controls/state";
import { moveCursor } from "../src/engine/cursor";
import { type HeadState, pressHead } from "../src/engine/head_keys";
import { type ModelState, moveCell, pressModel } from "../src/engine/model_keys";
import { sceneOf } from "../src/engine/scene";
import {
  allHeads,
  isolateHead,
  isPair,
  pin,
  release,
  sameSelection,
  setFilter,
  setKind,
  setLayer,
  shownPositions,
  stepHead,
  stepLayer,
  toggleHead,
} from "../src/engine/selection";
import type { SelectionSpec } from "../src/spec";
import { CROSS, ENCODER, SELECTED, spec, tile } from "./fixture";

describe("heads", () => {
  it("are toggled by a click, and two clicks change nothing", () => {
    const without = toggleHead(SELECTED, 2);
    expect(without.heads).toEqual([0, 1, 3]);
    expect(toggleHead(without, 2).heads).toEqual([0, 1, 2, 3]);
  });

  it("are isolated by a double click, which then brings all back", () => {
    const alone = isolateHead(SELECTED, ENCODER, 2);
    expect(alone.heads).toEqual([2]);
    expect(isolateHead(alone, ENCODER, 2).heads).toEqual(ENCODER.heads);
  });

  it("are stepped through one at a time, around the ends", () => {
    expect(stepHead(SELECTED, ENCODER, 1).heads).toEqual([0]);
    expect(stepHead(SELECTED, ENCODER, -1).heads).toEqual([3]);
    expect(stepHead({ ...SELECTED, heads: [3] }, ENCODER, 1).heads).toEqual([0]);
  });
});

const MODEL_STATE: ModelState = {
  selection: SELECTED,
  cell: { layer: 1, head: 0 },
  open: false,
  picks: false,
  cursor: null,
  mode: "lines",
  openMode: "lines",
  help: false,
  table: false,
};

/** A model whose middle layer has fewer heads, of which the record holds the last. */
const UNEVEN = { ...ENCODER, heads: [1, 3], layer_heads: [[1, 3], [3], []], head_count: 4 };

describe("layers with other heads", () => {
  const first = { ...SELECTED, layer: 0, heads: [1, 3] };

  it("keep the selected heads that they have, and all where all were selected", () => {
    expect(setLayer(first, UNEVEN, 1).heads).toEqual([3]);
    expect(setLayer({ ...first, layer: 1, heads: [3] }, UNEVEN, 0).heads).toEqual([1, 3]);
    expect(setLayer({ ...first, heads: [1] }, UNEVEN, 1).heads).toEqual([3]);
    expect(setLayer({ ...first, heads: [] }, UNEVEN, 1).heads).toEqual([]);
    expect(setLayer(first, UNEVEN, 2).heads).toEqual([]);
  });

  it("offer only their own", () => {
    expect(allHeads({ ...SELECTED, layer: 1 }, UNEVEN).heads).toEqual([3]);
    expect(stepHead({ ...SELECTED, layer: 0, heads: [3] }, UNEVEN, 1).heads).toEqual([1]);
    expect(isolateHead({ ...SELECTED, layer: 0, heads: [3] }, UNEVEN, 3).heads).toEqual([1, 3]);
  });

  it("are walked over by the nearest cell that there is", () => {
    const state = { ...MODEL_STATE, cell: { layer: 0, head: 1 } };
    expect(moveCell(state, 1, 0, UNEVEN).cell).toEqual({ layer: 1, head: 3 });
    expect(moveCell({ ...state, cell: { layer: 1, head: 3 } }, 1, 0, UNEVEN).cell).toEqual({ layer: 1, head: 3 });
  });
});

describe("layers, kinds and filters", () => {
  it("stop at the ends", () => {
    expect(stepLayer({ ...SELECTED, layer: 2 }, ENCODER, 1).layer).toBe(2);
    expect(stepLayer(SELECTED, ENCODER, -1).layer).toBe(0);
  });

  it("keep what exists in another kind, as Python does", () => {
    const next = setKind({ ...SELECTED, layer: 0, heads: [1, 3], query: 5, filter: "ab" }, spec(), "cross");
    expect(next).toEqual({
      kind: "cross",
      layer: 1,
      heads: [1],
      query: null,
      key: null,
      filter: "all",
      rectangle: null,
      color: "weight",
      least: 0,
    });
    expect(setKind({ ...SELECTED, heads: [3] }, spec(), "cross").heads).toEqual(CROSS.heads);
  });

  it("filter positions by segment and release what they hide", () => {
    expect(isPair(spec(), ENCODER)).toBe(true);
    expect(isPair(spec(), CROSS)).toBe(false);
    const filtered = setFilter({ ...SELECTED, query: 2, key: 2 }, spec(), "ab");
    expect(shownPositions(spec(), filtered)).toEqual({ queries: [1, 2], keys: [4, 5] });
    expect([filtered.query, filtered.key]).toEqual([2, null]);
  });

  it("pin and release tokens", () => {
    const pinned = pin(pin(SELECTED, "query", 3), "key", 1);
    expect([pinned.query, pinned.key]).toEqual([3, 1]);
    expect(pin(pinned, "query", 3).query).toBeNull();
    expect(sameSelection(release(pinned), SELECTED)).toBe(true);
    expect(sameSelection(pinned, SELECTED)).toBe(false);
  });
});

describe("keys of the head view", () => {
  const start: HeadState = { selection: SELECTED, cursor: null, help: false, table: false };
  const press = (state: HeadState, ...keys: string[]) =>
    keys.reduce((now, key) => pressHead(now, key, spec()) ?? now, state);

  it("move, pin, change sides and let go", () => {
    const pinned = press(start, "ArrowDown", "ArrowDown", "Enter");
    expect(pinned.cursor).toEqual({ side: "query", position: 1 });
    expect(pinned.selection.query).toBe(1);
    const across = press(pinned, "ArrowRight", "ArrowDown");
    expect(across.cursor).toEqual({ side: "key", position: 2 });
    expect(press(across, "Escape")).toEqual({ ...start, cursor: null });
  });

  it("step layers and heads", () => {
    expect(press(start, ".", "]", "]").selection).toMatchObject({ layer: 2, heads: [1] });
    expect(press(start, ",", "[", "a").selection).toMatchObject({ layer: 0, heads: [0, 1, 2, 3] });
  });

  it("open lists, and Escape closes the innermost first", () => {
    const open = press(start, "t", "?", "ArrowDown");
    expect([open.table, open.help]).toEqual([true, true]);
    expect(press(open, "Escape")).toMatchObject({ help: false, table: true });
    expect(press(open, "Escape", "Escape")).toMatchObject({ cursor: null, table: true });
    expect(press(open, "Escape", "Escape", "Escape")).toMatchObject({ table: false });
  });

  it("leave all others to the page", () => {
    for (const key of ["x", "Tab", "Escape", "Enter", "PageDown"]) expect(pressHead(start, key, spec())).toBeNull();
  });

  it("stay among the tokens that the filter shows", () => {
    const shown = { queries: [1, 2], keys: [4, 5] };
    expect(moveCursor({ side: "query", position: 2 }, "ArrowDown", shown)).toEqual({ side: "query", position: 2 });
    expect(moveCursor({ side: "query", position: 2 }, "ArrowRight", shown)).toEqual({ side: "key", position: 5 });
    expect(moveCursor({ side: "query", position: 0 }, "ArrowDown", shown)).toEqual({ side: "query", position: 1 });
  });
});

describe("keys of the model view", () => {
  const start = MODEL_STATE;
  const press = (state: ModelState, ...keys: [string, boolean?][]) =>
    keys.reduce((now, [key, shift]) => pressModel(now, key, !!shift, spec()) ?? now, state);

  it("move over cells without selecting, and stop at the borders", () => {
    const moved = press(start, ["ArrowRight"], ["ArrowUp"], ["ArrowUp"]);
    expect(moved.cell).toEqual({ layer: 0, head: 1 });
    expect(moved.selection).toEqual(SELECTED);
  });

  it("open a cell, which selects it and follows the arrows", () => {
    const open = press(start, ["ArrowRight"], ["Enter"]);
    expect(open).toMatchObject({ open: true, selection: { layer: 1, heads: [1] } });
    expect(press(open, ["ArrowDown"]).selection).toMatchObject({ layer: 2, heads: [1] });
    expect(press(open, ["ArrowDown", true]).cursor).toEqual({ side: "query", position: 0 });
    expect(press(open, ["ArrowDown", true], ["Enter"], ["Escape"], ["Escape"])).toMatchObject({
      open: false,
      cursor: null,
    });
  });

  it("select cells without opening them where another view shows what is selected", () => {
    const picking = press({ ...start, picks: true }, ["ArrowRight"]);
    expect(picking).toMatchObject({
      open: false,
      selection: { layer: picking.cell.layer, heads: [picking.cell.head] },
    });
    expect(press(picking, ["Enter"]).open).toBe(false);
  });

  it("switch lines and matrix, of the grid or of the open cell", () => {
    expect(press(start, ["m"])).toMatchObject({ mode: "matrix", openMode: "lines" });
    expect(press(start, ["Enter"], ["m"])).toMatchObject({ mode: "lines", openMode: "matrix" });
  });
});

describe("what is focused", () => {
  const shown = sceneOf(spec(), SELECTED, [0], [tile(6, 6)]);
  const selection = signal<SelectionSpec>({ ...SELECTED, query: 1, key: 2 });
  const { hover, cursor, focus, links } = pointing(selection, signal(shown));

  it("is the pinned link, unless another token is pointed at", () => {
    expect(focus.value).toEqual({ query: 1, key: 2 });
    hover.value = { query: 1, key: null };
    expect(focus.value).toEqual({ query: 1, key: 2 });
    hover.value = { query: 4, key: null };
    expect(focus.value).toEqual({ query: 4, key: null });
    cursor.value = { side: "key", position: 3 };
    expect(focus.value.query).toBe(4);
    hover.value = null;
    expect(focus.value).toEqual({ query: null, key: 3 });
    expect(links.value.every(({ key, weight }, i) => key === 3 && weight <= (links.value[i - 1]?.weight ?? 1))).toBe(
      true,
    );
  });

  it("is nothing where the filter hides it", () => {
    selection.value = { ...SELECTED, query: 99 };
    cursor.value = null;
    expect(focus.value).toEqual({ query: null, key: null });
    expect(links.value).toEqual([]);
  });
});

describe("a loader", () => {
  it("keeps the last while the next is on its way, and only its own part when it fails", async () => {
    const loader = new Loader<string>();
    loader.run(async () => "first");
    await vi.waitFor(() => expect(loader.loaded.value).toEqual({ state: "ready", message: "", value: "first" }));
    let fail = (_: Error) => {};
    loader.run((_, progress) => {
      progress("half");
      return new Promise((_resolve, reject) => {
        fail = reject;
      });
    });
    expect(loader.loaded.value).toEqual({ state: "loading", message: "", value: "half" });
    fail(new Error("gone"));
    await vi.waitFor(() => expect(loader.loaded.value).toEqual({ state: "failed", message: "gone", value: "half" }));
    loader.retry();
    expect(loader.loaded.value.state).toBe("loading");
  });

  it("forgets a task that was replaced", async () => {
    const loader = new Loader<string>();
    const signals: AbortSignal[] = [];
    loader.run(async (signal) => {
      signals.push(signal);
      return "slow";
    });
    loader.run(async () => "new");
    await vi.waitFor(() => expect(loader.loaded.value.value).toBe("new"));
    expect(signals[0].aborted).toBe(true);
  });
});
