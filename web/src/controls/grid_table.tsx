/** The largest weight of every layer and head as a real table, for reading without the picture. */

import { type Grid, largest, tileAt } from "../engine/grid";
import { t, weightText } from "../strings";

export function GridTable({ grid }: { grid: Grid }) {
  const { layers, heads } = grid.attention;
  return (
    <div class="table" role="group" aria-label={t.largestWeights} tabIndex={0}>
      <table class="numbers">
        <caption>{t.largestWeights}</caption>
        <thead>
          <tr>
            <th scope="col">{t.layer}</th>
            {heads.map((head) => (
              <th scope="col" key={head}>
                {t.headButton(head)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {layers.map((layer) => (
            <tr key={layer}>
              <th scope="row">{layer}</th>
              {grid.tiles.has(layer) &&
                heads.map((head) => {
                  const tile = tileAt(grid, { layer, head });
                  return <td key={head}>{tile && weightText(largest(tile))}</td>;
                })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
