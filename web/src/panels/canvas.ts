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
    if (this.begin(width, top, bottom)) this.paint(items, theme);
  }

  /** Draws over what is there. */
  paint(items: readonly Item[], theme: Theme): void {
    const context = this.element.getContext("2d");
    if (context) paint(context, items, theme);
  }

  /** An empty canvas of that band, to be drawn on in the picture's own coordinates. */
  begin(width: number, top: number, bottom: number): CanvasRenderingContext2D | null {
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
    if (!context) return null;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, bottom - top);
    context.translate(0, -top);
    return context;
  }

  release(): void {
    this.element.width = 0;
    this.element.height = 0;
  }
}
