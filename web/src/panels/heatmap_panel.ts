/** Heads as matrices on two canvases: the cells with their labels and sums, and frames around what is focused. */

import type { Item } from "../engine/display_list";
import type { Heat } from "../engine/heatmap/cells";
import { type HeatGeometry, heatAreas, heatFocus, heatGeometry, heatLayout } from "../engine/heatmap/layout";
import { hit } from "../engine/hit";
import { measure } from "../engine/measure";
import { type Focus, NOWHERE } from "../engine/scene";
import type { Theme } from "../engine/theme";
import { t } from "../strings";
import { Canvas } from "./canvas";
import { CanvasPanel } from "./canvas_panel";
import type { LinkEvents } from "./panel";

export class HeatmapPanel extends CanvasPanel {
  private readonly cells: Canvas;
  private readonly frames: Canvas;
  private heat: Heat | null = null;
  private at: HeatGeometry | null = null;
  private items: Item[] = [];
  private current: Focus = NOWHERE;

  constructor(
    element: HTMLElement,
    private readonly events: LinkEvents,
    theme: Theme,
  ) {
    const [cells, frames] = [new Canvas("cells"), new Canvas("cross")];
    super(element, theme, [cells, frames]);
    this.cells = cells;
    this.frames = frames;
  }

  show(heat: Heat): void {
    this.heat = heat;
    this.arrange();
  }

  focus(focus: Focus): void {
    this.current = focus;
    this.ask();
  }

  override dress(theme: Theme): void {
    super.dress(theme);
    this.arrange();
  }

  protected arrange(): void {
    if (!this.heat?.scene.heads.length || !this.width) return;
    this.at = heatGeometry(this.heat, this.width, measure);
    const { layers } = heatLayout(this.heat, this.at, this.theme, { head: t.headButton }, measure);
    this.items = Object.values(layers).flat();
    this.element.style.height = `${this.at.height}px`;
    this.content.style.height = `${this.at.height}px`;
    this.ask(true);
  }

  protected draw(): void {
    const { heat, at } = this;
    if (!heat || !at) return;
    if (this.stale) this.cells.draw(this.items, this.theme, at.width, 0, at.height);
    this.stale = false;
    this.frames.draw(heatFocus(heat.scene, at, this.current), this.theme, at.width, 0, at.height);
  }

  protected pointed(x: number, y: number): void {
    this.events.point(this.linkAt(x, y));
  }

  protected left(): void {
    this.events.point(null);
  }

  protected clicked(x: number, y: number): void {
    const link = this.linkAt(x, y);
    if (link?.query != null) this.events.pin("query", link.query);
  }

  private linkAt(x: number, y: number): Focus | null {
    if (!this.heat || !this.at) return null;
    const { scene } = this.heat;
    const found = hit(heatAreas(scene, this.at), x, y);
    return found && { query: scene.queries[found.row], key: scene.keys[found.column] };
  }
}
