import type { Item } from "../engine/display_list";
import { paint } from "../engine/painter";
import type { Theme } from "../engine/theme";

const SHARPEST = 2;

export function pixelRatio(): number {
  return Math.min(SHARPEST, window.devicePixelRatio || 1);
}

/** A canvas that shows a band of a display list, and gives its memory back when it is out of sight. */
export class Canvas {
  readonly element = document.createElement("canvas");

  constructor(className: string) {
    this.element.className = className;
    this.element.setAttribute("aria-hidden", "true");
  }

  /** Makes the canvas a picture with a name; other canvases are hidden from screen readers. */
  describe(name: string): void {
    this.element.removeAttribute("aria-hidden");
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", name);
  }

  draw(items: readonly Item[], theme: Theme, width: number, top: number, bottom: number): void {
    const ratio = pixelRatio();
    const [columns, rows] = [Math.round(width * ratio), Math.round((bottom - top) * ratio)];
    if (this.element.width !== columns || this.element.height !== rows) {
      this.element.width = columns;
      this.element.height = rows;
      this.element.style.width = `${width}px`;
      this.element.style.height = `${bottom - top}px`;
    }
    this.element.style.top = `${top}px`;
    const context = this.element.getContext("2d");
    if (!context) return;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, bottom - top);
    context.translate(0, -top);
    paint(context, items, theme);
  }

  release(): void {
    this.element.width = 0;
    this.element.height = 0;
  }
}
