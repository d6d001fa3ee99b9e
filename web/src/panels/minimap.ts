/** The whole map, small, in a corner, with a frame around what is in sight; there while that is not everything. */

import { LEFT, TOP } from "../engine/map/axes";
import { type Camera, fit, type Port } from "../engine/map/camera";
import type { MapInk } from "../engine/map/ink";
import { topLevel } from "../engine/map/pyramid";
import type { Scale } from "../engine/map/scale";
import type { Theme } from "../engine/theme";
import type { LevelTiles } from "../source/level_tiles";
import { Canvas } from "./canvas";
import type { MapScene } from "./map_panel";

const LARGEST = 132;
const SHOWN_FROM = 1.15;

export class Minimap {
  readonly element = document.createElement("div");
  private readonly canvas = new Canvas("whole");
  private readonly frame = document.createElement("div");
  private zoom = 0;

  constructor(go: (query: number, key: number) => void) {
    this.element.className = "minimap";
    this.element.hidden = true;
    this.frame.className = "frame";
    this.element.append(this.canvas.element, this.frame);
    const moved = (event: PointerEvent) => {
      if (event.type === "pointermove" && !(event.buttons & 1)) return;
      event.stopPropagation();
      const box = this.element.getBoundingClientRect();
      if (this.zoom) go((event.clientY - box.top) / this.zoom, (event.clientX - box.left) / this.zoom);
    };
    this.element.addEventListener("pointerdown", (event) => {
      this.element.setPointerCapture(event.pointerId);
      moved(event);
    });
    this.element.addEventListener("pointermove", moved);
  }

  draw(scene: MapScene, tiles: LevelTiles, ink: MapInk, camera: Camera, port: Port, scale: Scale, theme: Theme): void {
    const size = scene.subject.attention;
    this.element.hidden = camera.zoom < SHOWN_FROM * fit(size, port).zoom;
    if (this.element.hidden) return;
    const zoom = Math.min(LARGEST / size.keys, LARGEST / size.queries);
    const [width, height] = [Math.max(8, Math.round(size.keys * zoom)), Math.max(8, Math.round(size.queries * zoom))];
    this.zoom = zoom;
    Object.assign(this.element.style, { width: `${width}px`, height: `${height}px` });
    const context = this.canvas.begin(width, 0, height);
    if (context) {
      context.translate(-LEFT, -TOP);
      const whole = { query: 0, key: 0, zoom };
      ink.draw(context, tiles, scene.subject, scene.mask, whole, { width, height }, topLevel(size), scale, theme);
    }
    Object.assign(this.frame.style, {
      left: `${camera.key * zoom}px`,
      top: `${camera.query * zoom}px`,
      width: `${Math.min(width, (port.width / camera.zoom) * zoom)}px`,
      height: `${Math.min(height, (port.height / camera.zoom) * zoom)}px`,
    });
  }
}
