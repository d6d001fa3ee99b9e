import { describe, expect, it } from "vitest";
import { beginning } from "../src/engine/map/text_grain";
import { paneSpec, panesOf, tabAfter } from "../src/engine/panes";
import type { TokensSpec, ViewSpec } from "../src/spec";
import { spec as fixture } from "./fixture";

const options = {
  panes: "head_view map_view",
  pane: "map_view",
  "map_view.pool": "max",
  "text_view.pool": "mean",
  error: "0.005",
};
const spec: ViewSpec = fixture({ view: "explore", options });

describe("parts of an explore view", () => {
  it("are views with their own options and what the page says of its size", () => {
    expect(panesOf(spec)).toEqual(["head_view", "map_view"]);
    expect(paneSpec(spec, "map_view")).toEqual({
      ...spec,
      view: "map_view",
      options: { pool: "max", error: "0.005" },
    });
    expect(paneSpec(spec, "model_view").options).toEqual({ picks: "yes" });
  });

  it("have tabs that keys go round", () => {
    const panes = ["a", "b", "c"];
    expect(tabAfter(panes, "c", "ArrowRight")).toBe("a");
    expect(tabAfter(panes, "a", "ArrowLeft")).toBe("c");
    expect(tabAfter(panes, "b", "Home")).toBe("a");
    expect(tabAfter(panes, "b", "End")).toBe("c");
    expect(tabAfter(panes, "b", "x")).toBeNull();
  });
});

describe("the beginning of a text", () => {
  const tokens = (pieces: string[], special: number[] = []): TokensSpec => ({
    labels: pieces,
    pieces,
    special,
    segments: null,
  });

  it("joins pieces as they were written, without special tokens", () => {
    expect(beginning(tokens([" The", " cat", "s", "\n", " sat"]), 100)).toBe("The cats sat");
    expect(beginning(tokens(["[CLS]", "the", "physic", "##ian", "[SEP]"], [0, 4]), 100)).toBe("the physician");
  });

  it("keeps its direction whatever a token holds", () => {
    expect(beginning(tokens(["a\u202e", "b\u2067c"]), 100)).toBe("a bc");
  });

  it("ends with dots where it goes on", () => {
    expect(beginning(tokens(Array.from({ length: 40 }, () => " word")), 22)).toBe("word word word word …");
  });
});
