/** Draws display lists on a 2D canvas. */

import type { Hatch, Item, Lines, Pixels, Raster, Rect, Text } from "./display_list";
import { hatching } from "./hatch";
import { colouredCells } from "./lut";
import { FONT } from "./measure";
import { direction } from "./text";
import type { Theme } from "./theme";

type Context = CanvasRenderingContext2D;

export function paint(context: Context, items: readonly Item[], theme: Theme): void {
  for (const item of items) {
    if (item.kind === "lines") paintLines(context, item, theme);
    else if (item.kind === "raster") paintRaster(context, item, theme);
    else if (item.kind === "pixels") paintCells(context, item, item.rows, item.columns, item.rgba);
    else if (item.kind === "hatch") paintHatch(context, item, theme);
    else if (item.kind === "rect") paintRect(context, item, theme);
    else paintText(context, item, theme);
  }
  context.globalAlpha = 1;
}

/**
 * Faint lines first, so that strong ones lie on top. Every line is a stroke of its own: one path of many crossing lines
 * takes five times as long where there is no GPU.
 */
function paintLines(context: Context, lines: Lines, theme: Theme): void {
  const { order, starts } = byStroke(lines);
  context.lineWidth = lines.width;
  context.lineCap = "butt";
  for (let group = 0; group + 1 < starts.length; group++) {
    if (starts[group] === starts[group + 1]) continue;
    context.globalAlpha = (group >> 4) / 255;
    context.strokeStyle = theme.colours[`${lines.palette ?? "head"}${group & 15}`];
    for (let n = starts[group]; n < starts[group + 1]; n++) {
      if (lines.widths) context.lineWidth = lines.widths[order[n]];
      context.beginPath();
      context.moveTo(lines.x0, lines.y0[order[n]]);
      context.lineTo(lines.x1, lines.y1[order[n]]);
      context.stroke();
    }
  }
}

/** Lines grouped by (alpha, hue), in counting-sort order. */
function byStroke({ alpha, hue }: Lines): { order: Uint32Array; starts: Uint32Array } {
  const starts = new Uint32Array(256 * 16 + 1);
  for (let i = 0; i < alpha.length; i++) starts[alpha[i] * 16 + hue[i] + 1]++;
  for (let stroke = 1; stroke < starts.length; stroke++) starts[stroke] += starts[stroke - 1];
  const next = starts.slice();
  const order = new Uint32Array(alpha.length);
  for (let i = 0; i < alpha.length; i++) order[next[alpha[i] * 16 + hue[i]]++] = i;
  return { order, starts };
}

let scratch: HTMLCanvasElement | null = null;

function paintRaster(context: Context, raster: Raster, theme: Theme): void {
  const [rows, columns] = raster.tile.shape;
  paintCells(context, raster, rows, columns, colouredCells(raster, theme));
}

/** Cells at their place; smoothed only where they are smaller than pixels. */
function paintCells(
  context: Context,
  { x, y, width, height }: Pick<Pixels, "x" | "y" | "width" | "height">,
  rows: number,
  columns: number,
  rgba: Uint32Array<ArrayBuffer>,
): void {
  scratch ??= document.createElement("canvas");
  if (scratch.width < columns || scratch.height < rows) {
    scratch.width = Math.max(scratch.width, columns);
    scratch.height = Math.max(scratch.height, rows);
  }
  const off = scratch.getContext("2d", { willReadFrequently: true });
  if (!off) return;
  off.putImageData(new ImageData(new Uint8ClampedArray(rgba.buffer), columns, rows), 0, 0);
  context.globalAlpha = 1;
  context.imageSmoothingEnabled = width < columns || height < rows;
  context.imageSmoothingQuality = "high";
  context.drawImage(scratch, 0, 0, columns, rows, x, y, width, height);
}

function paintHatch(context: Context, { x, y, width, height }: Hatch, theme: Theme): void {
  context.globalAlpha = 1;
  context.fillStyle = hatching(context, theme);
  context.fillRect(x, y, width, height);
}

function paintRect(context: Context, rect: Rect, theme: Theme): void {
  context.globalAlpha = rect.alpha ?? 1;
  context.beginPath();
  if (rect.radius) context.roundRect(rect.x, rect.y, rect.width, rect.height, rect.radius);
  else context.rect(rect.x, rect.y, rect.width, rect.height);
  if (rect.fill) {
    context.fillStyle = theme.colours[rect.fill] ?? rect.fill;
    context.fill();
  }
  if (rect.stroke) {
    context.strokeStyle = theme.colours[rect.stroke] ?? rect.stroke;
    context.lineWidth = 1;
    context.stroke();
  }
}

function paintText(context: Context, text: Text, theme: Theme): void {
  context.globalAlpha = text.alpha ?? 1;
  context.fillStyle = theme.colours[text.colour] ?? text.colour;
  context.font = `${text.bold ? "600 " : ""}${text.size}px ${FONT}`;
  context.textAlign = text.align;
  context.textBaseline = "middle";
  context.direction = direction(text.text);
  if (!text.turned) {
    context.fillText(text.text, text.x, text.y);
    return;
  }
  context.save();
  context.translate(text.x, text.y);
  context.rotate(-Math.PI / 2);
  context.fillText(text.text, 0, 0);
  context.restore();
}
