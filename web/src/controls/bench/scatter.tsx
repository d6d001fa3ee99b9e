/** States in a plane: the answer's as a trajectory, those of other texts around it; closer by wheel, drag, fingers, keys. */

import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { hull, scaled } from "../../engine/bench/apart";
import { moved, nameOf, type Point, placed, pointedAt, WHOLE, zoomed } from "../../engine/bench/plane";
import { followGestures } from "../../panels/map_gestures";
import type { NeighbourSpec, ProjectionSpec } from "../../spec";
import type { Stand } from "./places";
import { placeOf, standing } from "./stand";
import type { Bench } from "./state";
import { words } from "./words";

const [WIDEST, HEIGHT, MARGIN, REACH, STEP, STRIDE] = [430, 320, 22, 9, 1.5, 40];

export interface ScatterProps {
  bench: Bench;
  projection: ProjectionSpec;
  stand: Stand | null;
  /** The name of the neighbour that is marked. */
  marked: string | null;
  choose(at: Stand): void;
  mark(one: NeighbourSpec): void;
}

export function Scatter(props: ScatterProps) {
  const { bench, projection, stand, marked, choose } = props;
  const w = words();
  const { stream, points, found, labels } = projection;
  const stage = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(WIDEST);
  const [near, setNear] = useState(WHOLE);
  const [hovered, setHovered] = useState<number | null>(null);
  const places = useMemo(() => scaled(points, width, HEIGHT, MARGIN), [projection, width]);
  const at = places.map((place) => placed(near, place));
  const own = points.flatMap((point, i) => (point.own === null ? [] : [{ position: point.own, at: at[i] }]));
  const others = points.flatMap(({ neighbour }, i) =>
    neighbour === null ? [] : [{ one: found[neighbour], at: at[i] }],
  );
  const zoom = (factor: number, x = width / 2, y = HEIGHT / 2) =>
    setNear((now) => zoomed(now, factor, { x, y }, width, HEIGHT));
  const drag = (dx: number, dy: number) => setNear((now) => moved(now, dx, dy, width, HEIGHT));
  const other = (x: number, y: number) =>
    pointedAt(
      others.map(({ at }) => at),
      { x, y },
      REACH,
    );
  const latest = useRef({ zoom, drag, other, others, mark: props.mark });
  latest.current = { zoom, drag, other, others, mark: props.mark };
  useEffect(() => {
    const element = stage.current!;
    const seen = new ResizeObserver(([entry]) => setWidth(Math.round(entry.contentRect.width)));
    seen.observe(element);
    const end = followGestures(element, element, {
      zoom: (...how) => latest.current.zoom(...how),
      drag: (...how) => latest.current.drag(...how),
      brush: () => {},
      twice: () => setNear(WHOLE),
      click: (x, y) => {
        const i = latest.current.other(x, y);
        if (i >= 0) latest.current.mark(latest.current.others[i].one);
      },
    });
    return () => {
      seen.disconnect();
      end();
    };
  }, []);
  const place = bench.pointed.value;
  const pointed = place ? standing(bench, place, stream) : stand;
  const looked = pointed?.stream === stream ? pointed.position : null;
  const around = others.filter(({ one }) => looked !== null && one.near.includes(looked)).map((other) => other.at);
  const middle = own.find(({ position }) => position === looked)?.at;
  const lit = hovered === null ? null : others[hovered];
  const links: [Point, Point][] = lit
    ? own.filter(({ position }) => lit.one.near.includes(position)).map((state) => [lit.at, state.at])
    : around.flatMap((to) => (middle ? [[middle, to]] : []));
  const keys: Record<string, () => void> = {
    "+": () => zoom(STEP),
    "=": () => zoom(STEP),
    "-": () => zoom(1 / STEP),
    "0": () => setNear(WHOLE),
    ArrowLeft: () => drag(STRIDE, 0),
    ArrowRight: () => drag(-STRIDE, 0),
    ArrowUp: () => drag(0, STRIDE),
    ArrowDown: () => drag(0, -STRIDE),
  };
  const buttons: [string, string, () => void][] = [
    [w.closer, "+", keys["+"]],
    [w.farther, "−", keys["-"]],
    [w.whole, "⤢", keys["0"]],
  ];
  return (
    <figure class="scatter">
      <div
        ref={stage}
        class="stage plane"
        style={{ height: `${HEIGHT}px` }}
        tabIndex={0}
        role="group"
        aria-label={w.plane(projection.method.toUpperCase())}
        onKeyDown={(event) => {
          const act = event.target === event.currentTarget ? keys[event.key] : undefined;
          if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
          event.preventDefault();
          event.stopPropagation();
          act();
        }}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          const i = other(event.clientX - box.left, event.clientY - box.top);
          setHovered(i < 0 ? null : i);
        }}
        onPointerLeave={() => setHovered(null)}
      >
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <polygon class="hull" points={line(hull(middle ? [middle, ...around] : []))} />
          <polyline class="path" points={line(own.map((state) => state.at))} />
          {links.map(([from, to], i) => (
            <line key={i} class="link" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
          ))}
          {others.map(({ one, at: { x, y } }, i) => (
            <circle
              key={i}
              class={`other${looked !== null && one.near.includes(looked) ? " near" : ""}${nameOf(one) === marked ? " marked" : ""}`}
              cx={x}
              cy={y}
              r={1.5 + Math.sqrt(one.near.length)}
            />
          ))}
        </svg>
        {own.map(
          ({ position, at: { x, y } }) =>
            x >= 0 &&
            x <= width &&
            y >= 0 &&
            y <= HEIGHT && (
              <button
                type="button"
                key={position}
                class="own"
                style={{ left: `${x}px`, top: `${y}px` }}
                title={w.neighboursOf(labels[position] ?? "", position)}
                aria-pressed={stand?.stream === stream && stand.position === position}
                onPointerDown={(event) => event.stopPropagation()}
                onPointerMove={(event) => event.stopPropagation()}
                onPointerEnter={() => {
                  setHovered(null);
                  bench.pointed.value = placeOf(bench, { stream, position });
                }}
                onPointerLeave={() => (bench.pointed.value = null)}
                onClick={() => choose({ stream, position })}
              >
                <bdi>{labels[position] ?? ""}</bdi>
              </button>
            ),
        )}
        <div class="closeness" onPointerDown={(event) => event.stopPropagation()}>
          {buttons.map(([name, sign, act]) => (
            <button type="button" key={sign} class="icon" aria-label={name} title={name} onClick={act}>
              {sign}
            </button>
          ))}
        </div>
      </div>
      <figcaption>
        {projection.note}
        <br />
        {lit ? w.otherText(lit.one.text, lit.one.source.text) : w.planeHint}
      </figcaption>
    </figure>
  );
}

function line(row: readonly Point[]): string {
  return row.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}
