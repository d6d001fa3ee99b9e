/** Lines by effect: width says the weight, colour the effect. Pure. */

import { weightAt } from "../source/source";
import type { Choice } from "./choice";
import type { Lines } from "./display_list";
import { EFFECT_HUES, effectAt, type Field, type Look, lookOf } from "./effect";
import type { Link, Scene } from "./scene";

const MOST = 20_000;
const WIDEST = 5;
const THINNEST = 0.75;
const [OPAQUE, PALE, PALEST] = [230, 120, 56];

/** The edges that were measured, and of the others the chosen ones; the strongest effects last, on top of the others. */
export function effectLinks(scene: Scene, field: Field, choice: Choice): Link[] {
  const measured = edgesOf(scene, field);
  const names = new Set(measured.map(nameOf));
  const others = Array.from(choice.weight, (weight, i): Link => {
    const [query, key, entry] = [choice.row[i], choice.column[i], choice.tile[i]];
    return { query, key, entry, weight, effect: effectAt(field, scene.heads[entry].head, query, key, scene.level) };
  }).filter((link) => !names.has(nameOf(link)));
  const shown = [...others, ...measured].filter(({ effect = Number.NaN }) => isShown(lookOf(effect, field), field));
  return shown.sort((a, b) => sizeOf(a) - sizeOf(b)).slice(-MOST);
}

function nameOf({ query, key, entry }: Link): string {
  return `${query}/${key}/${entry}`;
}

function sizeOf({ effect = Number.NaN }: Link): number {
  return Number.isNaN(effect) ? -1 : Math.abs(effect);
}

/** Every edge between a query and a key that was measured on its own. */
function edgesOf(scene: Scene, field: Field): Link[] {
  const { axes, spans } = field.info;
  if (!axes.includes("query")) return [];
  const within = (positions: number[], [start, stop]: number[]) =>
    positions.filter((at) => at * 2 ** scene.level < stop && (at + 1) * 2 ** scene.level > start);
  const queries = within(scene.queries, spans[2]);
  const keys = axes.includes("key") ? within(scene.keys, spans[3]) : scene.keys;
  const found: Link[] = [];
  scene.heads.forEach(({ head, tile }, entry) => {
    for (const query of queries)
      for (const key of keys) {
        const effect = effectAt(field, head, query, key, scene.level);
        const weight = weightAt(tile, query * tile.shape[1] + key);
        if (!Number.isNaN(effect)) found.push({ query, key, entry, weight, effect });
      }
  });
  return found;
}

function isShown(look: Look, { least }: Field): boolean {
  return look !== "hidden" && !(look === "unknown" && least > 0);
}

/** These links between the ends that `ends` gives, in the order in which they come. */
export function effectLines(
  links: readonly Link[],
  field: Field,
  ends: (query: number, key: number, entry: number) => [y0: number, y1: number],
  { x0, x1 }: { x0: number; x1: number },
): Lines {
  const places = links.map(({ query, key, entry }) => ends(query, key, entry));
  const looks = links.map(({ effect = Number.NaN }) => lookOf(effect, field));
  return {
    kind: "lines",
    x0,
    x1,
    y0: Float32Array.from(places, ([y0]) => y0),
    y1: Float32Array.from(places, ([, y1]) => y1),
    alpha: Uint8Array.from(looks, alphaOf),
    hue: Uint8Array.from(looks, hueOf),
    width: THINNEST,
    widths: Float32Array.from(links, ({ weight }) => THINNEST + (WIDEST - THINNEST) * Math.sqrt(Math.min(1, weight))),
    palette: "effect",
  };
}

function hueOf(look: Look): number {
  if (typeof look !== "number") return look === "noise" ? EFFECT_HUES.noise : EFFECT_HUES.unknown;
  const step = Math.min(EFFECT_HUES.each - 1, Math.floor(Math.abs(look) * EFFECT_HUES.each));
  return look < 0 ? step : EFFECT_HUES.each + step;
}

/** Painters draw the faint first: the stronger an effect, the more opaque. */
function alphaOf(look: Look): number {
  if (typeof look !== "number") return look === "noise" ? PALE : PALEST;
  return Math.round(PALE + 20 + (OPAQUE - PALE - 20) * Math.abs(look));
}
