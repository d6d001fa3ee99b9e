/** The ground of all pictures: canvases that follow the width, the theme and the pointer, and rest when out of sight. */

import type { Theme } from "../engine/theme";
import type { Canvas } from "./canvas";

const NEAR = "400px";

export abstract class CanvasPanel {
  protected readonly content = document.createElement("div");
  protected width = 0;
  /** Whether everything has to be drawn again, not only what is focused. */
  protected stale = true;
  private inSight = true;
  private asked = 0;
  private readonly size = new ResizeObserver(([entry]) => this.resized(Math.floor(entry.contentRect.width)));
  /** A busy page hands over several changes at once, oldest first: the last one holds. */
  private readonly sight = new IntersectionObserver((entries) => this.sighted(entries.at(-1)!.isIntersecting), {
    rootMargin: NEAR,
  });

  constructor(
    protected readonly element: HTMLElement,
    protected theme: Theme,
    private readonly canvases: readonly Canvas[],
  ) {
    this.content.className = "content";
    canvases[0].describe(element.getAttribute("aria-label") ?? "");
    this.content.append(...canvases.map((canvas) => canvas.element));
    this.content.addEventListener("pointermove", (event) => this.pointed(...this.inside(event)));
    this.content.addEventListener("pointerleave", () => this.left());
    this.content.addEventListener("click", (event) => this.clicked(...this.inside(event)));
    element.replaceChildren(this.content);
    this.size.observe(element);
    this.sight.observe(element);
  }

  /** Works out what is drawn and how large it is, once there is something to draw and a width. */
  protected abstract arrange(): void;
  protected abstract draw(): void;
  protected abstract pointed(x: number, y: number): void;
  protected abstract left(): void;
  protected abstract clicked(x: number, y: number): void;

  dress(theme: Theme): void {
    this.theme = theme;
    this.ask(true);
  }

  dispose(): void {
    this.size.disconnect();
    this.sight.disconnect();
    cancelAnimationFrame(this.asked);
    this.element.replaceChildren();
    for (const canvas of this.canvases) canvas.release();
  }

  /** Draws in the next frame, once however often it was asked for. */
  protected ask(everything = false): void {
    this.stale ||= everything;
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      if (this.inSight && this.width) this.draw();
    });
  }

  private resized(width: number): void {
    if (width <= 0 || width === this.width) return;
    this.width = width;
    this.arrange();
  }

  private sighted(inSight: boolean): void {
    if (inSight === this.inSight) return;
    this.inSight = inSight;
    if (inSight) this.ask(true);
    else for (const canvas of this.canvases) canvas.release();
  }

  private inside(event: MouseEvent): [x: number, y: number] {
    const box = this.content.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
