/** The lines between two token columns, as data. */

import { alphaOf, gain } from "./alpha";
import { type Band, type Geometry, rowsOf, rowY } from "./bipartite";
import { type Choice, strongest } from "./choice";
import type { Lines } from "./display_list";
import { effectLines, effectLinks } from "./effect_lines";
import type { Link, Scene } from "./scene";

export const LINE_BUDGET = 20_000;
/** One device pixel, which painters draw twice as fast as anything wider. */
const WIDTH = 1;
const FOCUS_WIDTH = 1.5;
/** Lines of a focused token are few: the strongest is made nearly opaque, within these limits, and the others with it. */
const FOCUS_OPAQUE = 0.9;
const FOCUS_GAIN = { least: 2, most: 8 };
const FOCUS_FAINTEST = 0.004;
/** The lines of several heads leave and reach a token side by side within this height, so that none covers another. */
const SPREAD = 8;

/** The strongest lines of the scene. */
export function choose(scene: Scene, budget = LINE_BUDGET): Choice {
  return strongest({ tiles: scene.heads.map(({ tile }) => tile), rows: scene.queries, columns: scene.keys }, budget);
}

/** The chosen lines that cross a band. */
export function linesLayer(scene: Scene, at: Geometry, choice: Choice, band: Band): [Lines] {
  const ends = lineEnds(scene);
  if (scene.effects) {
    const inSight = effectLinks(scene, scene.effects, choice).filter(({ query, key, entry }) => {
      const [y0, y1] = ends(query, key, entry);
      return Math.max(y0, y1) >= band.top && Math.min(y0, y1) <= band.bottom;
    });
    return [effectLines(inSight, scene.effects, ends, at)];
  }
  const inBand: number[] = [];
  for (let i = 0; i < choice.weight.length; i++) {
    const [y0, y1] = ends(choice.row[i], choice.column[i], choice.tile[i]);
    if (Math.max(y0, y1) >= band.top && Math.min(y0, y1) <= band.bottom) inBand.push(i);
  }
  const strength = gain(scene.heads.length, choice.total ? choice.shown / choice.total : 1);
  const lines = empty(at, inBand.length, WIDTH);
  inBand.forEach((i, n) => {
    [lines.y0[n], lines.y1[n]] = ends(choice.row[i], choice.column[i], choice.tile[i]);
    lines.alpha[n] = alphaOf(choice.weight[i], strength);
    lines.hue[n] = scene.heads[choice.tile[i]].hue;
  });
  return [lines];
}

/** The lines of what is focused that can be seen; `links` come strongest first. */
export function focusLines(scene: Scene, at: Geometry, all: readonly Link[]): Lines {
  const ends = lineEnds(scene);
  if (scene.effects) return effectLines([...all].reverse(), scene.effects, ends, at);
  const seen = all.findIndex(({ weight }) => weight < FOCUS_FAINTEST);
  const links = seen < 0 ? all : all.slice(0, seen);
  const strength = Math.min(FOCUS_GAIN.most, Math.max(FOCUS_GAIN.least, FOCUS_OPAQUE / (links[0]?.weight ?? 1)));
  const lines = empty(at, links.length, FOCUS_WIDTH);
  links.forEach(({ query, key, entry, weight }, n) => {
    [lines.y0[n], lines.y1[n]] = ends(query, key, entry);
    lines.alpha[n] = alphaOf(weight, strength);
    lines.hue[n] = scene.heads[entry].hue;
  });
  return lines;
}

function lineEnds(scene: Scene): (query: number, key: number, entry: number) => [y0: number, y1: number] {
  const [rowOfQuery, rowOfKey] = [rowsOf(scene.queries), rowsOf(scene.keys)];
  const heads = scene.heads.length;
  const apart = Math.min(2, SPREAD / heads);
  return (query, key, entry) => {
    const aside = (entry - (heads - 1) / 2) * apart;
    return [rowY(rowOfQuery[query]) + aside, rowY(rowOfKey[key]) + aside];
  };
}

function empty({ x0, x1 }: Geometry, count: number, width: number): Lines {
  const [y0, y1] = [new Float32Array(count), new Float32Array(count)];
  return { kind: "lines", x0, x1, y0, y1, alpha: new Uint8Array(count), hue: new Uint8Array(count), width };
}
