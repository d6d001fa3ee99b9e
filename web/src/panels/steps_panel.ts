/** The matrix of all steps on two canvases: the picture, and the step that is shown. */

import {
  type Geometry,
  geometry,
  matrixLayer,
  type StepsScene,
  stepArea,
  stepAt,
  stepLayer,
  type Words,
} from "../engine/generation/layout";
import { hit } from "../engine/hit";
import { measure } from "../engine/measure";
import type { Theme } from "../engine/theme";
import { Canvas } from "./canvas";
import { CanvasPanel } from "./canvas_panel";

export class StepsPanel extends CanvasPanel {
  private readonly matrix: Canvas;
  private readonly present: Canvas;
  private scene: StepsScene | null = null;
  private at: Geometry | null = null;
  private step = 0;

  constructor(
    element: HTMLElement,
    private readonly go: (step: number) => void,
    theme: Theme,
    private readonly words: Words,
  ) {
    const [matrix, present] = [new Canvas("matrix"), new Canvas("present")];
    super(element, theme, [matrix, present]);
    this.matrix = matrix;
    this.present = present;
    this.content.classList.add("pointing");
    this.content.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) this.clicked(event.offsetX, event.clientY - this.content.getBoundingClientRect().top);
    });
  }

  show(scene: StepsScene): void {
    this.scene = scene;
    this.arrange();
  }

  stand(step: number): void {
    this.step = step;
    this.ask();
  }

  protected arrange(): void {
    if (!this.scene || !this.width) return;
    this.at = geometry(this.scene, this.width, measure);
    this.content.style.height = `${this.at.height}px`;
    this.ask(true);
  }

  protected draw(): void {
    const { scene, at } = this;
    if (!scene || !at) return;
    if (this.stale) {
      this.matrix.draw(matrixLayer(scene, at, measure, this.words, this.theme), this.theme, at.width, 0, at.height);
      this.stale = false;
    }
    this.present.draw(stepLayer(scene, at, this.step), this.theme, at.width, 0, at.height);
  }

  protected pointed(): void {}

  protected left(): void {}

  protected clicked(x: number, y: number): void {
    if (!this.scene || !this.at) return;
    const found = hit([stepArea(this.scene, this.at)], Math.max(0, x), y);
    if (found) this.go(stepAt(this.scene, found.row));
  }
}
