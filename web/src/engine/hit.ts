import type { Area } from "./display_list";

export interface Hit {
  area: string;
  row: number;
  column: number;
}

/** What lies under a point: the area (the last that covers it) and the row and column in it. */
export function hit(areas: readonly Area[], x: number, y: number): Hit | null {
  for (let i = areas.length - 1; i >= 0; i--) {
    const area = areas[i];
    const across = (x - area.x) / area.width;
    const down = (y - area.y) / area.height;
    if (across < 0 || across >= 1 || down < 0 || down >= 1) continue;
    return { area: area.name, row: Math.floor(down * area.rows), column: Math.floor(across * area.columns) };
  }
  return null;
}
