/** The report on paper: verdict, the text's tokens, each token's tests, and how far other rows moved the output. Pure. */

import type { JudgedSpec, ReliabilitySpec } from "../../spec";
import type { DisplayList, Item, Measure } from "../display_list";
import { moved, wrapped } from "../sheet";
import { domainOf, effectsPlot, movedPlot } from "./plots";
import { said, words } from "./words";

const [SIZE, NAME, LEADING, GAP] = [11, 13, 16, 12];

export function reportSheet(report: ReliabilitySpec, width: number, measure: Measure): DisplayList {
  const page = new Column(width, measure);
  page.text(said(report.word), NAME, true);
  page.text(said(report.sentence), SIZE);
  page.skip();
  const domain = domainOf(report);
  for (const judged of report.judged) {
    page.text(`${nameOf(judged, report)} · ${words().weight(judged.weight)} · ${said(judged.word)}`, NAME, true);
    if (judged.role !== "together") page.text(said(judged.sentence), SIZE);
    page.list(effectsPlot(judged, domain, report.small, width));
  }
  page.text(words().legend(words().effects[report.effect] ?? report.effect), SIZE, false, "muted");
  page.skip();
  if (report.moved.length) {
    page.text(words().movedHint(unitOf(report)), SIZE, false, "muted");
    page.list(movedPlot(report, width));
  }
  for (const { question, asked, sentence } of report.findings) {
    page.text(`${question} ${said(asked)}`, SIZE, true);
    page.text(said(sentence), SIZE);
  }
  return page.done();
}

export function nameOf({ role, tokens }: JudgedSpec, { labels }: ReliabilitySpec): string {
  if (role === "together") return words().together(tokens.length);
  return `${labels[tokens[0]]} [${tokens[0]}] · ${words().roles[role]}`;
}

export function unitOf({ moved_in, effect }: ReliabilitySpec): string {
  return moved_in === "tvd" ? words().tvd : (words().effects[effect] ?? effect);
}

/** Things one below the other. */
class Column {
  private readonly items: Item[] = [];
  private y = 0;

  constructor(
    private readonly width: number,
    private readonly measure: Measure,
  ) {}

  text(text: string, size: number, bold = false, colour = "ink"): void {
    for (const line of linesOf(text, this.width, size, this.measure)) {
      const y = this.y + LEADING / 2;
      this.items.push({ kind: "text", x: 0, y, text: line, size, align: "left", colour, bold });
      this.y += LEADING;
    }
  }

  list(part: DisplayList): void {
    const items = Object.values(part.layers).flat();
    this.items.push(...items.map((item) => moved(item, 0, this.y)));
    this.y += part.height + GAP;
  }

  skip(): void {
    this.y += GAP / 2;
  }

  done(): DisplayList {
    return { width: this.width, height: this.y, layers: { report: this.items }, areas: [] };
  }
}

/** Lines of a width; a run without spaces (Chinese) is broken between characters. */
function linesOf(text: string, width: number, size: number, measure: Measure): string[] {
  return wrapped(text, width, size, measure).flatMap((line) => {
    const lines = [""];
    for (const character of line) {
      if (measure(lines[lines.length - 1] + character, size) > width) lines.push("");
      lines[lines.length - 1] += character;
    }
    return lines;
  });
}
