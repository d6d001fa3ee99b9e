/**
 * Python as host: what a view looks like as it stands, as plain data, without a browser.
 *
 * The build gives `serve` the `image` of every file in `views/`.
 */

import { rgb } from "../engine/colour";
import type { DisplayList, Item } from "../engine/display_list";
import { helvetica } from "../engine/helvetica";
import { steps } from "../engine/lut";
import { THEMES, type Theme, type ThemeName } from "../engine/theme";
import { CalledSource, type Read } from "../source/called";
import { VERSION, type ViewSpec } from "../spec";
import { speak, t } from "../strings";
import type { Image } from "./host";

interface Request {
  spec: ViewSpec;
  theme: ThemeName;
  width: number;
  caption: boolean;
}

/** JSON of the picture, or of what went wrong; nothing while it is being made. */
interface Answer {
  text: string | null;
}

declare global {
  /** What Python calls, and what it answers. */
  var regardImage: ((request: string) => Answer) | undefined;
  var regardRead: Read;
}

/** QuickJS has none; nothing is called off while one picture is made. */
class Uncancelled {
  readonly signal = { aborted: false, throwIfAborted() {}, addEventListener() {}, removeEventListener() {} };
  abort(): void {}
}

export function serve(images: Record<string, Image | undefined>): void {
  globalThis.AbortController ??= Uncancelled as unknown as typeof AbortController;
  globalThis.regardImage = (request) => {
    const answer: Answer = { text: null };
    const { spec, theme, width, caption } = JSON.parse(request) as Request;
    const page = { width, theme: THEMES[theme], measure: helvetica, caption, spec };
    const settle = (text: string) => {
      answer.text = text;
    };
    draw(images, spec, page)
      .then((list) => plain(list, page.theme))
      .then(settle, (error) =>
        settle(JSON.stringify({ error: error instanceof Error ? error.message : String(error) })),
      );
    return answer;
  };
}

async function draw(
  images: Record<string, Image | undefined>,
  spec: ViewSpec,
  page: Parameters<Image>[2],
): Promise<DisplayList> {
  speak(spec.language);
  const image = Object.hasOwn(images, spec.view) ? images[spec.view] : undefined;
  if (spec.version !== VERSION) throw new Error(t.otherVersion(spec.version, VERSION));
  if (!image) throw new Error(t.noImage(spec.view));
  return image(spec, new CalledSource(regardRead), page);
}

/** JSON of the list: colours as "#rrggbb", matrices as steps of the colour table, typed arrays as what JSON has. */
export function plain(list: DisplayList, theme: Theme): string {
  const items = Object.values(list.layers).flatMap((layer) => layer.map((item) => plainItem(item, theme)));
  const { name = "", width, height } = list;
  const table = coloursOver(new Uint32Array(theme.lut.buffer), theme);
  const answer = {
    name,
    width,
    height,
    theme: theme.name,
    surface: theme.colours.surface,
    table: base64(table),
    items,
  };
  return JSON.stringify(answer, (_, value) => (typeof value === "number" ? round(value) : value));
}

function plainItem(item: Item, theme: Theme): unknown {
  const colour = (name: string | undefined) => name && (theme.colours[name] ?? name);
  switch (item.kind) {
    case "lines": {
      const [palette, count] = item.palette ? [item.palette, 16] : ["head", 10];
      const hues = Array.from({ length: count }, (_, hue) => theme.colours[`${palette}${hue}`]);
      const widths = item.widths && Array.from(item.widths);
      const [y0, y1] = [Array.from(item.y0), Array.from(item.y1)];
      return { ...item, y0, y1, alpha: Array.from(item.alpha), hue: Array.from(item.hue), hues, widths };
    }
    case "raster": {
      const { tile, ...place } = item;
      const [rows, columns] = tile.shape;
      return { ...place, kind: "pixels", rows, columns, steps: base64(steps(tile)) };
    }
    case "pixels":
      return { ...item, rgba: base64(coloursOver(item.rgba, theme)) };
    case "hatch":
      return { ...item, ground: theme.colours.hover, rule: theme.colours.rule };
    case "rect":
      return { ...item, fill: colour(item.fill), stroke: colour(item.stroke) };
    case "text":
      return { ...item, colour: colour(item.colour) };
  }
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Transparent cells get the colour of what lies under them: some viewers of PDF let it show at their borders. */
function coloursOver(cells: Uint32Array<ArrayBuffer>, theme: Theme): Uint32Array<ArrayBuffer> {
  const [red, green, blue] = rgb(theme.colours.hover);
  const ground = red | (green << 8) | (blue << 16);
  const shown = cells.slice();
  for (let i = 0; i < shown.length; i++) if (shown[i] >>> 24 === 0) shown[i] = ground;
  return shown;
}

function base64(cells: Uint8Array | Uint32Array<ArrayBuffer>): string {
  const bytes = new Uint8Array(cells.buffer, cells.byteOffset, cells.byteLength);
  return (bytes as unknown as { toBase64(): string }).toBase64();
}
