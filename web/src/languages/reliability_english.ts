/** The words of the reliability view, in English; `reliability_chinese.ts` has the same keys. */

import { percent, signedText } from "./numbers";

export const reliabilityEnglish = {
  name: "Reliability report",
  text: "The text as the picture shades it; framed: tokens that were tested; struck through: parked",
  together: (count: number) => `The ${count} bright tokens together`,
  roles: { bright: "bright", parked: "parked", together: "" },
  weight: (share: number) => `${percent(share)} of the row`,
  replaced: "replaced",
  zeroed: "zeroed",
  hidden: "hidden",
  scopes: { view: "here", layer: "layer", all: "all layers" },
  notMeasured: "not measured",
  legend: (effect: string) =>
    `Change of ${effect}, all on one scale. Filled diamond: other tokens in its place; hollow rings: the same at controls. ` +
    "Filled bars: weights set to zero; open bars: hidden before the softmax. Grey band: too small to count.",
  effects: { log_p: "log p in nats", logit: "the logit", value: "the value asked about" } as Record<string, string>,
  plot: (token: string, replaced: string, here: string, all: string) =>
    `${token}: replaced ${replaced}; zeroed here ${here}, in all layers ${all}`,
  moved: "Other rows",
  movedHint: (unit: string) =>
    `How far other rows moved the output (${unit}). Hollow rings: shuffled rows; filled diamond: an even row.`,
  movedPlot: (count: number, even: string) => `${count} shuffled rows; an even row moved the output by ${even}`,
  tvd: "total variation, 0 to 1",
  answers: "What was asked, and found",
  signed: signedText,
};

export type ReliabilityWords = typeof reliabilityEnglish;
