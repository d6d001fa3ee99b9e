/** Two token columns and their lines on two canvases: all lines (drawn once), and tokens with what is focused. */

import { type Band, type Geometry, geometry, ROW, rowY, tokenAreas } from "../engine/bipartite";
import { linesLayer } from "../engine/bipartite_lines";
import { type Headings, tokensLayer } from "../engine/bipartite_tokens";
import type { Choice } from "../engine/choice";
import { hit } from "../engine/hit";
import { measure } from "../engine/measure";
import { type Focus, isSomewhere, type Link, NOWHERE, type Scene } from "../engine/scene";
import type { Side } from "../engine/selection";
import type { Theme } from "../engine/theme";
import { Canvas } from "./canvas";
import { CanvasPanel } from "./canvas_panel";
import type { LinkEvents, LinkPanel } from "./panel";

/** Longer sequences scroll inside the picture. */
const LONGEST_ROWS = 100;
const WINDOW = 720;
/** How far beyond the window lines are drawn at once, and when there is time; in windows. */
const NARROW = 0.1;
const WIDE = 1;
const WIDEN_MS = 250;

export class BipartitePanel extends CanvasPanel implements LinkPanel {
  private readonly lines: Canvas;
  private readonly tokens: Canvas;
  private scene: Scene | null = null;
  private choice: Choice | null = null;
  private at: Geometry | null = null;
  private band: Band = { top: 0, bottom: 0 };
  private current: Focus = NOWHERE;
  private links: readonly Link[] = [];
  private later: ReturnType<typeof setTimeout> | undefined;

  constructor(
    element: HTMLElement,
    private readonly events: LinkEvents,
    theme: Theme,
    private readonly headings: Headings,
  ) {
    const [lines, tokens] = [new Canvas("lines"), new Canvas("tokens")];
    super(element, theme, [lines, tokens]);
    this.lines = lines;
    this.tokens = tokens;
    element.addEventListener("scroll", this.scrolled, { passive: true });
  }

  show(scene: Scene, choice: () => Choice): void {
    this.scene = scene;
    this.choice = choice();
    this.arrange();
  }

  focus(focus: Focus, links: readonly Link[]): void {
    this.current = focus;
    this.links = links;
    this.ask();
  }

  reveal(side: Side, position: number): void {
    const row = (side === "query" ? this.scene?.queries : this.scene?.keys)?.indexOf(position) ?? -1;
    const { scrollTop, clientHeight } = this.element;
    const y = rowY(row);
    if (row < 0 || (y - 2 * ROW >= scrollTop && y + 2 * ROW <= scrollTop + clientHeight)) return;
    this.element.scrollTop = y - clientHeight / 2;
  }

  override dispose(): void {
    clearTimeout(this.later);
    this.element.removeEventListener("scroll", this.scrolled);
    super.dispose();
  }

  protected arrange(): void {
    if (!this.scene || !this.width) return;
    this.at = geometry(this.scene, this.width, measure);
    const rows = Math.max(this.scene.queries.length, this.scene.keys.length);
    this.element.classList.toggle("scrolls", rows > LONGEST_ROWS);
    this.element.style.height = `${rows > LONGEST_ROWS ? WINDOW : this.at.height}px`;
    this.content.style.height = `${this.at.height}px`;
    this.ask(true);
  }

  /** Draws what is in sight; the lines only when they changed or scrolling has left the band they were drawn for. */
  protected draw(): void {
    const { scene, at, choice } = this;
    if (!scene || !at || !choice) return;
    if (this.stale || this.isOutOfBand(at)) {
      this.drawLines(scene, at, choice, NARROW);
      clearTimeout(this.later);
      this.later = setTimeout(() => this.widen(scene, at, choice), WIDEN_MS);
    }
    this.drawTokens(scene, at);
  }

  private drawLines(scene: Scene, at: Geometry, choice: Choice, margin: number): void {
    this.band = this.bandAround(at, margin);
    this.lines.draw(linesLayer(scene, at, choice, this.band), this.theme, at.width, this.band.top, this.band.bottom);
    this.stale = false;
  }

  private drawTokens(scene: Scene, at: Geometry): void {
    const items = tokensLayer(scene, at, this.current, this.links, this.band, measure, this.headings);
    this.tokens.draw(items, this.theme, at.width, this.band.top, this.band.bottom);
    this.lines.element.classList.toggle("faded", isSomewhere(this.current));
  }

  /** Once the picture stands, what scrolling may soon show is drawn too. */
  private widen(scene: Scene, at: Geometry, choice: Choice): void {
    if (this.stale || (this.band.top === 0 && this.band.bottom === at.height)) return;
    this.drawLines(scene, at, choice, WIDE);
    this.drawTokens(scene, at);
  }

  protected pointed(x: number, y: number): void {
    const token = this.tokenAt(x, y);
    this.content.classList.toggle("pointing", !!token);
    this.events.point(token && { ...NOWHERE, [token.side]: token.position });
  }

  protected left(): void {
    this.events.point(null);
  }

  protected clicked(x: number, y: number): void {
    const token = this.tokenAt(x, y);
    if (token) this.events.pin(token.side, token.position);
  }

  private bandAround(at: Geometry, margin: number): Band {
    const { scrollTop, clientHeight } = this.element;
    const over = margin * clientHeight;
    return { top: Math.max(0, scrollTop - over), bottom: Math.min(at.height, scrollTop + clientHeight + over) };
  }

  private isOutOfBand(at: Geometry): boolean {
    const { scrollTop, clientHeight } = this.element;
    return scrollTop < this.band.top || Math.min(at.height, scrollTop + clientHeight) > this.band.bottom;
  }

  private tokenAt(x: number, y: number): { side: Side; position: number } | null {
    if (!this.scene || !this.at) return null;
    const found = hit(tokenAreas(this.scene, this.at), x, y);
    if (!found) return null;
    const side = found.area as Side;
    return { side, position: (side === "query" ? this.scene.queries : this.scene.keys)[found.row] };
  }

  private readonly scrolled = (): void => {
    if (this.at && this.isOutOfBand(this.at)) this.ask();
  };
}
