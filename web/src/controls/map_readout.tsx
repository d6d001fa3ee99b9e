/** What stands beside a map: the exact weight of a cell, and its row and column as text. */

import { Fragment } from "preact";
import { effectOf, type Field } from "../engine/effect";
import { effectName } from "../engine/effect_legend";
import { STEPS } from "../engine/lut";
import { valueText } from "../engine/map/scale";
import { groundOf } from "../engine/shade";
import type { Theme } from "../engine/theme";
import type { MapScene } from "../panels/map_panel";
import { type Cell, errorAt, type Line } from "../source/lookup";
import { t } from "../strings";
import { EffectValue } from "./readout";

const TOP = 6;
const AROUND = 14;

interface Props {
  scene: MapScene;
  cell: Cell | null;
  effects: Field | null;
  row: Line | null;
  column: Line | null;
  theme: Theme;
  go(query: number, key: number): void;
}

export function MapReadout({ scene, cell, effects, row, column, theme, go }: Props) {
  if (!cell)
    return (
      <div class="readout map">
        <p class="hint">{t.mapHint}</p>
      </div>
    );
  const { heads } = scene.subject;
  return (
    <div class="readout map">
      <h2>
        <Place name={t.query} position={cell.query} label={scene.queries.tokens.labels[cell.query]} />
        <Place name={t.key} position={cell.key} label={scene.keys.tokens.labels[cell.key]} />
      </h2>
      <p class="exact">
        <strong>{exactText(cell.weight, cell.error)}</strong>
        {cell.error > 0 && <span>± {valueText(cell.error)}</span>}
      </p>
      {effects && (
        <p class="each">
          {effectName(effects)} <EffectValue effect={effectOf(effects, heads, cell.query, cell.key)} field={effects} />
        </p>
      )}
      {heads.length > 1 && (
        <p class="each">
          {heads.map((head, i) => (
            <span key={head}>
              {t.perHead(head)} <b>{exactText(cell.weights[i], cell.error)}</b>
            </span>
          ))}
        </p>
      )}
      {row && row.position === cell.query && (
        <Side
          title={t.attendsTo}
          line={row}
          here={cell.key}
          tokens={scene.keys.tokens}
          theme={theme}
          go={(key) => go(cell.query, key)}
        />
      )}
      {column && column.position === cell.key && (
        <Side
          title={t.attendedBy}
          line={column}
          here={cell.query}
          tokens={scene.queries.tokens}
          theme={theme}
          go={(query) => go(query, cell.key)}
        />
      )}
    </div>
  );
}

function Place({ name, position, label }: { name: string; position: number; label: string }) {
  return (
    <span class="token">
      <span class="side">
        {name} {position}
      </span>
      <bdi>{label}</bdi>
    </span>
  );
}

interface SideProps {
  title: string;
  line: Line;
  here: number;
  tokens: MapScene["keys"]["tokens"];
  theme: Theme;
  go(position: number): void;
}

/** A row or column: its strongest tokens, and the text around the cell, shaded. */
function Side({ title, line, here, tokens, theme, go }: SideProps) {
  const [from, to] = [Math.max(0, here - AROUND), Math.min(line.weights.length, here + AROUND + 1)];
  return (
    <section>
      <h3>{title}</h3>
      <ol class="links">
        {strongest(line.weights, TOP).map((position) => (
          <li key={position}>
            <button type="button" tabIndex={-1} onClick={() => go(position)}>
              <span class="side">{position}</span>
              <span class="name">
                <bdi>{tokens.labels[position]}</bdi>
              </span>
              <span class="value">
                {exactText(line.weights[position], errorAt(line.coding, line.weights[position]))}
              </span>
            </button>
          </li>
        ))}
      </ol>
      <p class="around">
        {Array.from({ length: to - from }, (_, i) => {
          const position = from + i;
          const shade = shadeOf(line.weights[position], theme);
          return (
            <Fragment key={position}>
              {/^\s/.test(tokens.pieces[position]) && " "}
              <bdi class={position === here ? "here" : ""} style={shade}>
                {tokens.labels[position]}
              </bdi>
            </Fragment>
          );
        })}
      </p>
    </section>
  );
}

/** Ground of a token by its weight (root scale), and ink that reads on it. */
function shadeOf(weight: number, theme: Theme): { background: string; color: string } | undefined {
  if (!(weight > 0)) return undefined;
  const step = Math.max(1, Math.min(STEPS - 1, Math.round((STEPS - 1) * Math.sqrt(weight))));
  const { fill, ink } = groundOf(theme, step);
  return { background: fill, color: ink };
}

/** Positions of the largest values, largest first. */
export function strongest(values: Float32Array, count: number): number[] {
  const found: number[] = [];
  values.forEach((value, i) => {
    if (!(value > 0) || (found.length === count && value <= values[found[count - 1]])) return;
    let at = found.length;
    while (at > 0 && values[found[at - 1]] < value) at--;
    found.splice(at, 0, i);
    if (found.length > count) found.pop();
  });
  return found;
}

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** A weight with the digits that count, at most four; those below its error are left out. */
export function exactText(weight: number, error = 0): string {
  if (Number.isNaN(weight)) return "NaN";
  if (weight === 0) return "0";
  if (weight >= 0.001)
    return weight.toFixed(error > 0 ? Math.max(2, Math.min(4, Math.ceil(-Math.log10(2 * error)))) : 4);
  const [factor, power] = weight.toExponential(error > 0 ? 1 : 2).split("e-");
  return `${factor} · 10⁻${[...power].map((digit) => SUPERSCRIPT[Number(digit)]).join("")}`;
}
