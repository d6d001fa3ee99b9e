/** The parts of an explore view as views of their own. Pure. */

import type { ViewSpec } from "../spec";

export const GRID = "model_view";

/** Names of the views of one head, in the order of their tabs. */
export function panesOf(spec: ViewSpec): string[] {
  return spec.options.panes.split(" ");
}

/**
 * The declaration of one part: its own options stand under its name; what the page says of its size
 * is for the views of one head.
 */
export function paneSpec(spec: ViewSpec, view: string): ViewSpec {
  const options: Record<string, string> = view === GRID ? { picks: "yes" } : {};
  for (const [name, value] of Object.entries(spec.options)) {
    if (name.startsWith(`${view}.`)) options[name.slice(view.length + 1)] = value;
    else if (view !== GRID && (name === "error" || name === "left_out")) options[name] = value;
  }
  return { ...spec, view, options };
}

/** The tab that a key leads to; nothing where it leads nowhere. */
export function tabAfter(panes: readonly string[], pane: string, key: string): string | null {
  const at = panes.indexOf(pane);
  const steps: Record<string, number> = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: panes.length - 1 };
  return key in steps ? panes[(steps[key] + panes.length) % panes.length] : null;
}
