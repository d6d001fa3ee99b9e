import type { ReadonlySignal, Signal } from "@preact/signals";
import type { DisplayList } from "../engine/display_list";
import type { Field } from "../engine/effect";
import type { Page } from "../engine/sheet";
import type { Theme } from "../engine/theme";
import type { Source } from "../source/source";
import type { SelectionSpec, ViewSpec } from "../spec";

/** Where a view lives: the element it fills, the colours around it, and the selection it shares. */
export interface Host {
  readonly element: HTMLElement;
  readonly theme: ReadonlySignal<Theme>;
  readonly selection: Signal<SelectionSpec>;
  /** The effects that the selected heads are coloured by; nothing while weights are. */
  readonly effects: ReadonlySignal<Field | null>;
}

/** What a file in `views/` exports as `render`; the result takes the view down. */
export type Render = (spec: ViewSpec, source: Source, host: Host) => () => void;

/** What a file in `views/` exports as `image`: the view as its spec says, as one still picture. */
export type Image = (spec: ViewSpec, source: Source, page: Page) => Promise<DisplayList>;
