/** A self-contained page: specs and tiles in script elements, views where the page says. */

import { effect } from "@preact/signals";
import { InlineSource, type InlineTile } from "../source/inline";
import type { ViewSpec } from "../spec";
import { mount } from "./mount";

interface Entry {
  spec: ViewSpec;
  tiles: InlineTile[];
  heading?: string;
  note?: string;
}

function start(): void {
  const entries = JSON.parse(document.getElementById("regard-spec")?.textContent ?? "[]") as Entry[];
  for (const place of document.querySelectorAll<HTMLElement>(".regard-view")) {
    const entry = entries[Number(place.dataset.view ?? 0)];
    if (entry) show(place, entry);
  }
}

function show(place: HTMLElement, { spec, tiles, heading, note }: Entry): void {
  const picture = document.createElement("div");
  place.replaceChildren(...words("h2", heading), ...words("p", note), picture);
  const { theme } = mount(picture, spec, new InlineSource(tiles), () => {});
  effect(() => {
    document.documentElement.setAttribute("data-regard-theme", theme.value.name);
  });
}

function words(tag: "h2" | "p", text: string | undefined): HTMLElement[] {
  if (!text) return [];
  const element = document.createElement(tag);
  element.textContent = text;
  return [element];
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
