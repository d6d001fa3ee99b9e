/** The grid of the model view on one canvas, with a mark for the keyboard's cell and one for the pointer's. */

import type { Item } from "../engine/display_list";
import type { Cell, Grid } from "../engine/grid";
import { cellAt, type GridGeometry, gridArea, gridGeometry } from "../engine/grid";
import { hit } from "../engine/hit";
import { headsAt } from "../engine/selection";
import type { Theme } from "../engine/theme";
import { Canvas } from "./canvas";
import { CanvasPanel } from "./canvas_panel";

export interface GridEvents {
  point(cell: Cell | null): void;
  open(cell: Cell): void;
}

export class GridPanel extends CanvasPanel {
  private readonly cells: Canvas;
  private readonly ring = mark("ring");
  private readonly cursor = mark("cursor");
  private grid: Grid | null = null;
  private at: GridGeometry | null = null;
  private items: Item[] = [];
  private standing: Cell | null = null;
  private readonly chosen: HTMLElement[] = [];
  private chosenCells: readonly Cell[] = [];
  private isNews = false;

  constructor(
    element: HTMLElement,
    private readonly events: GridEvents,
    theme: Theme,
    private readonly layout: (grid: Grid, at: GridGeometry, theme: Theme) => Item[],
  ) {
    const cells = new Canvas("cells");
    super(element, theme, [cells]);
    this.cells = cells;
    this.content.classList.add("pointing");
    this.content.append(this.cursor, this.ring);
  }

  show(grid: Grid): void {
    this.grid = grid;
    this.arrange();
  }

  override dress(theme: Theme): void {
    super.dress(theme);
    if (this.grid?.effects) this.arrange();
  }

  /** Marks the keyboard's cell and, while the keyboard is here, brings it into sight. */
  stand(cell: Cell): void {
    this.standing = cell;
    this.mark(this.cursor, cell);
    const isHere = (this.element.getRootNode() as ShadowRoot).activeElement === this.element;
    if (isHere) this.cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  /** Marks the cells that are shown elsewhere, and brings the first of them into sight. */
  choose(cells: readonly Cell[]): void {
    this.chosenCells = cells;
    this.isNews = true;
    while (this.chosen.length < cells.length) {
      const made = mark("chosen");
      this.chosen.push(made);
      this.content.insertBefore(made, this.cursor);
    }
    this.markChosen();
  }

  private markChosen(): void {
    this.chosen.forEach((element, i) => {
      this.mark(element, this.chosenCells[i] ?? null);
    });
    if (!this.isNews || !this.at || !this.chosenCells.length) return;
    this.isNews = false;
    const { x, y, size } = this.place(this.chosenCells[0]);
    const { element } = this;
    element.scrollTop = Math.min(y - size, Math.max(element.scrollTop, y + 2 * size - element.clientHeight));
    element.scrollLeft = Math.min(x - size, Math.max(element.scrollLeft, x + 2 * size - element.clientWidth));
  }

  point(cell: Cell | null): void {
    this.mark(this.ring, cell);
  }

  /** Where a cell lies in the picture. */
  place(cell: Cell): { x: number; y: number; size: number } {
    const [row, column] = this.indexOf(cell);
    return this.at ? { ...cellAt(this.at, row, column), size: this.at.cell } : { x: 0, y: 0, size: 0 };
  }

  private indexOf({ layer, head }: Cell): [row: number, column: number] {
    const attention = this.grid?.attention;
    return [attention?.layers.indexOf(layer) ?? -1, attention?.heads.indexOf(head) ?? -1];
  }

  private mark(element: HTMLElement, cell: Cell | null): void {
    const [row, column] = cell ? this.indexOf(cell) : [-1, -1];
    element.hidden = !this.at || row < 0 || column < 0;
    if (element.hidden || !this.at) return;
    const { x, y } = cellAt(this.at, row, column);
    element.style.transform = `translate(${x - 3}px, ${y - 3}px)`;
    element.style.width = element.style.height = `${this.at.cell + 6}px`;
  }

  protected arrange(): void {
    if (!this.grid || !this.width) return;
    this.at = gridGeometry(this.grid.attention, this.width);
    this.items = this.layout(this.grid, this.at, this.theme);
    this.content.style.width = `${this.at.width}px`;
    this.content.style.height = `${this.at.height}px`;
    this.mark(this.cursor, this.standing);
    this.markChosen();
    this.ask(true);
  }

  protected draw(): void {
    if (this.at) this.cells.draw(this.items, this.theme, this.at.width, 0, this.at.height);
  }

  protected pointed(x: number, y: number): void {
    this.events.point(this.cellUnder(x, y));
  }

  protected left(): void {
    this.events.point(null);
  }

  protected clicked(x: number, y: number): void {
    const cell = this.cellUnder(x, y);
    if (cell) this.events.open(cell);
  }

  private cellUnder(x: number, y: number): Cell | null {
    if (!this.grid || !this.at) return null;
    const { attention } = this.grid;
    const found = hit([gridArea(attention, this.at)], x, y);
    if (!found) return null;
    const cell = { layer: attention.layers[found.row], head: attention.heads[found.column] };
    return headsAt(attention, cell.layer).includes(cell.head) ? cell : null;
  }
}

function mark(className: string): HTMLElement {
  const element = document.createElement("div");
  element.className = className;
  element.hidden = true;
  return element;
}
