/** The report's own words, in the language that is spoken now. */

import { reliabilityChinese } from "../../languages/reliability_chinese";
import { type ReliabilityWords, reliabilityEnglish } from "../../languages/reliability_english";
import { t } from "../../strings";

export function words(): ReliabilityWords {
  return t.code === "zh" ? reliabilityChinese : reliabilityEnglish;
}

/** A sentence of the report in the language that is spoken. */
export function said(sentence: Record<string, string>): string {
  return sentence[t.code] ?? sentence.en ?? "";
}

/** A number with its sign, or that it was not measured. */
export function shown(value: number | null): string {
  return value === null ? words().notMeasured : words().signed(value);
}
