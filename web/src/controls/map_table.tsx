/** The strongest weights in sight of a map as a real table, for reading without the picture. */

import { useEffect, useState } from "preact/hooks";
import type { Cell } from "../source/lookup";
import type { Source } from "../source/source";
import { strongestIn } from "../source/strongest";
import { t, weightText } from "../strings";
import { Token } from "./link_table";
import type { MapState } from "./map_state";

const ROWS = 20;
/** A map that moves is not read before it rests. */
const REST_MS = 250;

export function MapTable({ source, state }: { source: Source; state: MapState }) {
  const [cells, setCells] = useState<Cell[] | null>(null);
  const [scene, sight] = [state.scene.value, state.sight.value];
  useEffect(() => {
    if (!scene || !sight) return undefined;
    const running = new AbortController();
    const timer = setTimeout(() => {
      strongestIn(source, state.lookup, scene.subject, sight, ROWS, running.signal).then(setCells, () => {});
    }, REST_MS);
    return () => {
      clearTimeout(timer);
      running.abort();
    };
  }, [scene, sight]);
  if (!scene) return null;
  return (
    <div class="table" role="group" aria-label={t.strongestInSight} tabIndex={0}>
      <table>
        <caption>{cells ? t.strongestInSight : t.loading}</caption>
        <thead>
          <tr>
            <th scope="col">{t.query}</th>
            <th scope="col">{t.key}</th>
            <th scope="col">{t.weight}</th>
          </tr>
        </thead>
        <tbody>
          {cells?.map(({ query, key, weight }) => (
            <tr key={`${query}/${key}`}>
              <Token place={String(query)} label={scene.queries.tokens.labels[query]} />
              <Token place={String(key)} label={scene.keys.tokens.labels[key]} />
              <td>{weightText(weight)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
