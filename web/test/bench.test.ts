import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { apart, hull, scaled } from "../src/engine/bench/apart";
import { compared, spansOf } from "../src/engine/bench/diff";
import { graphOf, MOST_WORDS } from "../src/engine/bench/graph";
import { meanOf, rowsOf, strongestLinks, weightOf } from "../src/engine/bench/rows";
import { answerSheet } from "../src/engine/bench/sheet";
import { COLUMN, ROW, treeOf } from "../src/engine/bench/tree";
import { THEMES } from "../src/engine/theme";
import { benchChinese } from "../src/languages/bench_chinese";
import { benchEnglish } from "../src/languages/bench_english";
import type { Seq2SeqSpec, SequenceSpec, StateSpec } from "../src/spec";

const golden = JSON.parse(readFileSync(new URL("golden/seq2seq.json", import.meta.url), "utf8"));
const first = golden.first as Seq2SeqSpec;
const state = first.workbench.states[0];
const measure = (text: string, size: number) => text.length * size * 0.6;

/** The cross attention of one layer of the state, its heads made one. */
function cross(layer: number) {
  const { shape, bytes } = golden.weights["0:cross.weights"];
  const values = new Float32Array(Uint8Array.from(atob(bytes), (letter) => letter.charCodeAt(0)).buffer);
  const [, heads, queries, keys] = shape as number[];
  const size = queries * keys;
  return meanOf(
    Array.from({ length: heads }, (_, head) => {
      const start = (layer * heads + head) * size;
      return { shape: [queries, keys], values: values.subarray(start, start + size) };
    }),
  );
}

function sequence(labels: string[]): SequenceSpec {
  return {
    ids: null,
    labels,
    pieces: labels,
    special: [0],
    times: null,
    places: null,
    levels: null,
    seconds: null,
    padding: 0,
    text: labels.join(""),
  };
}

it("knows each token by the number that attention knows it by", () => {
  const answer = { source: sequence(["a", "b"]), start: sequence(["<s>", "<en>"]), target: sequence(["x", "y", "z"]) };
  expect(rowsOf("cross", answer).queries.map(({ index, step }) => [index, step])).toEqual([
    [1, 0],
    [2, 1],
    [3, 2],
  ]);
  expect(rowsOf("decoder", answer).keys.map(({ label, index }) => [label, index])).toEqual([
    ["<s>", 0],
    ["<en>", 1],
    ["x", 2],
    ["y", 3],
  ]);
  expect(rowsOf("encoder", answer).queries).toEqual(rowsOf("cross", answer).keys);
  expect(rowsOf("cross", answer).keys.map(({ special }) => special)).toEqual([true, false]);
});

it("has the same steps as the state of a real model, and rows that sum to one", () => {
  const rows = rowsOf("cross", state);
  const matrix = cross(1);
  expect(rows.queries.map(({ index }) => index)).toEqual(state.steps.map(({ query }) => query));
  for (const { index } of rows.queries) {
    const sum = rows.keys.reduce((total, key) => total + weightOf(matrix, index, key.index), 0);
    expect(sum).toBeCloseTo(1, 4);
  }
});

it("draws just as many links as carry the share, strongest first", () => {
  const rows = rowsOf("cross", state);
  const matrix = cross(1);
  const links = strongestLinks(rows, matrix, 0.75);
  rows.queries.forEach(({ index }, query) => {
    const own = links.filter((link) => link.query === query).map(({ weight }) => weight);
    const sum = own.reduce((total, weight) => total + weight, 0);
    expect(sum).toBeGreaterThanOrEqual(0.75 - 1e-5);
    expect(sum - own[own.length - 1]).toBeLessThan(0.75);
    const all = rows.keys.map((key) => weightOf(matrix, index, key.index)).sort((a, b) => b - a);
    expect(own).toEqual(all.slice(0, own.length));
  });
});

it("keeps tokens of both rows apart, whatever the width", () => {
  const rows = rowsOf("cross", state);
  for (const width of [200, 640, 1400]) {
    const graph = graphOf(rows, width, 78, measure);
    for (const row of [graph.keys, graph.queries]) {
      expect(row[0].x).toBeGreaterThanOrEqual(0);
      row.slice(1).forEach((one, i) => {
        expect(one.x).toBeGreaterThanOrEqual(row[i].x + row[i].width);
      });
      const last = row[row.length - 1];
      expect(last.x + last.width).toBeLessThanOrEqual(graph.width + 0.01);
    }
    expect(Math.min(...graph.queries.map((one) => one.width))).toBeGreaterThanOrEqual(78);
  }
});

it("shows very many keys as a strip", () => {
  const many = { source: sequence(Array(MOST_WORDS + 1).fill("f")), start: sequence(["s"]), target: sequence(["x"]) };
  const graph = graphOf(rowsOf("cross", many), 600, 78, measure);
  expect(graph.strip).toBe(true);
  expect(graph.keys.length).toBe(MOST_WORDS + 1);
  expect(graph.width).toBeGreaterThanOrEqual(600);
});

it("lays the search out with the answer straight along the top and nothing on top of anything", () => {
  const picture = treeOf(state.tree, true);
  expect(picture.nodes.length).toBe(state.tree.length);
  expect(picture.hidden).toBe(0);
  const winners = picture.nodes.filter(({ node }) => node.winner);
  expect(winners.length).toBe(state.steps.length + 1);
  expect(new Set(winners.map(({ y }) => y))).toEqual(new Set([0]));
  expect(new Set(picture.nodes.map(({ x, y }) => `${x}/${y}`)).size).toBe(picture.nodes.length);
  for (const [from, to] of picture.edges) {
    expect(picture.nodes[to].node.parent).toBe(picture.nodes[from].node.id);
    expect(picture.nodes[to].x).toBe(picture.nodes[from].x + COLUMN);
  }
  expect(picture.height % ROW).toBe(0);
});

it("counts what it hides", () => {
  const picture = treeOf(state.tree, false);
  expect(picture.nodes.length + picture.hidden).toBe(state.tree.length);
  expect(picture.hidden).toBeGreaterThan(0);
  expect(picture.nodes.some(({ node }) => node.status === "finished")).toBe(true);
});

it("moves words apart and keeps the first where it is", () => {
  const boxes = Array.from({ length: 12 }, () => ({ x: 100, y: 100, width: 40, height: 20 }));
  const found = apart(boxes, 400, 300);
  expect(found[0]).toEqual(boxes[0]);
  found.forEach((a, i) => {
    for (const b of found.slice(i + 1)) {
      const isApart = Math.abs(a.x - b.x) >= 39.9 || Math.abs(a.y - b.y) >= 19.9;
      expect(isApart).toBe(true);
    }
  });
});

it("scales points into their box and finds the hull", () => {
  const points = scaled(
    [
      { x: 0, y: 0 },
      { x: 10, y: 0 },
      { x: 10, y: 10 },
      { x: 0, y: 10 },
      { x: 5, y: 5 },
    ],
    100,
    80,
    10,
  );
  for (const { x, y } of points) {
    expect(x).toBeGreaterThanOrEqual(10);
    expect(x).toBeLessThanOrEqual(90);
    expect(y).toBeGreaterThanOrEqual(10);
    expect(y).toBeLessThanOrEqual(70);
  }
  expect(hull(points).length).toBe(4);
  expect(hull(points.slice(0, 2)).length).toBe(2);
});

it("puts the chances of each step beside it on paper", () => {
  const list = answerSheet(state, rowsOf("cross", state), cross(1), 700, THEMES.light, measure);
  const texts = list.layers.answer.flatMap((item) => (item.kind === "text" ? [item.text] : []));
  const [most] = state.steps[0].top;
  expect(texts).toContain(state.target.labels[0]);
  expect(texts.some((text) => text.startsWith(`${most.label} ${Math.exp(most.log_p ?? 0).toFixed(2)}`))).toBe(true);
});

it("has every word of the workbench in both languages", () => {
  const keys = (of: object, path = ""): string[] =>
    Object.entries(of).flatMap(([name, value]) =>
      value && typeof value === "object" && !Array.isArray(value) ? keys(value, `${path}${name}.`) : [`${path}${name}`],
    );
  expect(keys(benchChinese).sort()).toEqual(keys(benchEnglish).sort());
  expect(benchChinese.keys.map(([key]) => key)).toEqual(benchEnglish.keys.map(([key]) => key));
});

it("never shows one state's tokens for another", () => {
  const states = (golden.spec as Seq2SeqSpec).workbench.states as StateSpec[];
  for (const one of states) expect(one.steps.length).toBe(one.target.labels.length);
});

it("finds the differences that Python finds, of any two states and of any two words", () => {
  const states = (golden.spec as Seq2SeqSpec).workbench.states;
  const asked = golden.answers.find(({ request }: { request: { ask: string } }) => request.ask === "compare");
  const { total, score, ...rest } = compared(states[0], states[2]);
  expect(asked.answer.comparison).toMatchObject(rest);
  expect(total).toBeCloseTo(asked.answer.comparison.total, 3);
  expect(score).toBeCloseTo(asked.answer.comparison.score, 3);
  for (const { first, second, spans } of golden.diffs)
    expect(spansOf([...first], [...second])).toEqual(
      spans.map(([change, first, second]: [string, number[], number[]]) => ({ change, first, second })),
    );
});
