/** A self-contained page: specs and tiles in script elements, views where the page says. */

import { effect } from "@preact/signals";
import { ComputedSource } from "../source/computed";
import { InlineSource, type InlineTile, textOf } from "../source/inline";
import { PooledSource } from "../source/pooled";
import type { Source } from "../source/source";
import type { QuantisedSpec, SelectionSpec, ViewSpec } from "../spec";
import { t } from "../strings";
import { type Address, addressOf } from "./address";
import { type Mounted, mount } from "./mount";

interface Entry {
  spec: ViewSpec;
  tiles: InlineTile[];
  quantised?: QuantisedSpec[];
  heading?: string;
  note?: string;
  /** Views of one number follow each other's selection. */
  linked?: number;
}

/** Views that follow each other, and what was selected last in one of them. */
interface Group {
  members: Mounted[];
  last: { selection: SelectionSpec; spec: ViewSpec } | null;
}

const groups = new Map<number, Group>();
/** A view is drawn when it is about to come into sight; until then it takes more than a screen. */
const NEAR = "200px 0px";
const UNSEEN_HEIGHT = "calc(100vh + 200px)";
/** What is drawn gets its own height a moment later, so that the views below do not come into sight for nothing. */
const SETTLED_MS = 500;

function start(): void {
  const entries = JSON.parse(document.getElementById("regard-spec")?.textContent ?? "[]") as Entry[];
  const waiting = new Map<Element, () => void>();
  const sight = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) {
        if (!isIntersecting) continue;
        sight.unobserve(target);
        waiting.get(target)?.();
      }
    },
    { rootMargin: NEAR },
  );
  for (const place of document.querySelectorAll<HTMLElement>(".regard-view")) {
    const entry = entries[Number(place.dataset.view ?? 0)];
    if (!entry) continue;
    const address = addressOf(Number(place.dataset.view ?? 0), entries.length);
    const picture = document.createElement("div");
    place.replaceChildren(...words("h2", entry.heading), ...words("p", entry.note), picture);
    picture.style.minHeight = UNSEEN_HEIGHT;
    waiting.set(place, () => {
      show(picture, entry, address);
      setTimeout(() => {
        picture.style.minHeight = "";
      }, SETTLED_MS);
    });
    sight.observe(place);
  }
}

function show(picture: HTMLElement, { spec, tiles, quantised, linked }: Entry, address: Address | null): void {
  const group: Group = groups.get(linked ?? -1) ?? { members: [], last: null };
  const selected = (selection: SelectionSpec) => {
    group.last = { selection, spec };
    for (const other of group.members) if (other !== mounted) other.follow(selection, spec);
  };
  const mounted = mount(picture, spec, sourceOf(spec, tiles, quantised ?? []), selected, null, address);
  if (linked !== undefined) groups.set(linked, group);
  if (group.last) mounted.follow(group.last.selection, group.last.spec);
  group.members.push(mounted);
  const { theme } = mounted;
  effect(() => {
    document.documentElement.setAttribute("data-regard-theme", theme.value.name);
  });
}

function sourceOf(spec: ViewSpec, tiles: InlineTile[], quantised: QuantisedSpec[]): Source {
  const sizes = new Map(spec.attentions.map(({ kind, queries, keys }) => [kind as string, { queries, keys }]));
  const { left_out } = spec.options;
  const inline = new PooledSource(new InlineSource(tiles, document, left_out && t.leftOutHere(left_out)), sizes);
  const compute = globalThis.regardCompute;
  return quantised.length && compute
    ? new ComputedSource(inline, quantised, (id) => textOf(document, id), compute)
    : inline;
}

function words(tag: "h2" | "p", text: string | undefined): HTMLElement[] {
  if (!text) return [];
  const element = document.createElement(tag);
  element.textContent = text;
  return [element];
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
