/** A self-contained page: specs and tiles in script elements, views where the page says. */

import { effect } from "@preact/signals";
import { InlineSource, type InlineTile } from "../source/inline";
import { PooledSource } from "../source/pooled";
import type { ViewSpec } from "../spec";
import { type Mounted, mount } from "./mount";

interface Entry {
  spec: ViewSpec;
  tiles: InlineTile[];
  heading?: string;
  note?: string;
  /** Views of one number follow each other's selection. */
  linked?: number;
}

const linked = new Map<number, Mounted[]>();

function start(): void {
  const entries = JSON.parse(document.getElementById("regard-spec")?.textContent ?? "[]") as Entry[];
  for (const place of document.querySelectorAll<HTMLElement>(".regard-view")) {
    const entry = entries[Number(place.dataset.view ?? 0)];
    if (entry) show(place, entry);
  }
}

function show(place: HTMLElement, { spec, tiles, heading, note, linked: group }: Entry): void {
  const picture = document.createElement("div");
  place.replaceChildren(...words("h2", heading), ...words("p", note), picture);
  const others = linked.get(group ?? -1) ?? [];
  const mounted = mount(picture, spec, new PooledSource(new InlineSource(tiles), sizesOf(spec)), (selection) => {
    for (const other of others) if (other !== mounted) other.select(selection);
  });
  if (group !== undefined) linked.set(group, others);
  others.push(mounted);
  const { theme } = mounted;
  effect(() => {
    document.documentElement.setAttribute("data-regard-theme", theme.value.name);
  });
}

function sizesOf(spec: ViewSpec) {
  return new Map(spec.attentions.map(({ kind, queries, keys }) => [kind as string, { queries, keys }]));
}

function words(tag: "h2" | "p", text: string | undefined): HTMLElement[] {
  if (!text) return [];
  const element = document.createElement(tag);
  element.textContent = text;
  return [element];
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
