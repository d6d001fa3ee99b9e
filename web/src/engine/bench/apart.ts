/** Words on a map, none of them on another. Pure. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

const [STEP, TURNS] = [6, 24];

/** Each box (by its middle) where it wants to be, or as near to that as is free, inside width × height; in order. */
export function apart(boxes: readonly Box[], width: number, height: number, gap = 4): Box[] {
  const placed: Box[] = [];
  for (const box of boxes) placed.push(nearest(box, width, height).find((one) => isFree(one, placed, gap)) ?? box);
  return placed;
}

/** Places around a box on growing circles, as far as the room goes. */
function nearest(box: Box, width: number, height: number): Box[] {
  const found = [box];
  for (let radius = STEP; radius < width + height; radius += STEP) {
    for (let turn = 0; turn < TURNS; turn++) {
      const angle = (2 * Math.PI * turn) / TURNS;
      found.push({ ...box, x: box.x + radius * Math.cos(angle), y: box.y + radius * Math.sin(angle) });
    }
  }
  const [w, h] = [box.width / 2, box.height / 2];
  return found.filter(({ x, y }) => x >= w && x <= width - w && y >= h && y <= height - h);
}

function isFree(box: Box, placed: readonly Box[], gap: number): boolean {
  return placed.every(
    (other) =>
      Math.abs(box.x - other.x) >= (box.width + other.width) / 2 + gap ||
      Math.abs(box.y - other.y) >= (box.height + other.height) / 2 + gap,
  );
}

/** Points scaled into a box with a margin, their shape kept. */
export function scaled(points: readonly { x: number; y: number }[], width: number, height: number, margin: number) {
  const [left, right] = range(points.map(({ x }) => x));
  const [low, high] = range(points.map(({ y }) => y));
  const factor = Math.min((width - 2 * margin) / (right - left || 1), (height - 2 * margin) / (high - low || 1));
  return points.map(({ x, y }) => ({
    x: width / 2 + (x - (left + right) / 2) * factor,
    y: height / 2 - (y - (low + high) / 2) * factor,
  }));
}

function range(values: readonly number[]): [number, number] {
  return values.length ? [Math.min(...values), Math.max(...values)] : [0, 0];
}

/** The convex hull of points, counter-clockwise (Andrew's monotone chain). */
export function hull(points: readonly { x: number; y: number }[]): { x: number; y: number }[] {
  const sorted = [...points].sort((a, b) => a.x - b.x || a.y - b.y);
  if (sorted.length < 3) return sorted;
  const half = (row: typeof sorted) => {
    const found: typeof sorted = [];
    for (const point of row) {
      while (found.length > 1 && turn(found[found.length - 2], found[found.length - 1], point) <= 0) found.pop();
      found.push(point);
    }
    return found.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}

function turn(a: { x: number; y: number }, b: { x: number; y: number }, c: { x: number; y: number }): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}
