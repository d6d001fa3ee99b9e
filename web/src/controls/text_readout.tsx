/** Beside a text: the strongest tokens, to go to, and the weight of one that is kept. */

import { effectLine } from "../engine/effect";
import { effectName } from "../engine/effect_legend";
import { otherSide, sideOf } from "../engine/follow";
import { attentionOf } from "../engine/selection";
import type { Host } from "../hosts/host";
import { errorAt } from "../source/lookup";
import type { ViewSpec } from "../spec";
import { t } from "../strings";
import { exactText, strongest } from "./map_readout";
import { EffectValue } from "./readout";
import type { TextState } from "./text_state";

const ROWS = 14;

interface Props {
  spec: ViewSpec;
  host: Host;
  state: TextState;
  go(position: number): void;
}

export function TextReadout({ spec, host, state, go }: Props) {
  const line = state.line.value.value;
  const field = host.effects.value;
  const attention = attentionOf(spec, host.selection.value);
  const way = sideOf(line?.direction ?? "attends");
  const stream = (side: "query" | "key") =>
    spec.streams[side === "query" ? attention.query_stream : attention.key_stream];
  const others = stream(line?.run ? otherSide(way) : "key").labels;
  if (!line || line.weights.length !== others.length) return <div class="readout map" />;
  const other = line.run ? host.selection.value[otherSide(way)] : null;
  const side = line.run ? otherSide(way) : "key";
  const effects = field && effectLine(field, host.selection.value.heads, side, others.length, line.run);
  const title = field ? effectName(field) : line.isGiven ? t.givenTitle : t.receivedTitle;
  return (
    <div class="readout map">
      {line.run ? (
        <h2>
          <span class="token">
            <span class="side">
              {t[way]} {t.run(...line.run)}
            </span>
            <bdi>
              {stream(way)
                .labels.slice(line.run[0], Math.min(line.run[1], line.run[0] + 12))
                .join(" ")}
            </bdi>
          </span>
          {other !== null && (
            <span class="token">
              <span class="side">
                {t[otherSide(way)]} {other}
              </span>
              <bdi>{others[other]}</bdi>
            </span>
          )}
        </h2>
      ) : (
        <h2>{title}</h2>
      )}
      {other !== null && (
        <p class="exact">
          <strong>{exactText(line.weights[other], errorAt(line.coding, line.weights[other]))}</strong>
        </p>
      )}
      {line.run && <h3>{line.direction === "attends" ? t.attendsTo : t.attendedBy}</h3>}
      <ol class="links">
        {strongest(effects ? effects.map(Math.abs) : line.weights, ROWS).map((position) => (
          <li key={position}>
            <button type="button" tabIndex={-1} onClick={() => go(position)}>
              <span class="side">{position}</span>
              <span class="name">
                <bdi>{others[position]}</bdi>
              </span>
              {effects && field ? (
                <EffectValue effect={effects[position]} field={field} />
              ) : (
                <span class="value">
                  {exactText(line.weights[position], errorAt(line.coding, line.weights[position]))}
                </span>
              )}
            </button>
          </li>
        ))}
      </ol>
      {!line.run && <p class="hint">{t.followHint}</p>}
    </div>
  );
}
