/** The map view: one head's whole matrix, from a glance at all of it down to single weights. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { MapFrame } from "../controls/map_frame";
import { mapState } from "../controls/map_state";
import type { Render } from "../hosts/host";

export const render: Render = (spec, source, host) => {
  const state = mapState(spec, source, host);
  renderInto(h(MapFrame, { spec, source, host, state, help: signal(false), message: signal("") }), host.element);
  return () => {
    state.stop();
    renderInto(null, host.element);
  };
};
