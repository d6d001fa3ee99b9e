// @vitest-environment happy-dom
import { readdirSync, readFileSync, statSync } from "node:fs";
import { h, render } from "preact";
import { afterEach, describe, expect, it } from "vitest";
import { LinkTable } from "../src/controls/link_table";
import { Readout, spoken } from "../src/controls/readout";
import { linksOf, type Scene, sceneOf } from "../src/engine/scene";
import { direction, fit, graphemes } from "../src/engine/text";
import { THEMES } from "../src/engine/theme";
import { t, weightText } from "../src/strings";
import { measure, SELECTED, spec, tile } from "./fixture";

const HOSTILE = [
  "</script><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "\ud800",
  "\u202egpj.exe",
  "a\u0000b",
  "&lt;b&gt;",
];

describe("hostile tokens", () => {
  afterEach(() => document.body.replaceChildren());

  const hostile = (): Scene => {
    const scene = sceneOf(spec(), SELECTED, [0], [tile(6, 6)]);
    const tokens = { labels: HOSTILE, pieces: HOSTILE, special: [], segments: null };
    return { ...scene, queryTokens: tokens, keyTokens: tokens };
  };

  it("are only ever text", () => {
    const scene = hostile();
    const focus = { query: 1, key: null };
    const links = linksOf(scene, focus);
    const props = { scene, links, focus, theme: THEMES.light, open: () => {} };
    render(
      h(
        "div",
        {},
        h(Readout, props),
        h(LinkTable, { scene, links: linksOf(scene, { query: null, key: null }).slice(0, 30) }),
      ),
      document.body,
    );
    expect(document.querySelectorAll("script, img, b").length).toBe(0);
    const cells = [...document.querySelectorAll("td bdi")].map((cell) => cell.textContent);
    expect(new Set(cells)).toEqual(new Set(HOSTILE));
    expect(document.querySelector("h2 bdi")?.textContent).toBe(HOSTILE[1]);
    expect(spoken(scene, focus, links)).toContain(`query 1 “${HOSTILE[1]}” → key`);
  });

  it("have no way to become markup", () => {
    const files = (folder: string): string[] =>
      readdirSync(folder).flatMap((name) =>
        statSync(`${folder}/${name}`).isDirectory() ? files(`${folder}/${name}`) : [`${folder}/${name}`],
      );
    for (const file of files(`${import.meta.dirname}/../src`)) {
      expect(readFileSync(file, "utf8"), file).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|setHTML|\beval\b|new Function|cssText/,
      );
    }
  });
});

describe("labels", () => {
  it("fit by leaving out the middle, without cutting characters", () => {
    expect(fit("cat", 100, 10, measure)).toBe("cat");
    expect(fit("abcdefghij", 36, 10, measure)).toBe("abc…ij");
    const family = "👩‍👩‍👧‍👦";
    expect(graphemes(family)).toEqual([family]);
    const cut = fit(family.repeat(5), 6 * 12 * 2, 10, measure);
    expect(graphemes(cut.replace("…", "")).every((character) => character === family)).toBe(true);
    expect(fit("x".repeat(100_000), 60, 10, measure).length).toBeLessThan(12);
  });

  it("have the direction of their first letter", () => {
    expect(["cat", "שלום", "##مرحبا", "123", "日本"].map(direction)).toEqual(["ltr", "rtl", "rtl", "ltr", "ltr"]);
  });
});

describe("numbers", () => {
  it("say no more than is known", () => {
    expect([0, 0.0001, 0.0234, 0.31, 1].map(weightText)).toEqual(["0", "< 0.001", "0.023", "0.31", "1.00"]);
    expect([0.0039, 0.0078, 2e-5, 0.01].map(t.precision)).toEqual(["± 0.004", "± 0.008", "± 0.00002", "± 0.01"]);
    expect(t.share(20000, 37632, 0.8812)).toBe("The strongest 20,000 of 37,632 lines, showing 88 % of the attention.");
  });
});
