/** One head's weights as a matrix on two canvases: the cells, and the frames around what is focused. */

import type { Item } from "../engine/display_list";
import { hit } from "../engine/hit";
import { crossLayer, type MatrixGeometry, matrixArea, matrixGeometry, matrixLayer } from "../engine/matrix";
import { measure } from "../engine/measure";
import { type Focus, NOWHERE, type Scene } from "../engine/scene";
import type { Theme } from "../engine/theme";
import { Canvas, pixelRatio } from "./canvas";
import { CanvasPanel } from "./canvas_panel";
import type { LinkEvents, LinkPanel } from "./panel";

const TALLEST = 640;

export class MatrixPanel extends CanvasPanel implements LinkPanel {
  private readonly cells: Canvas;
  private readonly cross: Canvas;
  private scene: Scene | null = null;
  private at: MatrixGeometry | null = null;
  private items: Item[] = [];
  private current: Focus = NOWHERE;

  constructor(
    element: HTMLElement,
    private readonly events: LinkEvents,
    theme: Theme,
  ) {
    const [cells, cross] = [new Canvas("cells"), new Canvas("cross")];
    super(element, theme, [cells, cross]);
    this.cells = cells;
    this.cross = cross;
  }

  show(scene: Scene): void {
    this.scene = scene;
    this.arrange();
  }

  override dress(theme: Theme): void {
    super.dress(theme);
    this.arrange();
  }

  focus(focus: Focus): void {
    this.current = focus;
    this.ask();
  }

  /** The whole matrix is always in sight. */
  reveal(): void {}

  protected arrange(): void {
    if (!this.scene?.heads.length || !this.width) return;
    this.at = matrixGeometry(this.scene, this.width, TALLEST, measure);
    this.items = matrixLayer(this.scene, this.at, measure, pixelRatio(), this.theme);
    this.element.style.height = `${this.at.height}px`;
    this.content.style.height = `${this.at.height}px`;
    this.ask(true);
  }

  protected draw(): void {
    const { scene, at } = this;
    if (!scene || !at) return;
    if (this.stale) this.cells.draw(this.items, this.theme, at.width, 0, at.height);
    this.stale = false;
    this.cross.draw(crossLayer(scene, at, this.current), this.theme, at.width, 0, at.height);
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
    if (!this.scene || !this.at) return null;
    const found = hit([matrixArea(this.scene, this.at)], x, y);
    return found && { query: this.scene.queries[found.row], key: this.scene.keys[found.column] };
  }
}
