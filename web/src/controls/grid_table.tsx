/** The largest weight of every layer and head as a real table, for reading without the picture. */

import { type Grid, largest } from "../engine/grid";
import { t, weightText } from "../strings";

export function GridTable({ grid }: { grid: Grid }) {
  const { layers, heads } = grid.attention;
  return (
    <div class="table" role="region" aria-label={t.largestWeights} tabIndex={0}>
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
              {grid.tiles.get(layer)?.map((tile, i) => (
                <td key={heads[i]}>{weightText(largest(tile))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
