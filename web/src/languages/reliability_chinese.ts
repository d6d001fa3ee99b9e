/** The words of the reliability view, in Chinese. */

import { percent, signedText } from "./numbers";
import type { ReliabilityWords } from "./reliability_english";

export const reliabilityChinese: ReliabilityWords = {
  name: "可靠性报告",
  text: "按图着色的文本；加框：测试过的词元；划线：停放的词元",
  together: (count) => `${count} 个亮的词元一起`,
  roles: { bright: "亮", parked: "停放", together: "" },
  weight: (share) => `占该行 ${percent(share)}`,
  replaced: "替换",
  zeroed: "置零",
  hidden: "遮住",
  scopes: { view: "此图", layer: "本层", all: "所有层" },
  notMeasured: "未测",
  legend: (effect) =>
    `${effect} 的改变，同一刻度。实心菱形：以别的词元替换；空心圈：在对照处同样替换。实心条：权重置零；空心条：在 softmax 之前遮住。灰带：太小，不计。`,
  effects: { log_p: "log p（奈特）", logit: "logit", value: "所问的数值" },
  plot: (token, replaced, here, all) => `${token}：替换 ${replaced}；此图置零 ${here}，所有层 ${all}`,
  moved: "其他的行",
  movedHint: (unit) => `其他的行使输出移动多少（${unit}）。空心圈：打乱的行；实心菱形：均匀的行。`,
  movedPlot: (count, even) => `${count} 种打乱的行；均匀的行使输出移动 ${even}`,
  tvd: "总变差，0 到 1",
  answers: "所问与所得",
  signed: signedText,
};
