/** Lines of numbers over positions, as paths. Pure. */

export interface Frame {
  width: number;
  height: number;
  margin: number;
}

/** Where a number at a position stands; `values` are all that are drawn, on one scale that shows zero. */
export function scaleOf(values: readonly (readonly number[])[], { width, height, margin }: Frame) {
  const all = values.flat();
  const [low, high] = [Math.min(0, ...all), Math.max(0, ...all)];
  const count = Math.max(1, ...values.map((row) => row.length));
  const step = (width - 2 * margin) / Math.max(1, count - 1);
  return {
    low,
    high,
    step,
    x: (position: number) => margin + step * position,
    y: (value: number) => height - margin - ((value - low) / (high - low || 1)) * (height - 2 * margin),
  };
}

export function pathOf(row: readonly number[], { x, y }: Pick<ReturnType<typeof scaleOf>, "x" | "y">): string {
  return row.map((value, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`).join("");
}
