/** Explore: what was captured, every layer and head, and the chosen ones in detail, with one selection. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { ExploreFrame } from "../controls/explore_frame";
import { GRID, paneSpec } from "../engine/panes";
import type { Image, Render } from "../hosts/host";
import { render as generation_view } from "./generation_view";
import { render as head_view } from "./head_view";
import { render as map_view } from "./map_view";
import { image as gridImage, render as model_view } from "./model_view";
import { render as neuron_view } from "./neuron_view";
import { render as text_view } from "./text_view";

const PANES: Record<string, Render> = { generation_view, head_view, map_view, model_view, neuron_view, text_view };

/** On paper there is room for every layer and head. */
export const image: Image = (spec, source, page) => gridImage(paneSpec(spec, GRID), source, page);

export const render: Render = (spec, source, host) => {
  const show = (pane: string, element: HTMLElement) => PANES[pane](paneSpec(spec, pane), source, { ...host, element });
  renderInto(h(ExploreFrame, { spec, show, pane: signal(spec.options.pane) }), host.element);
  return () => renderInto(null, host.element);
};
