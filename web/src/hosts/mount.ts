/** Puts a view into a page: shadow root, styles, colours, selection; then the view's own `render`. */

import { effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { h, render as renderInto } from "preact";
import { ColourBar } from "../controls/colour_bar";
import { followedEffects } from "../controls/effect_state";
import { Evidence } from "../controls/evidence";
import { STYLES } from "../controls/styles";
import { taken } from "../engine/linked";
import { sameSelection } from "../engine/selection";
import { aboutOf } from "../engine/tests";
import type { Theme } from "../engine/theme";
import { effectsOf } from "../source/effects";
import type { Source } from "../source/source";
import { type SelectionSpec, VERSION, type ViewSpec } from "../spec";
import { speak, t } from "../strings";
import type { Address } from "./address";
import type { Render } from "./host";
import type { Lab } from "./lab";
import { followTheme } from "./theme";
import { views } from "./views";

export interface Mounted {
  theme: ReadonlySignal<Theme>;
  select(selection: SelectionSpec): void;
  /** Takes over the selection of another view, as far as this one can. */
  follow(theirs: SelectionSpec, from: ViewSpec): void;
  dispose(): void;
}

export function mount(
  into: HTMLElement,
  spec: ViewSpec,
  source: Source,
  onSelection: (selection: SelectionSpec) => void,
  lab: Lab | null = null,
  address: Address | null = null,
): Mounted {
  const { theme, stop } = followTheme(spec.theme);
  const element = place(into);
  element.lang = speak(spec.language);
  element.classList.toggle("framed", spec.theme !== "auto");
  const selection = signal(spec.selection);
  const [above, view, below] = ["colouring", "shown", "under"].map((name) => part(element, name));
  const effects = followedEffects(spec, source, selection);
  let known = spec.selection;
  element.addEventListener("keydown", (event) => press(event, spec, selection, lab));
  element.addEventListener("keydown", submitOnEnter);
  renderInto(h(ColourBar, { spec, selection, theme, effects }), above);
  if (!("reliability" in spec)) renderInto(h(Evidence, { spec, selection, lab }), below);
  const ends = [
    stop,
    effects.stop,
    () => renderInto(null, above),
    () => renderInto(null, below),
    effect(() => dress(element, theme.value)),
    effect(() => {
      if (sameSelection(selection.value, known)) return;
      known = selection.value;
      onSelection(known);
    }),
  ];
  let over = false;
  find(spec).then(
    (render) => {
      if (!over) ends.push(render(spec, source, { element: view, theme, selection, effects: effects.field, address }));
    },
    (error) => complain(view, error),
  );
  const select = (next: SelectionSpec) => {
    known = next;
    if (!sameSelection(next, selection.peek())) selection.value = next;
  };
  return {
    theme,
    select,
    follow: (theirs, from) => select(taken(selection.peek(), spec, theirs, from)),
    dispose: () => {
      over = true;
      for (const end of ends.reverse()) end();
      source.dispose();
    },
  };
}

/** The `render` of the view's own file; its script is on the page if the page shows such a view. */
async function find(spec: ViewSpec): Promise<Render> {
  if (spec.version !== VERSION) throw new Error(t.otherVersion(spec.version, VERSION));
  const render = Object.hasOwn(views, spec.view) ? views[spec.view] : undefined;
  if (!render) throw new Error(t.unknownView(spec.view));
  return render;
}

function place(into: HTMLElement): HTMLElement {
  const host = document.createElement("div");
  host.setAttribute("data-lm-suppress-shortcuts", "true");
  into.replaceChildren(host);
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLES);
  root.adoptedStyleSheets = [sheet];
  const element = document.createElement("div");
  element.className = "regard";
  root.append(element);
  return element;
}

function part(element: HTMLElement, name: string): HTMLElement {
  const made = document.createElement("div");
  made.className = name;
  element.append(made);
  return made;
}

/** The keys that every view has: one switches between weights and effects, one tests what is selected. */
function press(event: KeyboardEvent, spec: ViewSpec, selection: Signal<SelectionSpec>, lab: Lab | null): void {
  const { tagName, type } = event.composedPath()[0] as HTMLInputElement;
  const isTyping = tagName === "SELECT" || tagName === "TEXTAREA" || (tagName === "INPUT" && type !== "range");
  const now = selection.peek();
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
  if (event.key === "e" && effectsOf(spec, now.kind))
    selection.value = { ...now, color: now.color === "effect" ? "weight" : "effect" };
  else if (event.key === "T" && lab?.asked && (now.heads.length || aboutOf(now) !== "heads"))
    lab.run(aboutOf(now), now);
  else return;
  event.preventDefault();
}

/** Enter submits a form, as it does without being asked everywhere but in JupyterLab. */
function submitOnEnter(event: KeyboardEvent): void {
  const field = event.composedPath()[0];
  if (event.key !== "Enter" || event.isComposing || !(field instanceof HTMLInputElement) || !field.form) return;
  event.preventDefault();
  field.form.requestSubmit();
}

function dress(element: HTMLElement, theme: Theme): void {
  element.dataset.theme = theme.name;
  for (const [name, value] of Object.entries(theme.colours)) element.style.setProperty(`--${name}`, value);
}

function complain(element: HTMLElement, error: unknown): void {
  const message = document.createElement("p");
  message.className = "message";
  message.setAttribute("role", "alert");
  message.textContent = error instanceof Error ? error.message : String(error);
  element.replaceChildren(message);
}
