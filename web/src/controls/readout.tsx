/** The numbers beside a picture: the strongest links of what is focused, or of all that is shown. */

import type { ReadonlySignal } from "@preact/signals";
import { type Field, lookOf } from "../engine/effect";
import { effectName } from "../engine/effect_legend";
import { type Focus, isSomewhere, type Link, placeName, precision, type Scene } from "../engine/scene";
import type { Theme } from "../engine/theme";
import { signedText, t, weightText } from "../strings";
import type { Pointing } from "./state";

const ROWS = 10;

interface Props {
  scene: Scene;
  focus: Focus;
  links: readonly Link[];
  theme: Theme;
  open(link: Link): void;
}

export function Readout({ scene, focus, links, theme, open }: Props) {
  const error = precision(scene);
  return (
    <div class="readout">
      <Heading scene={scene} focus={focus} />
      <ol class="links">
        {links.slice(0, ROWS).map((link) => (
          <li key={`${link.entry}/${link.query}/${link.key}`}>
            <button type="button" tabIndex={-1} onClick={() => open(link)}>
              <Swatch scene={scene} link={link} theme={theme} />
              <span class="name">
                <Ends scene={scene} focus={focus} link={link} />
              </span>
              <span class="value">{weightText(link.weight)}</span>
              {scene.effects && <EffectValue effect={link.effect} field={scene.effects} />}
            </button>
          </li>
        ))}
      </ol>
      <p class="hint">
        {isSomewhere(focus) ? (links.length ? null : t.noLink) : t.hint}
        {error > 0 && links.length > 0 && <span class="precision">{t.precision(error)}</span>}
      </p>
    </div>
  );
}

/** An effect as a number on its colour; what was not measured, or cannot be, is said. */
export function EffectValue({ effect = Number.NaN, field }: { effect: number | undefined; field: Field }) {
  const look = lookOf(effect, field);
  const words = look === "unknown" ? "–" : signedText(effect);
  const title = look === "unknown" ? t.notMeasured : look === "noise" ? t.notMeasurable : effectName(field);
  return (
    <span class={look === "noise" ? "effect noise" : "effect"} title={title}>
      {look === "noise" ? `(${words})` : words}
    </span>
  );
}

function Heading({ scene, focus }: Pick<Props, "scene" | "focus">) {
  if (!isSomewhere(focus)) return <h2>{t.strongestLinks}</h2>;
  return (
    <h2>
      {focus.query !== null && (
        <TokenName
          side="query"
          place={placeName(scene, "query", focus.query)}
          label={scene.queryTokens.labels[focus.query]}
        />
      )}
      {focus.key !== null && (
        <TokenName side="key" place={placeName(scene, "key", focus.key)} label={scene.keyTokens.labels[focus.key]} />
      )}
    </h2>
  );
}

function TokenName({ side, place, label }: { side: "query" | "key"; place: string; label: string }) {
  return (
    <span class="token">
      <span class="side">
        {t[side]} {place}
      </span>
      <bdi>{label}</bdi>
    </span>
  );
}

function Swatch({ scene, link, theme }: { scene: Scene; link: Link; theme: Theme }) {
  const { head, hue } = scene.heads[link.entry];
  return (
    <span
      class="swatch"
      style={{ "--hue": theme.colours[`head${hue}`], "--share": String(Math.min(1, link.weight)) }}
      title={t.headButton(head)}
    >
      {head}
    </span>
  );
}

/** The end of the link that the heading does not name; each label keeps its direction to itself. */
function Ends({ scene, focus, link }: Pick<Props, "scene" | "focus"> & { link: Link }) {
  const query = <bdi>{scene.queryTokens.labels[link.query]}</bdi>;
  const key = <bdi>{scene.keyTokens.labels[link.key]}</bdi>;
  if (focus.query !== null) return key;
  if (focus.key !== null) return query;
  return (
    <>
      {query} → {key}
    </>
  );
}

/** Tells screen readers what is focused. */
export function Spoken({ scene, pointing }: { scene: ReadonlySignal<Scene | null>; pointing: Pointing }) {
  return (
    <div class="spoken" aria-live="polite">
      {scene.value && spoken(scene.value, pointing.focus.value, pointing.links.value)}
    </div>
  );
}

/** What a screen reader hears of the focus. */
export function spoken(scene: Scene, focus: Focus, links: readonly Link[]): string {
  if (!isSomewhere(focus)) return "";
  const query = (i: number) => t.token("query", placeName(scene, "query", i), scene.queryTokens.labels[i]);
  const key = (i: number) => t.token("key", placeName(scene, "key", i), scene.keyTokens.labels[i]);
  const here = focus.query !== null ? query(focus.query) : key(focus.key!);
  if (!links.length) return t.nothing(here);
  return links
    .slice(0, 3)
    .map((link) => t.link(query(link.query), key(link.key), weightText(link.weight), scene.heads[link.entry].head))
    .join("; ");
}
