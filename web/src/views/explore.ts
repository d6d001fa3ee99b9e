/** Explore: what was captured, every layer and head, and the chosen ones in detail, with one selection. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { ExploreFrame } from "../controls/explore_frame";
import { GRID, paneSpec } from "../engine/panes";
import type { Image, Render } from "../hosts/host";
import { views } from "../hosts/views";
import { t } from "../strings";
import { image as gridImage } from "./model_view";

/** On paper there is room for every layer and head. */
export const image: Image = (spec, source, page) => gridImage(paneSpec(spec, GRID), source, page);

export const render: Render = (spec, source, host) => {
  const show = (pane: string, element: HTMLElement) => {
    const part = views[pane];
    if (!part) throw new Error(t.unknownView(pane));
    return part(paneSpec(spec, pane), source, { ...host, element });
  };
  renderInto(h(ExploreFrame, { spec, show, pane: signal(spec.options.pane) }), host.element);
  return () => renderInto(null, host.element);
};
