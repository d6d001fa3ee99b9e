/** Draws a map's tiles; what has not come yet is covered by what is known of it at other levels. */

import { isExact, type LevelTiles, type Subject } from "../../source/level_tiles";
import { RecentlyUsed } from "../../source/recently_used";
import type { Tile } from "../../source/source";
import type { MaskSpec } from "../../spec";
import type { Field } from "../effect";
import { hatching } from "../hatch";
import type { Theme } from "../theme";
import { LEFT, TOP } from "./axes";
import type { Camera, Port, Size } from "./camera";
import { cellsOf, childrenOf, covered, parentOf, TILE, type TileKey, tilesInSight, topLevel } from "./pyramid";
import { effectPixels, pixels, type Scale } from "./scale";

const KEPT_BYTES = 64e6;
const CRISP_FROM = 3;
/** Colouring tiles may take so much of a frame. */
const COLOURING_MS = 3;

export interface Shown {
  /** Tiles wanted in sight, and how many of these are there, and exact. */
  wanted: number;
  there: number;
  exact: number;
  /** Whether tiles that have come wait for their colours until the next frame. */
  isLate: boolean;
}

export class MapInk {
  /** When this frame's time for colouring is over. */
  private end = Number.POSITIVE_INFINITY;
  private readonly pictures = new RecentlyUsed<Tile, { canvas: HTMLCanvasElement; look: string }>(KEPT_BYTES);
  private effects: Field | null = null;
  private changes = 0;

  /** Colours by effects from now on, or by weights where there are none. */
  colour(effects: Field | null): void {
    if (effects === this.effects) return;
    this.effects = effects;
    this.changes++;
  }

  /** Everything in sight; true where every tile of the level is there and exact. */
  draw(
    context: CanvasRenderingContext2D,
    tiles: LevelTiles,
    subject: Subject,
    mask: MaskSpec,
    camera: Camera,
    port: Port,
    level: number,
    scale: Scale,
    theme: Theme,
  ): Shown {
    const size = subject.attention;
    this.ground(context, camera, port, size, theme);
    const keys = tilesInSight(camera, port, size, level, mask);
    const shown = { wanted: keys.length, there: 0, exact: 0, isLate: false };
    this.end = performance.now() + COLOURING_MS;
    context.save();
    context.beginPath();
    context.rect(LEFT, TOP, port.width, port.height);
    context.clip();
    context.imageSmoothingQuality = "low";
    for (const key of keys) {
      const tile = tiles.get(subject, key);
      if (tile && this.isReady(tile, scale, theme)) {
        shown.there++;
        if (isExact(tile)) shown.exact++;
        this.place(context, tile, key, key, subject, mask, camera, scale, theme);
        continue;
      }
      shown.isLate ||= !!tile;
      this.substitute(context, tiles, key, subject, mask, camera, scale, theme);
    }
    context.restore();
    return shown;
  }

  /** A tile's part of the nearest coarser picture there is, and whatever finer ones there are. */
  private substitute(
    context: CanvasRenderingContext2D,
    tiles: LevelTiles,
    key: TileKey,
    subject: Subject,
    mask: MaskSpec,
    camera: Camera,
    scale: Scale,
    theme: Theme,
  ): void {
    const top = topLevel(subject.attention);
    for (let above = key; above.level < top; ) {
      above = parentOf(above);
      const tile = tiles.get(subject, above);
      if (!tile || !this.isReady(tile, scale, theme)) continue;
      this.place(context, tile, above, key, subject, mask, camera, scale, theme);
      break;
    }
    if (key.level === 0) return;
    for (const below of childrenOf(key)) {
      const tile = tiles.get(subject, below);
      if (tile && this.isReady(tile, scale, theme))
        this.place(context, tile, below, below, subject, mask, camera, scale, theme);
    }
  }

  /** The part `of` a tile (itself, or a tile below it) at its place. */
  private place(
    context: CanvasRenderingContext2D,
    tile: Tile,
    key: TileKey,
    of: TileKey,
    subject: Subject,
    mask: MaskSpec,
    camera: Camera,
    scale: Scale,
    theme: Theme,
  ): void {
    const size = subject.attention;
    const picture = this.picture(tile, key, subject, mask, scale, theme);
    const block = 2 ** key.level;
    const [queries, keys] = covered(of, size);
    if (queries[0] >= queries[1] || keys[0] >= keys[1]) return;
    const source = (position: number, place: number) => position / block - place * TILE;
    const ratio = context.getTransform().a;
    const snap = (value: number) => Math.round(value * ratio) / ratio;
    const x = (position: number) => snap(LEFT + (position - camera.key) * camera.zoom);
    const y = (position: number) => snap(TOP + (position - camera.query) * camera.zoom);
    const [sx, sy] = [source(keys[0], key.column), source(queries[0], key.row)];
    const [sw, sh] = [source(keys[1], key.column) - sx, source(queries[1], key.row) - sy];
    context.imageSmoothingEnabled = block * camera.zoom * ratio < CRISP_FROM;
    context.drawImage(
      picture,
      sx,
      sy,
      sw,
      sh,
      x(keys[0]),
      y(queries[0]),
      x(keys[1]) - x(keys[0]),
      y(queries[1]) - y(queries[0]),
    );
  }

  /** Whether a tile has its colours, or there is time to give it some. */
  private isReady(tile: Tile, scale: Scale, theme: Theme): boolean {
    return this.pictures.get(tile)?.look === this.lookOf(scale, theme) || performance.now() < this.end;
  }

  private picture(
    tile: Tile,
    key: TileKey,
    subject: Subject,
    mask: MaskSpec,
    scale: Scale,
    theme: Theme,
  ): HTMLCanvasElement {
    const look = this.lookOf(scale, theme);
    const known = this.pictures.get(tile);
    if (known?.look === look) return known.canvas;
    const [rows, columns] = cellsOf(key, subject.attention);
    const canvas = known?.canvas ?? document.createElement("canvas");
    const [height, width] = [rows[1] - rows[0], columns[1] - columns[0]];
    if (!known) [canvas.width, canvas.height] = [width, height];
    const { queries, keys } = subject.attention;
    const at = { mask, block: 2 ** key.level, row: rows[0], column: columns[0], queries, keys };
    const cells = this.effects
      ? effectPixels([height, width], this.effects, subject.heads, theme, at)
      : pixels(tile, scale, theme.lut, at);
    const data = new Uint8ClampedArray(cells.buffer);
    canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    this.pictures.set(tile, { canvas, look }, 4 * width * height);
    return canvas;
  }

  /** Where nothing can be (the mask) hatching is left to be seen; a frame marks the map's end. */
  private ground(context: CanvasRenderingContext2D, camera: Camera, port: Port, size: Size, theme: Theme): void {
    const width = Math.min(port.width, (size.keys - camera.key) * camera.zoom);
    const height = Math.min(port.height, (size.queries - camera.query) * camera.zoom);
    context.globalAlpha = 1;
    context.fillStyle = hatching(context, theme);
    context.fillRect(LEFT, TOP, width, height);
    context.strokeStyle = theme.colours.rule;
    context.lineWidth = 1;
    context.strokeRect(LEFT - 0.5, TOP - 0.5, width + 1, height + 1);
  }

  private lookOf(scale: Scale, theme: Theme): string {
    return `${theme.name}/${scale.kind}/${scale.handle}/${scale.root}/${this.changes}`;
  }
}
