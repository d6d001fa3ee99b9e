import { afterEach, expect, it, vi } from "vitest";
import { chinese } from "../src/languages/chinese";
import { english } from "../src/languages/english";
import { neuronChinese } from "../src/languages/neuron_chinese";
import { neuronEnglish } from "../src/languages/neuron_english";
import { speak, t } from "../src/strings";

afterEach(() => {
  vi.unstubAllGlobals();
  speak("en");
});

/** Paths of all words, functions included. */
function keys(of: object, path = ""): string[] {
  return Object.entries(of).flatMap(([name, value]) =>
    value && typeof value === "object" && !Array.isArray(value) ? keys(value, `${path}${name}.`) : [`${path}${name}`],
  );
}

it("has every word in every language, and no more", () => {
  expect(keys(chinese).sort()).toEqual(keys(english).sort());
  expect(keys(neuronChinese).sort()).toEqual(keys(neuronEnglish).sort());
});

it("lists the same shortcuts in every language", () => {
  for (const name of ["headKeys", "modelKeys", "mapKeys", "textKeys", "generationKeys"] as const) {
    expect(chinese[name].map(([key]) => key)).toEqual(english[name].map(([key]) => key));
  }
  expect(neuronChinese.neuronKeys.map(([key]) => key)).toEqual(neuronEnglish.neuronKeys.map(([key]) => key));
});

it("speaks what it is told to", () => {
  expect(speak("zh")).toBe("zh");
  expect(t.layer).toBe("层");
  expect(speak("en")).toBe("en");
  expect(t.layer).toBe("Layer");
});

it.each([
  [["zh-CN", "en"], "zh"],
  [["de", "zh-TW", "en"], "zh"],
  [["de", "en-GB", "zh"], "en"],
  [["fr"], "en"],
])("follows a browser that prefers %j", (languages, spoken) => {
  vi.stubGlobal("navigator", { languages });
  expect(speak("auto")).toBe(spoken);
});

it("speaks English where there is no browser", () => {
  vi.stubGlobal("navigator", undefined);
  expect(speak("auto")).toBe("en");
});
