/** The heatmap's controls around its picture. */

import { computed, effect, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { barMarks, type HeatScale, has, MASKED, UNKNOWN } from "../engine/heatmap/cells";
import { heatNotes, heatOf } from "../engine/heatmap/declared";
import { NAN_HEX } from "../engine/map/scale";
import { effectNotes, headsNamed, runNotes } from "../engine/notes";
import { firstTokens, precision, sameFocus } from "../engine/scene";
import { attentionOf, headsAt, pin } from "../engine/selection";
import { HeatmapPanel } from "../panels/heatmap_panel";
import type { SelectionSpec } from "../spec";
import { t } from "../strings";
import { coded, type HeadFrameProps, HeadToolbar, press } from "./head_frame";
import { Ramp } from "./legend";
import { LinkTable } from "./link_table";
import { pageNotes, Shortcuts, Status } from "./messages";
import { Readout, Spoken } from "./readout";
import type { LayerTiles } from "./state";
import { Field, Segments, Toggle } from "./toolbar";

const SCALES = ["linear", "root", "log"] as const;

export interface HeatmapFrameProps extends Omit<HeadFrameProps, "choice"> {
  tiles: ReadonlySignal<LayerTiles | null>;
  scale: Signal<HeatScale>;
  marginals: Signal<boolean>;
}

export function HeatmapFrame(props: HeatmapFrameProps) {
  const { spec, host, loader, help, table, scene, top, pointing, scale, marginals } = props;
  const shown = scene.value;
  const { query, key } = pointing.focus.value;
  return (
    <figure class="view wide" aria-label={t.heatmap} onKeyDown={(event) => press(event, props)}>
      <HeadToolbar spec={spec} host={host} help={help} table={table} />
      <div class="bar second">
        {!host.effects.value && (
          <Field label={t.scaleLabel}>
            <Segments
              label={t.scaleLabel}
              options={SCALES.map((value) => ({ value, label: t.heatScales[value] }))}
              value={scale.value}
              choose={(value) => (scale.value = value)}
            />
          </Field>
        )}
        <Toggle
          label={t.sums}
          hint={t.sumsHint}
          on={marginals.value}
          flip={() => (marginals.value = !marginals.value)}
        />
        <div class="ends">
          <Bar {...props} />
        </div>
      </div>
      <div class="body" data-state={loader.loaded.value.state}>
        {host.selection.value.heads.length === 0 ? (
          <p class="message">{t.noHead}</p>
        ) : (
          <>
            <Status loaded={loader.loaded.value} retry={() => loader.retry()} />
            <div class="picture">
              <Stage {...props} />
              {shown && (
                <Readout
                  scene={shown}
                  focus={pointing.focus.value}
                  links={query !== null || key !== null ? pointing.links.value : top.value}
                  theme={host.theme.value}
                  open={(link) => select(props, firstTokens(link, shown.level))}
                />
              )}
            </div>
          </>
        )}
        {help.value && <Shortcuts keys={t.headKeys} close={() => (help.value = false)} />}
      </div>
      <figcaption id="caption">{caption(props)}</figcaption>
      {table.value && shown && <LinkTable scene={shown} links={top.value} />}
      <Spoken scene={scene} pointing={pointing} />
    </figure>
  );
}

/** The weights that have come last under the scale and the selection of now. */
function currentHeat({ spec, host, tiles, scale, marginals }: HeatmapFrameProps) {
  const read = tiles.value;
  if (!read?.selection.heads.length) return null;
  const { filter, rectangle, kind } = host.selection.value;
  const now = kind === read.selection.kind ? { filter, rectangle } : {};
  return heatOf(spec, { ...read.selection, ...now }, read.tiles, scale.value, marginals.value, host.effects.value);
}

function Bar(props: HeatmapFrameProps) {
  const heat = currentHeat(props);
  return (
    heat &&
    !heat.scene.effects && (
      <div class="legend">
        <Ramp theme={props.host.theme.value} marks={barMarks(props.scale.value, heat.top)} />
        {has(heat, MASKED) && <Swatch name={t.masked} />}
        {has(heat, UNKNOWN) && <Swatch name={t.notANumber} colour={NAN_HEX} />}
      </div>
    )
  );
}

/** How masked cells look, or those of one colour. */
function Swatch({ name, colour }: { name: string; colour?: string }) {
  return (
    <span class="masked">
      <i style={colour && { background: colour }} />
      {name}
    </span>
  );
}

function Stage(props: HeatmapFrameProps) {
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => attach(stage.current!, props), []);
  return (
    <div
      class="stage matrix"
      ref={stage}
      tabIndex={0}
      role="application"
      aria-label={t.heatmap}
      aria-describedby="caption"
    />
  );
}

/** A panel in the stage, following the signals until the view goes. */
function attach(stage: HTMLElement, props: HeatmapFrameProps): () => void {
  const { host, pointing, scene } = props;
  const panel = new HeatmapPanel(
    stage,
    {
      point: (where) => {
        if (!sameFocus(pointing.hover.value, where)) pointing.hover.value = where;
      },
      pin: (side, position) => select(props, pin(host.selection.value, side, position, scene.value?.level)),
    },
    host.theme.peek(),
  );
  const heat = computed(() => currentHeat(props));
  const ends = [
    effect(() => panel.dress(host.theme.value)),
    effect(() => {
      if (heat.value) panel.show(heat.value);
    }),
    effect(() => panel.focus(pointing.focus.value)),
  ];
  return () => {
    for (const end of ends) end();
    panel.dispose();
  };
}

function select({ host }: HeatmapFrameProps, change: Partial<SelectionSpec>): void {
  host.selection.value = { ...host.selection.peek(), ...change };
}

function caption(props: HeatmapFrameProps): string {
  const [heat, { spec, host }] = [currentHeat(props), props];
  if (!heat) return "";
  const { scene } = heat;
  const names = headsNamed(
    scene.heads.map(({ head }) => head),
    headsAt(attentionOf(spec, host.selection.value), scene.layer),
  );
  return [
    t.mapCaption(spec.title, scene.layer, names, scene.queries.length, scene.keys.length),
    ...heatNotes(heat),
    ...runNotes(scene),
    ...effectNotes(scene),
    ...coded(precision(scene)),
    ...pageNotes(spec),
  ].join(" ");
}
