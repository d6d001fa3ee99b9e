import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { generationOf } from "../src/engine/bench/generation";
import { firstRow, meanOf, weightOf } from "../src/engine/bench/rows";
import { queryOf } from "../src/engine/generation/steps";
import { NamedSource } from "../src/source/named";
import type { Source } from "../src/source/source";
import type { BranchSpec, Seq2SeqSpec, ViewSpec } from "../src/spec";

/** Made by `python tests/workbench/golden.py`. */
interface Golden {
  spec: Seq2SeqSpec;
  branch: BranchSpec;
  views: Record<string, ViewSpec>;
}

const golden = JSON.parse(readFileSync(new URL("golden/live_generation.json", import.meta.url), "utf8")) as Golden[];

it.each(golden.map((one) => [one.spec.workbench.family, one] as const))(
  "makes of any answer of a workbench the declaration that Python makes of its record: %s",
  (_, { spec, branch, views }) => {
    for (const [name, expected] of Object.entries(views)) {
      const state = spec.workbench.states.find(({ id }) => String(id) === name.split("-")[0])!;
      const written = name.includes("-") ? { ...state, ...branch } : state;
      const { attentions, ...found } = generationOf(spec, written, { ...expected.selection, query: null });
      const { attentions: theirs, ...own } = expected;
      expect(found.streams).toEqual(own.streams);
      expect(found).toEqual(own);
      expect(attentions).toEqual(theirs);
    }
  },
);

it("stays at the step at which it was, or at the last one", () => {
  const [{ spec }] = golden;
  const [first] = spec.workbench.states;
  const at = (query: number) => generationOf(spec, first, { ...spec.selection, query }).selection.query;
  const border = first.start.labels.length;
  const answer = { border, steps: 0, k: 0, processedK: 0, experts: 0 };
  expect([0, queryOf(answer, 2), 99].map(at)).toEqual([border - 1, border + 1, border - 1 + first.steps.length - 1]);
});

it("reads the arrays of a state by the names of a view of its own", async () => {
  const asked: unknown[] = [];
  const whole = { read: async (...given: unknown[]) => asked.push(given), dispose: () => {} } as unknown as Source;
  await new NamedSource(whole, "3-17").read("decoder.matrix", [[0, 1]]);
  expect(asked[0]).toEqual(["3-17:decoder.matrix", [[0, 1]], undefined, undefined]);
});

it("knows rows by their numbers where only those that chose a token were read", () => {
  const start = golden[0].spec.workbench.states[0].start;
  const first = firstRow("decoder", { start });
  expect(first).toBe(start.labels.length - 1);
  expect(firstRow("encoder", { start })).toBe(0);
  const matrix = meanOf([{ shape: [2, 3], values: [0.5, 0.5, 0, 0.2, 0.3, 0.5] }], first);
  expect(weightOf(matrix, first + 1, 2)).toBeCloseTo(0.5, 6);
  expect(weightOf(matrix, first - 1, 2)).toBe(0);
});
