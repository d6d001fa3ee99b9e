/** The workbench's own words, in the language that is spoken now. */

import { benchChinese } from "../../languages/bench_chinese";
import { type BenchWords, benchEnglish } from "../../languages/bench_english";
import { t } from "../../strings";

export function words(): BenchWords {
  return t.code === "zh" ? benchChinese : benchEnglish;
}

/** A log-probability for reading; one that is not finite is minus infinity. */
export function nats(value: number | null): string {
  return value === null ? "−∞" : words().signed(value);
}
