import type { ReadonlySignal, Signal } from "@preact/signals";
import type { DisplayList } from "../engine/display_list";
import type { Field } from "../engine/effect";
import type { Page } from "../engine/sheet";
import type { Theme } from "../engine/theme";
import type { Source } from "../source/source";
import type { SelectionSpec, ViewSpec } from "../spec";
import type { Address } from "./address";

/** Where a view lives: the element it fills, the colours around it, and the selection it shares. */
export interface Host {
  readonly element: HTMLElement;
  readonly theme: ReadonlySignal<Theme>;
  readonly selection: Signal<SelectionSpec>;
  /** The effects that the selected heads are coloured by; nothing while weights are. */
  readonly effects: ReadonlySignal<Field | null>;
  /** Where what is looked at is kept, on a page that stands alone. */
  readonly address: Address | null;
  /** The workbench that the picture is part of, if it is. */
  readonly session?: Session;
}

/** A workbench around a picture: what can be done from inside it, and what of it outlives a change of the answer. */
export interface Session {
  /** Whether anything can be asked. */
  readonly live: ReadonlySignal<boolean>;
  /** The token of the prompt (or source) that is chosen, if one is. */
  readonly chosen: ReadonlySignal<number | null>;
  readonly pool: Signal<"max" | "mean">;
  readonly table: Signal<boolean>;
  /** What was done to a step, in words: forced, edited. */
  marks(step: number): string;
  choose(position: number): void;
  /** What a press on one of a step's likeliest tokens does, in words. */
  hint(label: string, chance: string): string;
  /** Another of a step's likeliest tokens is chosen, and decoding goes on from there. */
  force(step: number, place: number): void;
}

/** What a file in `views/` exports as `render`; the result takes the view down. */
export type Render = (spec: ViewSpec, source: Source, host: Host) => () => void;

/** What a file in `views/` exports as `image`: the view as its spec says, as one still picture. */
export type Image = (spec: ViewSpec, source: Source, page: Page) => Promise<DisplayList>;
