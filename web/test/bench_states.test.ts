import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Kept } from "../src/controls/bench/found";
import { judged } from "../src/engine/bench/gold";
import { pathOf, scaleOf } from "../src/engine/bench/lines";
import { moved, nameOf, nearestOf, placed, pointedAt, WHOLE, zoomed } from "../src/engine/bench/plane";
import { benchChinese } from "../src/languages/bench_chinese";
import { benchEnglish } from "../src/languages/bench_english";
import type { AnswerSpec, FoundSpec, GoldSpec, LinksSpec } from "../src/spec";

const golden = JSON.parse(readFileSync(new URL("golden/seq2seq.json", import.meta.url), "utf8"));
interface Asked {
  request: { ask: string; fields: Record<string, unknown> };
  answer: AnswerSpec;
}
const near: Asked[] = golden.near.answers;
const answers: Asked[] = golden.answers;
const projection = near.find(({ request }) => request.ask === "projection")!.answer.projection!;

it("keeps what is pointed at in its place while it comes closer", () => {
  const at = { x: 100, y: 50 };
  const closer = zoomed(WHOLE, 3, at, 400, 300);
  expect(closer.k).toBe(3);
  expect(placed(closer, at)).toEqual(at);
  const again = zoomed(closer, 2, { x: 7, y: 290 }, 400, 300);
  const before = { x: (7 - closer.left) / closer.k, y: (290 - closer.top) / closer.k };
  expect(placed(again, before).x).toBeCloseTo(7);
  expect(placed(again, before).y).toBeCloseTo(290);
});

it("never leaves the plane, comes no farther than all of it, and closer only so far", () => {
  expect(zoomed(WHOLE, 0.2, { x: 3, y: 4 }, 400, 300)).toEqual(WHOLE);
  expect(zoomed(WHOLE, 1e6, { x: 0, y: 0 }, 400, 300).k).toBe(64);
  const closer = zoomed(WHOLE, 2, { x: 200, y: 150 }, 400, 300);
  expect(moved(closer, 1e4, -1e4, 400, 300)).toEqual({ k: 2, left: 0, top: -300 });
  expect(moved(WHOLE, 30, 30, 400, 300)).toEqual(WHOLE);
});

it("finds the point that is pointed at", () => {
  const points = [
    { x: 0, y: 0 },
    { x: 10, y: 0 },
    { x: 14, y: 0 },
  ];
  expect(pointedAt(points, { x: 11, y: 1 }, 8)).toBe(1);
  expect(pointedAt(points, { x: 30, y: 0 }, 8)).toBe(-1);
});

it("lists the neighbours of each position from one projection, as a search would", () => {
  const own = projection.points.filter(({ own }) => own !== null);
  for (const { own: position } of own) {
    const list = nearestOf(projection, position!);
    expect(list.found).toHaveLength(4);
    const far = list.found.map(({ distance }) => distance);
    expect(far).toEqual([...far].sort((a, b) => a - b));
  }
  const asked = near[0].answer.neighbours!;
  const listed = nearestOf(projection, asked.position);
  expect(listed.found.map(nameOf)).toEqual(asked.found.slice(0, 4).map(nameOf));
  expect(listed.note).toBe(asked.note);
});

it("draws lines on one scale that shows zero", () => {
  const scale = scaleOf([[1, 3], [2]], { width: 100, height: 60, margin: 10 });
  expect([scale.low, scale.high, scale.y(3), scale.y(0)]).toEqual([0, 3, 10, 50]);
  expect(pathOf([0, 3], scale)).toBe("M10.0 50.0L90.0 10.0");
  expect(scaleOf([], { width: 10, height: 10, margin: 1 }).y(0)).toBe(9);
});

it("says of each link whether gold has it", () => {
  const links = {
    links: [
      [0, 0],
      [1, 1],
      [2, 1],
    ],
    words: false,
  } as unknown as LinksSpec;
  const gold: GoldSpec = {
    sure: [
      [0, 0],
      [3, 3],
    ],
    possible: [[1, 1]],
    words: false,
    pharaoh: "",
  };
  expect(judged(links, gold).map(({ verdict }) => verdict)).toEqual(["right", "possible", "wrong", "missed"]);
  expect(judged(links, null).map(({ verdict }) => verdict)).toEqual(["plain", "plain", "plain"]);
  expect(judged(links, { ...gold, words: true }).every(({ verdict }) => verdict === "plain")).toBe(true);
});

it("agrees with Python's counts of a real alignment", () => {
  const { links } = answers.filter(({ request }) => request.ask === "links")[1].answer;
  const gold = answers.find(({ request }) => request.ask === "gold")!.answer.session!.states[0].gold;
  const found = judged(links!, gold);
  const count = (...verdicts: string[]) => found.filter(({ verdict }) => verdicts.includes(verdict)).length;
  expect(count("right")).toBe(links!.error!.found_sure);
  expect(count("right", "possible")).toBe(links!.error!.found_possible);
  expect(count("right", "missed")).toBe(links!.error!.sure);
  expect(count("right", "possible", "wrong")).toBe(links!.error!.found);
});

it("keeps what was found, of a page and of answers, the latest of each kind for the state shown", () => {
  const kept = new Kept({ projections: [projection], words: [] } as unknown as FoundSpec);
  expect(kept.last(0).projection).toBe(projection);
  expect(kept.last(0).words).toBeNull();
  expect(kept.last(1).projection).toBeNull();
  for (const { answer } of near) kept.keep(answer);
  expect(kept.last(0).neighbours).toBe(near[1].answer.neighbours);
  expect(kept.find("neighbours", ({ stream }) => stream === "decoder")).toBe(near[0].answer.neighbours);
  expect(kept.last(0).components!.dimensions).toHaveLength(4);
  expect(kept.keep(answers[0].answer)).toBe(false);
  expect(new Kept(null).last(0).links).toBeNull();
});

it("says the same in both languages", () => {
  const shape = (words: object): unknown =>
    Object.fromEntries(
      Object.entries(words)
        .filter(([, one]) => typeof one === "object" && !Array.isArray(one))
        .map(([name, one]) => [name, Object.keys(one)]),
    );
  expect(shape(benchChinese)).toEqual(shape(benchEnglish));
});
