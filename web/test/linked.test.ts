import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { taken } from "../src/engine/linked";
import type { SelectionSpec, ViewSpec } from "../src/spec";

interface Case {
  view: string;
  source: string;
  mine: SelectionSpec;
  theirs: SelectionSpec;
  followed: SelectionSpec;
}

const golden = JSON.parse(readFileSync(new URL("golden/followed.json", import.meta.url), "utf8")) as {
  specs: Record<string, ViewSpec>;
  cases: Case[];
};

describe("a selection that follows another view's", () => {
  it("becomes what it becomes in Python", () => {
    expect(golden.cases.length).toBeGreaterThan(30);
    for (const { view, source, mine, theirs, followed } of golden.cases)
      expect(taken(mine, golden.specs[view], theirs, golden.specs[source])).toEqual(followed);
  });
});
