/** One small picture for each position: the same plane, the neighbours of that state lit. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { scaled } from "../../engine/bench/apart";
import type { ProjectionSpec } from "../../spec";
import type { Stand } from "./places";
import { placeOf } from "./stand";
import type { Bench } from "./state";
import { words } from "./words";

const [WIDTH, HEIGHT, MARGIN] = [78, 58, 5];

export interface SmallPicturesProps {
  bench: Bench;
  projection: ProjectionSpec;
  stand: Stand | null;
  choose(at: Stand): void;
}

export function SmallPictures({ bench, projection, stand, choose }: SmallPicturesProps) {
  const w = words();
  const { stream, points, found, labels } = projection;
  const places = useMemo(() => scaled(points, WIDTH, HEIGHT, MARGIN), [projection]);
  const own = points.flatMap(({ own }) => (own === null ? [] : [own]));
  const counts = own.map((position) => found.filter(({ near }) => near.includes(position)).length);
  return (
    <ul class="small-pictures" aria-label={w.smallPictures}>
      {own.map((position, i) => (
        <li key={position}>
          <button
            type="button"
            aria-label={w.smallPicture(labels[position] ?? "", position, counts[i])}
            title={w.smallPicture(labels[position] ?? "", position, counts[i])}
            aria-pressed={stand?.stream === stream && stand.position === position}
            onPointerEnter={() => (bench.pointed.value = placeOf(bench, { stream, position }))}
            onPointerLeave={() => (bench.pointed.value = null)}
            onClick={() => choose({ stream, position })}
          >
            <bdi>{labels[position] ?? ""}</bdi>
            <Picture bench={bench} projection={projection} places={places} position={position} />
          </button>
        </li>
      ))}
    </ul>
  );
}

interface PictureProps {
  bench: Bench;
  projection: ProjectionSpec;
  places: { x: number; y: number }[];
  position: number;
}

/** Drawn only while it is in sight. */
function Picture({ bench, projection, places, position }: PictureProps) {
  const room = useRef<HTMLSpanElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [isSeen, setSeen] = useState(false);
  const { colours } = bench.host.theme.value;
  useEffect(() => {
    const seen = new IntersectionObserver(([entry]) => setSeen(entry.isIntersecting));
    seen.observe(room.current!);
    return () => seen.disconnect();
  }, []);
  useEffect(() => {
    if (canvas.current) draw(canvas.current, projection, places, position, colours);
  }, [isSeen, projection, places, position, colours]);
  return (
    <span ref={room} class="small" style={{ width: `${WIDTH}px`, height: `${HEIGHT}px` }}>
      {isSeen && <canvas ref={canvas} class="still" style={{ width: `${WIDTH}px`, height: `${HEIGHT}px` }} />}
    </span>
  );
}

/** All in grey first, then the path, then what is near, then the state itself. */
function draw(
  canvas: HTMLCanvasElement,
  { points, found }: ProjectionSpec,
  places: readonly { x: number; y: number }[],
  position: number,
  { edge, accent, ink }: Record<string, string>,
): void {
  const ratio = window.devicePixelRatio || 1;
  [canvas.width, canvas.height] = [Math.round(WIDTH * ratio), Math.round(HEIGHT * ratio)];
  const context = canvas.getContext("2d");
  if (!context) return;
  context.scale(ratio, ratio);
  const dots = (colour: string, radius: number, isIn: (i: number) => boolean) => {
    context.fillStyle = colour;
    points.forEach((_, i) => {
      if (!isIn(i)) return;
      context.beginPath();
      context.arc(places[i].x, places[i].y, radius, 0, 2 * Math.PI);
      context.fill();
    });
  };
  const isNear = (i: number) => {
    const { neighbour } = points[i];
    return neighbour !== null && found[neighbour].near.includes(position);
  };
  dots(edge, 1, () => true);
  context.strokeStyle = edge;
  context.beginPath();
  points.forEach(({ own }, i) => {
    if (own !== null) context.lineTo(places[i].x, places[i].y);
  });
  context.stroke();
  dots(accent, 1.6, isNear);
  dots(ink, 2.6, (i) => points[i].own === position);
}
