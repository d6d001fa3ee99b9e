import { describe, expect, it } from "vitest";
import { evidenceOf } from "../src/engine/evidence";
import { aboutOf, findingText, placeOf, tableOf } from "../src/engine/tests";
import type { FindingSpec, TestSpec } from "../src/spec";
import { SELECTED, spec } from "./fixture";

const found = (how: FindingSpec["how"], scope: FindingSpec["scope"], value: number): FindingSpec => ({
  how,
  scope,
  value,
  noise: 0.001,
  spread: null,
  measurable: Math.abs(value) > 0.003,
});

describe("what is tested", () => {
  it("is an edge, a token or heads, by what is selected", () => {
    expect(aboutOf({ ...SELECTED, query: 1, key: 0 })).toBe("edge");
    expect(aboutOf({ ...SELECTED, key: 0 })).toBe("token");
    expect(aboutOf(SELECTED)).toBe("heads");
  });

  it("is named by its tokens, layer and heads", () => {
    const edge = { ...SELECTED, heads: [2], query: 2, key: 4 };
    expect(placeOf(spec(), edge, "edge")).toBe("query 2 “cat” → key 4 “sat”, layer 1, head 2");
    expect(placeOf(spec(), edge, "token")).toBe("key 4 “sat”");
    expect(placeOf(spec(), { ...edge, heads: [1, 2] }, "heads")).toBe("layer 1, heads 1, 2");
    const cross = { ...edge, kind: "cross" as const, key: null };
    expect(placeOf(spec(), cross, "token")).toBe("query 2 “sat”");
  });
});

describe("what was found", () => {
  const findings = [found("mask", "heads", -1), found("value", "heads", 0.002), found("mask", "layer", -2)];

  it("is a table of ways and places, with holes for what is not there yet", () => {
    const { scopes, rows } = tableOf({ findings } as TestSpec);
    expect(scopes).toEqual(["heads", "layer"]);
    expect(rows.map(({ how, cells }) => [how, ...cells.map((cell) => cell?.value)])).toEqual([
      ["mask", -1, -2],
      ["value", 0.002, undefined],
    ]);
  });

  it("is written with its sign and its standard error", () => {
    expect(findingText({ ...found("replace", "model", -8.09), spread: 0.99 })).toBe("−8.09 ± 0.990");
    expect(findingText({ ...found("zero", "heads", 0), value: null as unknown as number })).toBe("–");
  });

  it("changes what the picture says of itself, once a test is done", () => {
    expect(evidenceOf({ effects: [] }, SELECTED, [{ state: "running" }])).toContain("Untested");
    expect(evidenceOf({ effects: [] }, SELECTED, [{ state: "done" }, { state: "failed" }])).toContain("one place");
  });
});
