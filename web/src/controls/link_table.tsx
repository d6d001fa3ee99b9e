/** The strongest links as a real table, for reading without the picture. */

import { effectName } from "../engine/effect_legend";
import { type Link, placeName, type Scene } from "../engine/scene";
import { t, weightText } from "../strings";
import { EffectValue } from "./readout";

export function LinkTable({ scene, links }: { scene: Scene; links: readonly Link[] }) {
  return (
    <div class="table" role="group" aria-label={t.strongestLinks} tabIndex={0}>
      <table>
        <caption>{t.strongestLinks}</caption>
        <thead>
          <tr>
            <th scope="col">{t.query}</th>
            <th scope="col">{t.key}</th>
            <th scope="col">{t.head}</th>
            <th scope="col">{t.weight}</th>
            {scene.effects && <th scope="col">{effectName(scene.effects)}</th>}
          </tr>
        </thead>
        <tbody>
          {links.map((link) => (
            <tr key={`${link.entry}/${link.query}/${link.key}`}>
              <Token place={placeName(scene, "query", link.query)} label={scene.queryTokens.labels[link.query]} />
              <Token place={placeName(scene, "key", link.key)} label={scene.keyTokens.labels[link.key]} />
              <td>{scene.heads[link.entry].head}</td>
              <td>{weightText(link.weight)}</td>
              {scene.effects && (
                <td>
                  <EffectValue effect={link.effect} field={scene.effects} />
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A token as a cell: where it stands, and its text. */
export function Token({ place, label }: { place: string; label: string }) {
  return (
    <td>
      <span class="side">{place}</span> <bdi>{label}</bdi>
    </td>
  );
}
