/** Wheel, pinch, drag and clicks over a map, told apart. The page scrolls as ever unless the map has the keyboard. */

export interface Gestures {
  zoom(factor: number, x: number, y: number): void;
  drag(dx: number, dy: number): void;
  /** While a rectangle is drawn (shift held); nothing when it is too small to be one. */
  brush(from: [number, number] | null, to: [number, number] | null): void;
  click(x: number, y: number): void;
  twice(x: number, y: number): void;
}

const CLICK_PIXELS = 4;
const TWICE_MS = 350;
const WHEEL = 0.0016;
const PINCH = 0.01;

export function followGestures(stage: HTMLElement, content: HTMLElement, gestures: Gestures): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  const place = (event: MouseEvent): [number, number] => {
    const box = content.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  followWheel(stage, place, gestures, signal);
  followPointers(stage, content, place, gestures, signal);
  return () => listening.abort();
}

type Place = (event: MouseEvent) => [number, number];

/** A wheel zooms where the map has the keyboard or ctrl is held (which is also how a touch pad's pinch arrives). */
function followWheel(stage: HTMLElement, place: Place, gestures: Gestures, signal: AbortSignal): void {
  const turned = (event: WheelEvent) => {
    const isOurs = stage.contains((stage.getRootNode() as ShadowRoot).activeElement);
    if (!isOurs && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    if (event.shiftKey) gestures.drag(-(event.deltaX + event.deltaY) * lines, 0);
    else
      gestures.zoom(
        Math.exp(-event.deltaY * lines * (event.ctrlKey && Math.abs(event.deltaY) < 50 ? PINCH : WHEEL)),
        ...place(event),
      );
  };
  stage.addEventListener("wheel", turned, { passive: false, signal });
}

function followPointers(
  stage: HTMLElement,
  content: HTMLElement,
  place: Place,
  gestures: Gestures,
  signal: AbortSignal,
): void {
  const held = new Map<number, [number, number]>();
  let from: [number, number] | null = null;
  let isBrush = false;
  let moved = false;
  let before = { time: 0, x: 0, y: 0 };
  const down = (event: PointerEvent) => {
    if (event.button !== 0 || (event.target as HTMLElement).closest?.(".minimap")) return;
    const at = place(event);
    held.set(event.pointerId, at);
    if (held.size > 1) return;
    [from, isBrush, moved] = [at, event.shiftKey, false];
    content.setPointerCapture(event.pointerId);
    stage.focus({ preventScroll: true });
  };
  const move = (event: PointerEvent) => {
    const was = held.get(event.pointerId);
    if (!was || !from) return;
    const at = place(event);
    if (held.size === 2) pinch(held, event.pointerId, at, gestures);
    held.set(event.pointerId, at);
    if (held.size > 1) return;
    moved ||= Math.hypot(at[0] - from[0], at[1] - from[1]) > CLICK_PIXELS;
    if (!moved) return;
    content.classList.toggle("dragged", !isBrush);
    if (isBrush) gestures.brush(from, at);
    else gestures.drag(at[0] - was[0], at[1] - was[1]);
  };
  const up = (event: PointerEvent) => {
    if (!held.delete(event.pointerId) || held.size) return;
    content.classList.remove("dragged");
    const at = place(event);
    if (moved || !from || event.type === "pointercancel") return;
    if (isBrush) gestures.brush(null, null);
    else if (
      event.timeStamp - before.time < TWICE_MS &&
      Math.hypot(at[0] - before.x, at[1] - before.y) < 3 * CLICK_PIXELS
    )
      gestures.twice(...at);
    else gestures.click(...at);
    before = { time: event.timeStamp, x: at[0], y: at[1] };
  };
  content.addEventListener("pointerdown", down, { signal });
  content.addEventListener("pointermove", move, { signal });
  content.addEventListener("pointerup", up, { signal });
  content.addEventListener("pointercancel", up, { signal });
}

/** Two fingers: closer or farther about their middle, and moved with it. */
function pinch(
  held: ReadonlyMap<number, [number, number]>,
  id: number,
  at: [number, number],
  gestures: Gestures,
): void {
  const other = [...held].find(([pointer]) => pointer !== id)?.[1];
  const was = held.get(id);
  if (!other || !was) return;
  const apart = (a: [number, number]) => Math.max(8, Math.hypot(a[0] - other[0], a[1] - other[1]));
  gestures.drag((at[0] - was[0]) / 2, (at[1] - was[1]) / 2);
  gestures.zoom(apart(at) / apart(was), (at[0] + other[0]) / 2, (at[1] + other[1]) / 2);
}
