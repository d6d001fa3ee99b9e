/** Which part of a query × key plane is looked at, and how closely: pure. */

export interface Size {
  queries: number;
  keys: number;
}

/** Width and height of the place where the map is drawn, in CSS pixels. */
export interface Port {
  width: number;
  height: number;
}

/** The query and the key at the upper left corner (fractions are parts of a cell), and CSS pixels per cell. */
export interface Camera {
  query: number;
  key: number;
  zoom: number;
}

export const CLOSEST = 56;
const SMALL_MAP = 28;

const TALLEST = 720;
const SHORTEST = 240;

/** The place that a map has in a width: high enough for all of it, within limits. */
export function portFor(width: number, { queries, keys }: Size): Port {
  return { width, height: Math.max(SHORTEST, Math.round(Math.min(width * (queries / keys), TALLEST))) };
}

/** The whole map; a small one is not blown up beyond what reads well. */
export function fit(size: Size, port: Port): Camera {
  return { query: 0, key: 0, zoom: Math.min(SMALL_MAP, port.width / size.keys, port.height / size.queries) };
}

/** The nearest camera that shows no more void than needed, neither too close nor too far. */
export function clamp(camera: Camera, size: Size, port: Port): Camera {
  const zoom = Math.min(CLOSEST, Math.max(fit(size, port).zoom, camera.zoom));
  const within = (start: number, cells: number, pixels: number) => Math.max(0, Math.min(start, cells - pixels / zoom));
  return {
    query: within(camera.query, size.queries, port.height),
    key: within(camera.key, size.keys, port.width),
    zoom,
  };
}

/** Closer or farther by a factor; what lies under (x, y) stays there. */
export function zoomAt(camera: Camera, factor: number, x: number, y: number, size: Size, port: Port): Camera {
  const zoom = Math.min(CLOSEST, Math.max(fit(size, port).zoom, camera.zoom * factor));
  const shift = 1 / camera.zoom - 1 / zoom;
  return clamp({ query: camera.query + y * shift, key: camera.key + x * shift, zoom }, size, port);
}

export function panBy(camera: Camera, dx: number, dy: number, size: Size, port: Port): Camera {
  return clamp({ ...camera, key: camera.key + dx / camera.zoom, query: camera.query + dy / camera.zoom }, size, port);
}

/** A camera with this cell in the middle. */
export function centred(query: number, key: number, zoom: number, size: Size, port: Port): Camera {
  return clamp(
    { query: query + 0.5 - port.height / 2 / zoom, key: key + 0.5 - port.width / 2 / zoom, zoom },
    size,
    port,
  );
}

/** The part `share` of the way from one camera to another: zoom grows evenly, and what both show at one place stays there. */
export function between(from: Camera, to: Camera, share: number): Camera {
  const zoom = from.zoom ** (1 - share) * to.zoom ** share;
  const apart = from.zoom - to.zoom;
  const axis = (a: number, b: number) => {
    if (Math.abs(apart) < 1e-6 * from.zoom) return a + (b - a) * share;
    const still = (a * from.zoom - b * to.zoom) / apart;
    return still - ((still - a) * from.zoom) / zoom;
  };
  return { query: axis(from.query, to.query), key: axis(from.key, to.key), zoom };
}

/** Whether two cameras show the same to half a pixel. */
export function isNear(a: Camera, b: Camera): boolean {
  const moved = Math.max(Math.abs(a.query - b.query), Math.abs(a.key - b.key)) * b.zoom;
  return moved < 0.5 && Math.abs(Math.log(a.zoom / b.zoom)) < 1e-3;
}

/** The cell under a point, or nothing beside the map. */
export function cellAt(camera: Camera, x: number, y: number, size: Size): { query: number; key: number } | null {
  const query = Math.floor(camera.query + y / camera.zoom);
  const key = Math.floor(camera.key + x / camera.zoom);
  return query >= 0 && query < size.queries && key >= 0 && key < size.keys ? { query, key } : null;
}
