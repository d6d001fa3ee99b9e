/** The text view: the document itself, its tokens shaded by attention. */

import { signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { TextFrame } from "../controls/text_frame";
import { textState } from "../controls/text_state";
import type { Render } from "../hosts/host";

export const render: Render = (spec, source, host) => {
  const state = textState(spec, source, host);
  renderInto(h(TextFrame, { spec, host, state, help: signal(false), message: signal("") }), host.element);
  return () => {
    state.stop();
    renderInto(null, host.element);
  };
};
