/** An anywidget: traits and messages of a notebook model. */

import { CommSource, type Model } from "../source/comm";
import type { SelectionSpec, ViewSpec } from "../spec";
import { type Mounted, mount } from "./mount";

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  let mounted: Mounted;
  const draw = () => {
    mounted?.dispose();
    const spec = model.get("spec") as ViewSpec;
    const selection = (model.get("selection") as SelectionSpec | null) ?? spec.selection;
    mounted = mount(el, { ...spec, selection }, new CommSource(model), (chosen) => {
      model.set("selection", chosen);
      model.save_changes();
    });
  };
  const select = () => mounted.select(model.get("selection") as SelectionSpec);
  draw();
  model.on("change:spec", draw);
  model.on("change:selection", select);
  return () => {
    model.off("change:spec", draw);
    model.off("change:selection", select);
    mounted.dispose();
  };
}

export default { render };
