/** The frame of an explore view: an overview, the grid of all heads, and tabs with views of the chosen one. */

import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { GRID, panesOf, tabAfter } from "../engine/panes";
import type { ViewSpec } from "../spec";
import { t } from "../strings";
import { Overview } from "./overview";

export interface ExploreFrameProps {
  spec: ViewSpec;
  /** Draws a part into an element; the result takes it down. */
  show(pane: string, element: HTMLElement): () => void;
  pane: Signal<string>;
}

export function ExploreFrame({ spec, show, pane }: ExploreFrameProps) {
  return (
    <div class="explore" role="group" aria-label={t.explore}>
      <Overview spec={spec} />
      <div class="panes">
        <Pane name={GRID} show={show} />
        <div class="detail">
          <Tabs panes={panesOf(spec)} pane={pane} />
          <div role="tabpanel" id="pane" aria-labelledby={`tab-${pane.value}`}>
            <Pane key={pane.value} name={pane.value} show={show} />
          </div>
        </div>
      </div>
    </div>
  );
}

/** One part; drawn when it is first shown and taken down when another takes its place. */
function Pane({ name, show }: { name: string; show: ExploreFrameProps["show"] }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => show(name, place.current!), []);
  return <div class={`pane ${name}`} ref={place} />;
}

/** Arrow keys move between tabs, and the tab that is reached is shown. */
function Tabs({ panes, pane }: { panes: string[]; pane: Signal<string> }) {
  const press = (event: KeyboardEvent) => {
    const next = tabAfter(panes, pane.value, event.key);
    if (!next) return;
    event.preventDefault();
    pane.value = next;
    const tabs = event.currentTarget as HTMLElement;
    tabs.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label={t.panesLabel} onKeyDown={press}>
      {panes.map((name) => (
        <button
          type="button"
          role="tab"
          key={name}
          id={`tab-${name}`}
          aria-selected={name === pane.value}
          aria-controls="pane"
          tabIndex={name === pane.value ? 0 : -1}
          onClick={() => (pane.value = name)}
        >
          {t.panes[name as keyof typeof t.panes] ?? name}
        </button>
      ))}
    </div>
  );
}
