import { afterEach, expect, test } from "vitest";
import { domainOf, effectsPlot, movedPlot } from "../src/engine/reliability/plots";
import type { CutsSpec, JudgedSpec, ReliabilitySpec } from "../src/spec";
import { speak } from "../src/strings";

const none: CutsSpec = { view: null, layer: null, all: null };
const judged = (change: Partial<JudgedSpec>): JudgedSpec => ({
  tokens: [1],
  role: "bright",
  weight: 0.4,
  word: { en: "SUPPORTED", zh: "得到支持" },
  sentence: { en: "", zh: "" },
  effect: -2,
  samples: [-1, -3],
  controls: [-0.5, 0.25],
  mask: none,
  value: { view: -1, layer: -1, all: -4 },
  ...change,
});
const report = (...found: JudgedSpec[]) =>
  ({ judged: found, small: 0.1, moved: [0.2, 0.6], even: 0.5, moved_in: "tvd", effect: "log_p" }) as ReliabilitySpec;
const texts = (list: ReturnType<typeof effectsPlot>) =>
  list.layers.plot.flatMap((item) => (item.kind === "text" ? [item.text] : []));

afterEach(() => speak("en"));

test("all effects of a report share one scale, which always holds zero", () => {
  expect(domainOf(report(judged({})))).toEqual([-4, 0.25]);
  expect(domainOf(report(judged({ effect: null, samples: [], controls: [], value: none })))).toEqual([-0.2, 0.2]);
});

test("bars go from zero to their effect: filled where zeroed, open where hidden", () => {
  const mask = { view: -2, layer: null, all: null };
  const list = effectsPlot(judged({ mask }), [-4, 1], 0.1, 400);
  const bars = list.layers.plot.flatMap((item) => (item.kind === "rect" && item.height === 8 ? [item] : []));
  expect(bars.map(({ fill, stroke }) => fill ?? stroke)).toEqual(["accent", "accent", "accent", "accent"]);
  expect(bars[3].fill).toBeUndefined();
  expect(bars[2].width).toBeCloseTo(4 * bars[0].width);
  expect(bars[3].width).toBeCloseTo(2 * bars[0].width);
});

test("what was not measured says so and has no mark", () => {
  const list = effectsPlot(judged({ effect: null, controls: [], value: none }), [-4, 1], 0.1, 400);
  expect(texts(list).filter((text) => text === "not measured")).toHaveLength(7);
  expect(list.layers.plot.filter((item) => item.kind === "rect")).toHaveLength(2);
  speak("zh");
  expect(texts(effectsPlot(judged({ effect: null }), [-4, 1], 0.1, 400))).toContain("未测");
});

test("other rows are drawn on the whole range of total variation", () => {
  const list = movedPlot(report(judged({})), 400);
  const [line] = list.layers.plot.flatMap((item) => (item.kind === "rect" && item.fill === "edge" ? [item] : []));
  const rings = list.layers.plot.flatMap((item) => (item.kind === "rect" && item.stroke === "muted" ? [item] : []));
  expect((rings[1].x + 3 - line.x) / line.width).toBeCloseTo(0.6);
});
