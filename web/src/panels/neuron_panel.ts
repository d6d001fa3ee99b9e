/** A neuron picture on two canvases: its rows, and what is pointed at. Rows out of sight are not drawn. */

import { hit } from "../engine/hit";
import { measure } from "../engine/measure";
import { type Band, type Geometry, geometry, HEADER, ROW, rowsIn } from "../engine/neuron/geometry";
import { areas, focusLayer, type NeuronFocus, rowsLayer, type Words } from "../engine/neuron/layout";
import type { NeuronScene } from "../engine/neuron/scene";
import type { Theme } from "../engine/theme";
import { Canvas } from "./canvas";
import { CanvasPanel } from "./canvas_panel";

const TALLEST = 640;

export interface NeuronEvents {
  /** A query, or a row of keys and perhaps a dimension by its place, or nothing is pointed at. */
  point(query: number | null, focus: NeuronFocus): void;
  click(query: number | null, row: number | null): void;
  sight(first: number, stop: number): void;
}

const NOTHING: NeuronFocus = { row: null, place: null };

export class NeuronPanel extends CanvasPanel {
  private readonly rows: Canvas;
  private readonly over: Canvas;
  private scene: NeuronScene | null = null;
  private at: Geometry | null = null;
  private current: NeuronFocus = NOTHING;

  constructor(
    element: HTMLElement,
    private readonly events: NeuronEvents,
    theme: Theme,
    private readonly words: Words,
  ) {
    const [rows, over] = [new Canvas("rows"), new Canvas("over")];
    super(element, theme, [rows, over]);
    this.rows = rows;
    this.over = over;
    element.addEventListener("scroll", this.scrolled, { passive: true });
  }

  show(scene: NeuronScene): void {
    this.scene = scene;
    this.arrange();
  }

  focus(focus: NeuronFocus): void {
    this.current = focus;
    this.ask();
  }

  reveal(row: number): void {
    const { scrollTop, clientHeight } = this.element;
    const y = HEADER + ROW * row;
    if (y < scrollTop + HEADER) this.element.scrollTop = y - HEADER;
    else if (y + ROW > scrollTop + clientHeight) this.element.scrollTop = y + ROW - clientHeight;
  }

  override dispose(): void {
    this.element.removeEventListener("scroll", this.scrolled);
    super.dispose();
  }

  protected arrange(): void {
    if (!this.scene || !this.width) return;
    this.at = geometry(this.scene, this.width, measure);
    const isTall = this.at.height > TALLEST;
    this.element.classList.toggle("scrolls", isTall);
    this.element.style.height = `${isTall ? TALLEST : this.at.height}px`;
    this.content.style.height = `${this.at.height}px`;
    this.ask(true);
  }

  protected draw(): void {
    const { scene, at } = this;
    if (!scene || !at) return;
    const band = this.band(at);
    if (this.stale) {
      const items = rowsLayer(scene, at, band, { theme: this.theme, measure, words: this.words });
      this.rows.draw(items, this.theme, at.width, band.top, band.bottom);
      this.events.sight(...rowsIn(band, scene.keys.length));
      this.stale = false;
    }
    this.over.draw(focusLayer(scene, at, band, this.current), this.theme, at.width, band.top, band.bottom);
  }

  protected pointed(x: number, y: number): void {
    const { query, focus } = this.under(x, y);
    this.content.classList.toggle("pointing", query !== null || focus.row !== null);
    this.events.point(query, focus);
  }

  protected left(): void {
    this.events.point(null, NOTHING);
  }

  protected clicked(x: number, y: number): void {
    const { query, focus } = this.under(x, y);
    if (query !== null || focus.row !== null) this.events.click(query, focus.row);
  }

  private band(at: Geometry): Band {
    const top = this.element.scrollTop;
    return { top, bottom: Math.min(at.height, top + (this.element.clientHeight || at.height)) };
  }

  private under(x: number, y: number): { query: number | null; focus: NeuronFocus } {
    const { scene, at } = this;
    if (!scene || !at) return { query: null, focus: NOTHING };
    const band = this.band(at);
    if (y < band.top + HEADER) return { query: null, focus: NOTHING };
    const found = hit(areas(scene, at, band), x, y);
    if (found?.area === "query") return { query: scene.queries[found.row], focus: NOTHING };
    if (!found) return { query: null, focus: NOTHING };
    return { query: null, focus: { row: found.row, place: found.area === "row" ? null : found.column } };
  }

  private readonly scrolled = (): void => this.ask(true);
}
