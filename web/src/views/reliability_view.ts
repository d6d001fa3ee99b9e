/** The reliability view: whether a picture of attention holds for one output, with every number that says so. */

import { h, render as renderInto } from "preact";
import { ReliabilityFrame } from "../controls/reliability_frame";
import { RELIABILITY_STYLES } from "../controls/reliability_styles";
import { reportSheet } from "../engine/reliability/sheet";
import { said } from "../engine/reliability/words";
import { bodyWidth, sheet } from "../engine/sheet";
import type { Image, Render } from "../hosts/host";
import type { ReliabilityViewSpec } from "../spec";

export const image: Image = async (spec, _source, page) => {
  const { reliability: report } = spec as ReliabilityViewSpec;
  const body = reportSheet(report, bodyWidth(page.width), page.measure);
  const notes = [...report.notes.map(said), said(report.basis)];
  return sheet({ title: spec.title, legend: null, body, notes }, { ...page, spec: undefined });
};

export const render: Render = (spec, _source, host) => {
  const style = new CSSStyleSheet();
  style.replaceSync(RELIABILITY_STYLES);
  const root = host.element.getRootNode() as ShadowRoot;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, style];
  renderInto(h(ReliabilityFrame, { spec: spec as ReliabilityViewSpec }), host.element);
  return () => {
    renderInto(null, host.element);
    root.adoptedStyleSheets = root.adoptedStyleSheets.filter((one) => one !== style);
  };
};
