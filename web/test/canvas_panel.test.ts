// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Theme } from "../src/engine/theme";
import { Canvas } from "../src/panels/canvas";
import { CanvasPanel } from "../src/panels/canvas_panel";

type Seen = Pick<IntersectionObserverEntry, "isIntersecting">;
let sighted: (entries: Seen[]) => void;
let resized: (entries: { contentRect: { width: number } }[]) => void;

class Counted extends CanvasPanel {
  drawn = 0;
  protected arrange(): void {
    this.ask(true);
  }
  protected draw(): void {
    this.drawn += 1;
  }
  protected pointed(): void {}
  protected left(): void {}
  protected clicked(): void {}
}

function panel(): Counted {
  const made = new Counted(document.createElement("div"), {} as Theme, [new Canvas("lines")]);
  resized([{ contentRect: { width: 640 } }]);
  return made;
}

beforeEach(() => {
  const observer = (keep: (callback: never) => void) =>
    class {
      constructor(callback: never) {
        keep(callback);
      }
      observe(): void {}
      disconnect(): void {}
    };
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => setTimeout(frame, 16));
  vi.stubGlobal(
    "IntersectionObserver",
    observer((callback) => (sighted = callback)),
  );
  vi.stubGlobal(
    "ResizeObserver",
    observer((callback) => (resized = callback)),
  );
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a picture that comes into sight", () => {
  it("rests while it is out of sight, and is drawn when it is back", () => {
    const made = panel();
    sighted([{ isIntersecting: false }]);
    vi.runAllTimers();
    expect(made.drawn).toBe(0);
    sighted([{ isIntersecting: true }]);
    vi.runAllTimers();
    expect(made.drawn).toBe(1);
  });

  it("is drawn when a busy page tells of leaving and of coming back at once", () => {
    const made = panel();
    sighted([{ isIntersecting: false }]);
    sighted([{ isIntersecting: false }, { isIntersecting: true }]);
    vi.runAllTimers();
    expect(made.drawn).toBe(1);
  });
});
