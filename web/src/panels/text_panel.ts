/** A long text in a scrolling box: only the blocks near what is in sight exist, and a strip shows all of it at once. */

import { stronger } from "../engine/effect";
import { stepOf } from "../engine/map/scale";
import { type Shading, shadeOf } from "../engine/shade";
import { direction } from "../engine/text";
import { binned, blockOf, Heights, type TextBlock, textBlocks } from "../engine/text_blocks";
import type { TokensSpec } from "../spec";
import { Canvas } from "./canvas";

const MARGIN = 800;
const LINE = 26;
const CHARACTER = 7.3;
const STRIP = 14;
const HOLD_MS = 450;

export interface TextEvents {
  point(position: number | null): void;
  click(position: number, more: boolean): void;
  hold(position: number): void;
}

export class TextPanel {
  private readonly box = document.createElement("div");
  private readonly content = document.createElement("div");
  private readonly strip = new Canvas("strip");
  private readonly blocks: readonly TextBlock[];
  private readonly shown = new Map<number, HTMLElement>();
  private readonly special: ReadonlySet<number>;
  private heights = new Heights([]);
  private shading: Shading | null = null;
  private marked: { source: readonly [number, number] | null; other: number | null; isPinned: boolean } = {
    source: null,
    other: null,
    isPinned: false,
  };
  private asked = 0;
  private wanted: number | null = null;
  private stop = Number.POSITIVE_INFINITY;
  private readonly size = new ResizeObserver(() => this.resized());
  private width = 0;

  constructor(
    private readonly element: HTMLElement,
    private readonly tokens: TokensSpec,
    begins: Uint8Array,
    private readonly events: TextEvents,
  ) {
    this.blocks = textBlocks(tokens.pieces, begins);
    this.special = new Set(tokens.special);
    this.box.className = "text";
    this.content.className = "content";
    this.box.append(this.content);
    element.replaceChildren(this.box, this.strip.element);
    this.box.addEventListener("scroll", () => this.ask(), { passive: true });
    this.follow();
    this.size.observe(element);
  }

  shade(shading: Shading): void {
    this.shading = shading;
    for (const block of this.shown.values()) this.colour(block);
    this.drawStrip();
  }

  mark(source: readonly [number, number] | null, other: number | null, isPinned: boolean): void {
    this.marked = { source, other, isPinned };
    for (const block of this.shown.values()) this.frame(block);
    this.drawStrip();
  }

  /** Tokens from there on are not written yet. */
  until(stop: number): void {
    this.stop = stop;
    for (const block of this.shown.values()) this.frame(block);
  }

  /** Brings a token into sight, if it is not. */
  reveal(position: number): void {
    const span = this.spanOf(position);
    const { scrollTop, clientHeight } = this.box;
    if (span && span.offsetTop >= scrollTop + LINE && span.offsetTop <= scrollTop + clientHeight - 2 * LINE) return;
    this.wanted = position;
    const block = blockOf(this.blocks, position);
    const { start, stop } = this.blocks[block];
    const within = ((position - start) / (stop - start)) * this.heights.height(block);
    this.box.scrollTop = this.heights.top(block) + within - this.box.clientHeight / 3;
    this.ask();
  }

  dispose(): void {
    this.size.disconnect();
    cancelAnimationFrame(this.asked);
    this.strip.release();
    this.element.replaceChildren();
  }

  private ask(): void {
    this.asked ||= requestAnimationFrame(() => {
      this.asked = 0;
      this.fill();
    });
  }

  private resized(): void {
    const width = this.box.clientWidth;
    if (!width || width === this.width) return;
    this.width = width;
    for (const block of this.shown.values()) block.remove();
    this.shown.clear();
    const lines = ({ start, stop }: TextBlock) => {
      let characters = 0;
      for (let i = start; i < stop; i++) characters += this.tokens.pieces[i].length;
      return Math.max(1, Math.ceil((characters * CHARACTER) / width));
    };
    this.heights = new Heights(this.blocks.map((block) => LINE * lines(block)));
    this.fill();
    this.drawStrip();
  }

  /** Makes the blocks that are in sight and lets go of those that are not; what is read stays where it is. */
  private fill(): void {
    const { scrollTop, clientHeight } = this.box;
    const [first, stop] = this.heights.inSight(scrollTop - MARGIN, scrollTop + clientHeight + MARGIN);
    for (const [block, element] of this.shown) {
      if (block >= first && block < stop) continue;
      element.remove();
      this.shown.delete(block);
    }
    const fresh: number[] = [];
    for (let block = first; block < stop; block++) {
      if (this.shown.has(block)) continue;
      const element = this.make(this.blocks[block]);
      this.shown.set(block, element);
      this.content.append(element);
      fresh.push(block);
    }
    this.measure(fresh, scrollTop);
    this.arrive();
  }

  private measure(fresh: readonly number[], scrollTop: number): void {
    let above = 0;
    for (const block of fresh) {
      const isAbove = this.heights.top(block) < scrollTop;
      const more = this.heights.set(block, this.shown.get(block)!.offsetHeight);
      if (isAbove) above += more;
    }
    this.content.style.height = `${this.heights.total}px`;
    for (const [block, element] of this.shown) element.style.top = `${this.heights.top(block)}px`;
    if (above) this.box.scrollTop = scrollTop + above;
    this.drawStrip();
  }

  /** Once the blocks around a token that was to be revealed are there, its line is known. */
  private arrive(): void {
    if (this.wanted === null) return;
    const span = this.spanOf(this.wanted);
    if (!span) return;
    this.wanted = null;
    this.box.scrollTop = (span.offsetParent as HTMLElement).offsetTop + span.offsetTop - this.box.clientHeight / 3;
  }

  private make({ start, stop, endsLine }: TextBlock): HTMLElement {
    const element = document.createElement("p");
    element.className = endsLine ? "block line" : "block";
    for (let position = start; position < stop; position++) {
      const piece = this.tokens.pieces[position];
      if (/^\s/.test(piece)) element.append(" ");
      const span = document.createElement("bdi");
      span.dataset.at = String(position);
      span.textContent = this.tokens.labels[position];
      if (this.special.has(position)) span.className = "special";
      if (direction(span.textContent) === "rtl") span.dir = "rtl";
      element.append(span);
      if (/\n/.test(piece)) element.append(document.createElement("br"));
    }
    this.colour(element);
    this.frame(element);
    return element;
  }

  private colour(block: HTMLElement): void {
    if (!this.shading) return;
    for (const span of block.querySelectorAll<HTMLElement>("bdi")) {
      const shade = shadeOf(Number(span.dataset.at), this.shading);
      span.style.background = shade?.fill ?? "";
      span.style.color = shade?.ink ?? "";
    }
  }

  private frame(block: HTMLElement): void {
    const { source, other, isPinned } = this.marked;
    for (const span of block.querySelectorAll<HTMLElement>("bdi")) {
      const at = Number(span.dataset.at);
      const isSource = !!source && at >= source[0] && at < source[1];
      span.classList.toggle("source", isSource);
      span.classList.toggle("kept", isSource && isPinned);
      span.classList.toggle("other", at === other);
      span.classList.toggle("later", at >= this.stop);
    }
  }

  private spanOf(position: number): HTMLElement | null {
    const block = this.shown.get(blockOf(this.blocks, position));
    return block?.querySelector(`[data-at="${position}"]`) ?? null;
  }

  /** The whole text from top to bottom: where it is shaded, what is in sight, where the selected tokens are. */
  /** The strongest effect of the tokens that share a line of the strip. */
  private drawEffects(
    context: CanvasRenderingContext2D,
    height: number,
    shading: Shading,
    { values }: NonNullable<Shading["effects"]>,
  ): void {
    const each = Math.max(1, values.length / Math.round(height));
    for (let at = 0; at < values.length; at += each) {
      let most = Math.floor(at);
      for (let i = most + 1; i < Math.min(values.length, Math.floor(at + each)); i++)
        if (stronger(values[most], values[i]) === values[i]) most = i;
      const shade = shadeOf(most, shading);
      if (!shade) continue;
      context.fillStyle = shade.fill;
      context.fillRect(0, (at / values.length) * height, STRIP, Math.max(1, (each / values.length) * height));
    }
  }

  private drawStrip(): void {
    if (!this.shading) return;
    const height = this.box.clientHeight;
    const context = height ? this.strip.begin(STRIP, 0, height) : null;
    if (!context) return;
    const { values, scale, theme, visible, effects } = this.shading;
    const { lut, colours } = theme;
    context.fillStyle = colours.hover;
    context.fillRect(0, 0, STRIP, height);
    if (effects) this.drawEffects(context, height, this.shading, effects);
    const bins = values && !effects ? binned(values, Math.round(height)) : new Float32Array();
    bins.forEach((value, i) => {
      const at = stepOf(value, scale, visible) * 4;
      if (!at) return;
      context.fillStyle = `rgb(${lut[at]} ${lut[at + 1]} ${lut[at + 2]})`;
      context.fillRect(0, (i * height) / bins.length, STRIP, Math.max(1, height / bins.length));
    });
    const y = (position: number) => (position / this.tokens.pieces.length) * height;
    context.fillStyle = colours.accent;
    if (this.marked.source) context.fillRect(0, y(this.marked.source[0]) - 1, STRIP, 2);
    const share = (pixels: number) => (pixels / Math.max(1, this.heights.total)) * height;
    context.strokeStyle = colours.ink;
    context.globalAlpha = 0.6;
    context.strokeRect(0.5, share(this.box.scrollTop) + 0.5, STRIP - 1, Math.max(6, share(height)) - 1);
    context.globalAlpha = 1;
  }

  private follow(): void {
    const at = (event: Event) => {
      const found = (event.composedPath()[0] as HTMLElement).dataset?.at;
      return found === undefined ? null : Number(found);
    };
    let held: ReturnType<typeof setTimeout> | undefined;
    let wasHeld = false;
    this.content.addEventListener("pointermove", (event) => this.events.point(at(event)));
    this.content.addEventListener("pointerleave", () => this.events.point(null));
    this.content.addEventListener("pointerdown", (event) => {
      const position = at(event);
      wasHeld = false;
      if (position === null || event.button !== 0) return;
      held = setTimeout(() => {
        wasHeld = true;
        this.events.hold(position);
      }, HOLD_MS);
    });
    for (const end of ["pointerup", "pointercancel", "pointerleave"] as const)
      this.content.addEventListener(end, () => clearTimeout(held));
    this.content.addEventListener("click", (event) => {
      const position = at(event);
      if (position !== null && !wasHeld) this.events.click(position, event.shiftKey);
    });
    const jump = (event: PointerEvent) => {
      const box = this.strip.element.getBoundingClientRect();
      this.box.scrollTop = ((event.clientY - box.top) / box.height) * this.heights.total - this.box.clientHeight / 2;
    };
    this.strip.element.addEventListener("pointerdown", (event) => {
      this.strip.element.setPointerCapture(event.pointerId);
      jump(event);
    });
    this.strip.element.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) jump(event);
    });
  }
}
