/** The patches of a picture where they stand in it, coloured by the weight that the chosen step, or the mean one, gives. */

import { useEffect, useRef } from "preact/hooks";
import { type PatchGrid, patchGrids } from "../../engine/bench/patches";
import { weightOf } from "../../engine/bench/rows";
import { weightText } from "../../strings";
import type { Bench } from "./state";
import { words } from "./words";

const LARGEST = 200;

export function PatchMaps({ bench }: { bench: Bench }) {
  const { places } = bench.state.value.source;
  const { keys, queries } = bench.rows.value;
  const matrix = bench.matrix.value.value;
  if (!places || !matrix || keys.length !== places.length) return null;
  const step = bench.step.value;
  const rows = step === null ? queries : queries.slice(step, step + 1);
  const weights = keys.map(
    ({ index }) => rows.reduce((sum, row) => sum + weightOf(matrix, row.index, index), 0) / Math.max(1, rows.length),
  );
  const most = Math.max(...weights.filter((_, i) => places[i][0] >= 0), 1e-9);
  return (
    <div class="row patches">
      {patchGrids(places).map((grid) => (
        <PatchMap key={grid.image} {...{ bench, grid, weights, most }} />
      ))}
      <p class="note">{words().patches(step, weightText(most))}</p>
    </div>
  );
}

function PatchMap(props: { bench: Bench; grid: PatchGrid; weights: number[]; most: number }) {
  const { bench, grid, weights, most } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const { lut } = bench.host.theme.value;
  const cell = Math.max(4, Math.min(26, Math.floor(LARGEST / Math.max(grid.rows, grid.columns))));
  useEffect(() => draw(canvas.current!, grid, weights, most, lut), [grid, weights, most, lut]);
  const at = (event: MouseEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const row = Math.floor(((event.clientY - box.top) / box.height) * grid.rows);
    const column = Math.floor(((event.clientX - box.left) / box.width) * grid.columns);
    return grid.at[row * grid.columns + column] ?? null;
  };
  const picked = [bench.pointed.value, bench.chosen.value].find((one) => one?.side === "source");
  const here = picked ? grid.at.indexOf(picked.position) : -1;
  return (
    <div class="patch-map" style={{ width: `${cell * grid.columns}px`, height: `${cell * grid.rows}px` }}>
      <canvas
        ref={canvas}
        class="still"
        role="img"
        aria-label={words().picture(grid.at.filter((one) => one !== null).length)}
        style={{ width: `${cell * grid.columns}px`, height: `${cell * grid.rows}px` }}
        onPointerMove={(event) => {
          const position = at(event);
          bench.pointed.value = position === null ? null : { side: "source", position };
        }}
        onPointerLeave={() => (bench.pointed.value = null)}
        onClick={(event) => {
          const position = at(event);
          if (position !== null) bench.choose({ side: "source", position });
        }}
      />
      {here >= 0 && (
        <i
          style={{
            left: `${cell * (here % grid.columns)}px`,
            top: `${cell * Math.floor(here / grid.columns)}px`,
            width: `${cell}px`,
            height: `${cell}px`,
          }}
        />
      )}
    </div>
  );
}

function draw(canvas: HTMLCanvasElement, grid: PatchGrid, weights: number[], most: number, lut: Uint8ClampedArray) {
  canvas.width = grid.columns;
  canvas.height = grid.rows;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(grid.columns, grid.rows);
  grid.at.forEach((position, i) => {
    if (position === null) return;
    const step = Math.round(255 * Math.sqrt(Math.min(1, weights[position] / most)));
    image.data.set(lut.subarray(4 * step, 4 * step + 4), 4 * i);
  });
  context.putImageData(image, 0, 0);
}
