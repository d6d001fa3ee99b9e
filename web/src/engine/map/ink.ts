/** Draws a map's tiles; what has not come yet is covered by what is known of it at other levels. */

import { isExact, type LevelTiles, type Subject } from "../../source/level_tiles";
import { RecentlyUsed } from "../../source/recently_used";
import type { Tile } from "../../source/source";
import type { MaskSpec } from "../../spec";
import type { Theme } from "../theme";
import { LEFT, TOP } from "./axes";
import type { Camera, Port, Size } from "./camera";
import { cellsOf, childrenOf, covered, parentOf, TILE, type TileKey, tilesInSight, topLevel } from "./pyramid";
import { pixels, type Scale } from "./scale";

const KEPT_BYTES = 64e6;
const CRISP_FROM = 3;

export interface Shown {
  /** Tiles wanted in sight, and how many of these are there, and exact. */
  wanted: number;
  there: number;
  exact: number;
}

export class MapInk {
  private readonly pictures = new RecentlyUsed<Tile, { canvas: HTMLCanvasElement; look: string }>(KEPT_BYTES);
  private hatch: { colour: string; pattern: CanvasPattern } | null = null;

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
    const shown = { wanted: keys.length, there: 0, exact: 0 };
    context.save();
    context.beginPath();
    context.rect(LEFT, TOP, port.width, port.height);
    context.clip();
    context.imageSmoothingQuality = "low";
    for (const key of keys) {
      const tile = tiles.get(subject, key);
      if (tile) {
        shown.there++;
        if (isExact(tile)) shown.exact++;
        this.place(context, tile, key, key, subject, mask, camera, scale, theme);
      } else this.substitute(context, tiles, key, subject, mask, camera, scale, theme);
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
      if (!tile) continue;
      this.place(context, tile, above, key, subject, mask, camera, scale, theme);
      break;
    }
    if (key.level === 0) return;
    for (const below of childrenOf(key)) {
      const tile = tiles.get(subject, below);
      if (tile) this.place(context, tile, below, below, subject, mask, camera, scale, theme);
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

  private picture(
    tile: Tile,
    key: TileKey,
    subject: Subject,
    mask: MaskSpec,
    scale: Scale,
    theme: Theme,
  ): HTMLCanvasElement {
    const look = `${theme.name}/${scale.kind}/${scale.handle}/${scale.root}`;
    const known = this.pictures.get(tile);
    if (known?.look === look) return known.canvas;
    const [rows, columns] = cellsOf(key, subject.attention);
    const canvas = known?.canvas ?? document.createElement("canvas");
    const [height, width] = [rows[1] - rows[0], columns[1] - columns[0]];
    if (!known) [canvas.width, canvas.height] = [width, height];
    const { queries, keys } = subject.attention;
    const at = { mask, block: 2 ** key.level, row: rows[0], column: columns[0], queries, keys };
    const data = new Uint8ClampedArray(pixels(tile, scale, theme.lut, at).buffer);
    canvas.getContext("2d")?.putImageData(new ImageData(data, width, height), 0, 0);
    this.pictures.set(tile, { canvas, look }, 4 * width * height);
    return canvas;
  }

  /** Where nothing can be (the mask) hatching is left to be seen; a frame marks the map's end. */
  private ground(context: CanvasRenderingContext2D, camera: Camera, port: Port, size: Size, theme: Theme): void {
    const width = Math.min(port.width, (size.keys - camera.key) * camera.zoom);
    const height = Math.min(port.height, (size.queries - camera.query) * camera.zoom);
    context.globalAlpha = 1;
    context.fillStyle = this.pattern(context, theme) ?? theme.colours.hover;
    context.fillRect(LEFT, TOP, width, height);
    context.strokeStyle = theme.colours.rule;
    context.lineWidth = 1;
    context.strokeRect(LEFT - 0.5, TOP - 0.5, width + 1, height + 1);
  }

  private pattern(context: CanvasRenderingContext2D, theme: Theme): CanvasPattern | null {
    if (this.hatch?.colour === theme.name) return this.hatch.pattern;
    const tile = document.createElement("canvas");
    tile.width = tile.height = 8;
    const pen = tile.getContext("2d");
    if (!pen) return null;
    pen.fillStyle = theme.colours.hover;
    pen.fillRect(0, 0, 8, 8);
    pen.strokeStyle = theme.colours.rule;
    pen.lineWidth = 1;
    for (const from of [-8, 0, 8]) {
      pen.moveTo(from, 8);
      pen.lineTo(from + 8, 0);
    }
    pen.stroke();
    const pattern = context.createPattern(tile, "repeat");
    if (pattern) this.hatch = { colour: theme.name, pattern };
    return pattern;
  }
}
