/** An anywidget: traits and messages of a notebook model. */

import { signal } from "@preact/signals";
import { CommSource, type Model } from "../source/comm";
import type { SelectionSpec, TestSpec, ViewSpec } from "../spec";
import type { Lab } from "./lab";
import { type Mounted, mount } from "./mount";

function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  let mounted: Mounted;
  const tests = signal(testsOf(model));
  const select = (chosen: SelectionSpec) => {
    model.set("selection", chosen);
    model.save_changes();
  };
  const lab: Lab = {
    asked: String(model.get("asked") ?? ""),
    tests,
    run: (about, selection) => {
      select(selection);
      model.send({ type: "test", about });
    },
    stop: (id) => model.send({ type: "stop", id }),
  };
  const draw = () => {
    mounted?.dispose();
    const spec = model.get("spec") as ViewSpec;
    const selection = (model.get("selection") as SelectionSpec | null) ?? spec.selection;
    mounted = mount(el, { ...spec, selection }, new CommSource(model), select, lab);
  };
  const follow = () => mounted.select(model.get("selection") as SelectionSpec);
  const report = () => {
    tests.value = testsOf(model);
  };
  draw();
  model.on("change:spec", draw);
  model.on("change:selection", follow);
  model.on("change:tests", report);
  return () => {
    model.off("change:spec", draw);
    model.off("change:selection", follow);
    model.off("change:tests", report);
    mounted.dispose();
  };
}

function testsOf(model: Model): readonly TestSpec[] {
  return (model.get("tests") as TestSpec[] | null) ?? [];
}

export default { render };
