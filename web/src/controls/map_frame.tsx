/** The map view's controls around its map. */

import type { Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type MapAction, mapAction } from "../engine/map/map_keys";
import { isFull } from "../engine/map/mask";
import { headsNamed, subjectNotes } from "../engine/notes";
import { attentionOf, headsAt } from "../engine/selection";
import type { Host } from "../hosts/host";
import type { Source } from "../source/source";
import type { SelectionSpec, ViewSpec } from "../spec";
import { t } from "../strings";
import { GoTo } from "./go_to";
import { isOurs } from "./head_frame";
import { MapLegend } from "./map_legend";
import { CLOSE, MapPilot, SCALES } from "./map_pilot";
import { MapReadout } from "./map_readout";
import type { MapState } from "./map_state";
import { MapTable } from "./map_table";
import { pageNotes, Shortcuts } from "./messages";
import { SubjectPicker } from "./subject_picker";
import { Field, Segments, Toggle } from "./toolbar";

const POOLS = ["max", "mean"] as const;

export interface MapFrameProps {
  spec: ViewSpec;
  source: Source;
  host: Host;
  state: MapState;
  help: Signal<boolean>;
  message: Signal<string>;
}

export function MapFrame(props: MapFrameProps) {
  const { host, source, state, help, message } = props;
  const stage = useRef<HTMLDivElement>(null);
  const pilot = useRef<MapPilot>(null);
  pilot.current ??= new MapPilot(props);
  useEffect(() => pilot.current!.board(stage.current!), []);
  const { selection, theme } = host;
  const act = (action: MapAction) => pilot.current?.perform(action);
  const scene = state.scene.value;
  const now = selection.value;
  return (
    <figure
      class="view wide map"
      aria-label={t.mapView}
      onKeyDown={(event) => {
        const action = isOurs(event) ? mapAction(event.key, event.shiftKey) : null;
        if (!action) return;
        event.preventDefault();
        event.stopPropagation();
        act(action);
      }}
    >
      <Bar {...props} act={act} />
      <div class="bar second">
        {scene && (
          <GoTo
            queries={scene.queries.tokens}
            keys={scene.keys.tokens}
            at={{ query: now.query, key: now.key }}
            message={message}
            go={(query, key) => {
              pilot.current?.visit(query ?? now.query, key ?? now.key, CLOSE);
            }}
          />
        )}
        <button type="button" class="quiet" title={t.edgeHint} onClick={() => act({ do: "edge", by: 1 })}>
          {t.nextEdge}
        </button>
        <span class="note" role="status">
          {message.value}
        </span>
        <div class="ends">
          {!host.effects.value && (
            <MapLegend theme={theme.value} scale={state.scale} hasMask={!!scene && !isFull(scene.mask)} />
          )}
          <div class="stepper">
            <button
              type="button"
              class="icon"
              aria-label={t.zoomOut}
              title={t.zoomOut}
              onClick={() => act({ do: "zoom", factor: 1 / 2 })}
            >
              −
            </button>
            <button
              type="button"
              class="icon"
              aria-label={t.zoomIn}
              title={t.zoomIn}
              onClick={() => act({ do: "zoom", factor: 2 })}
            >
              +
            </button>
            <button
              type="button"
              class="icon"
              aria-label={t.wholeMap}
              title={t.wholeMap}
              onClick={() => act({ do: "all" })}
            >
              ⤢
            </button>
          </div>
        </div>
      </div>
      <div class="body" data-state={stateOf(state)}>
        {!scene && <p class="message">{t.noHead}</p>}
        <div class="picture" hidden={!scene}>
          <div class="mapped">
            <div
              class="stage map"
              ref={stage}
              tabIndex={0}
              role="application"
              aria-label={t.mapView}
              aria-describedby="caption"
            />
            <Corner state={state} retry={() => pilot.current?.retry()} />
          </div>
          {scene && (
            <div>
              <MapReadout
                scene={scene}
                cell={state.cell.value}
                effects={host.effects.value}
                row={state.row.value.value}
                column={state.column.value.value}
                theme={theme.value}
                go={(query, key) => {
                  pilot.current?.visit(query, key);
                }}
              />
              {now.rectangle && (
                <Brushed
                  rectangle={now.rectangle}
                  clear={() => (selection.value = { ...selection.value, rectangle: null })}
                />
              )}
            </div>
          )}
        </div>
        {help.value && <Shortcuts keys={t.mapKeys} close={() => (help.value = false)} />}
      </div>
      <figcaption id="caption">{caption(props)}</figcaption>
      {state.table.value && <MapTable source={source} state={state} />}
      <div class="spoken" aria-live="polite">
        {spoken(props)}
      </div>
    </figure>
  );
}

function Bar({ spec, host, state, help, act }: MapFrameProps & { act(action: MapAction): void }) {
  const { selection } = host;
  const now = selection.value;
  const attention = attentionOf(spec, now);
  const select = (next: SelectionSpec) => {
    selection.value = next;
  };
  return (
    <div class={attention.heads.length > 16 ? "bar many" : "bar"}>
      <SubjectPicker spec={spec} selection={now} select={select} />
      <Field label={t.poolLabel}>
        <Segments
          label={t.poolHint}
          options={POOLS.map((value) => ({ value, label: t.pools[value] }))}
          value={state.pool.value}
          choose={(pool) => (state.pool.value = pool)}
        />
      </Field>
      {!host.effects.value && (
        <Field label={t.scaleLabel}>
          <Segments
            label={t.scaleHint}
            options={SCALES.map((value) => ({ value, label: t.scales[value] }))}
            value={state.scale.value.kind}
            choose={(kind) => (state.scale.value = { ...state.scale.value, kind, handle: 1 })}
          />
        </Field>
      )}
      <div class="ends">
        <Toggle label={t.table} hint={t.sightTableHint} on={state.table.value} flip={() => act({ do: "table" })} />
        <Toggle label={t.shortcutsButton} hint={t.shortcutsHint} on={help.value} flip={() => act({ do: "help" })} />
      </div>
    </div>
  );
}

/** In the corner between the axes: what a cell is, and how far the picture has come. */
function Corner({ state, retry }: { state: MapState; retry(): void }) {
  const status = state.status.value;
  if (!status) return null;
  const { level, wanted, there, exact, failure } = status;
  const isSample = exact < there;
  return (
    <div class="corner">
      <span>{t.perPixel(2 ** level)}</span>
      {failure ? (
        <button type="button" class="chip failed" title={failure} onClick={retry}>
          {t.retry}
        </button>
      ) : there < wanted ? (
        <span class="chip">{t.waiting(there, wanted)}</span>
      ) : isSample ? (
        <span class="chip sampled">{t.sampled(exact, wanted)}</span>
      ) : null}
    </div>
  );
}

function Brushed({ rectangle, clear }: { rectangle: number[]; clear(): void }) {
  const [q0, q1, k0, k1] = rectangle;
  return (
    <div class="brushed">
      <p>{t.rectangle(q0, q1, k0, k1)}</p>
      <p class="hint">{t.rectangleInPython}</p>
      <button type="button" class="quiet" onClick={clear}>
        {t.clear}
      </button>
    </div>
  );
}

/** For tests and for those who wait: ready once every tile in sight is there. */
function stateOf({ status }: MapState): string {
  const now = status.value;
  if (now?.failure) return "failed";
  return now && now.there === now.wanted ? "ready" : "loading";
}

function caption({ spec, host, state }: MapFrameProps): string {
  const { layer, heads } = host.selection.value;
  const attention = attentionOf(spec, host.selection.value);
  const name = headsNamed(heads, headsAt(attention, layer));
  const level = state.status.value?.level ?? 0;
  return [
    t.mapCaption(spec.title, layer, name, attention.queries, attention.keys),
    ...(host.effects.value
      ? subjectNotes(host.effects.value, { layer, heads })
      : [t.pixelPool(2 ** level, state.pool.value, heads.length)]),
    ...pageNotes(spec),
  ].join(" ");
}

function spoken({ state }: MapFrameProps): string {
  const [scene, cell] = [state.scene.value, state.cell.value];
  if (!scene || !cell) return "";
  const query = t.token("query", cell.query, scene.queries.tokens.labels[cell.query]);
  const key = t.token("key", cell.key, scene.keys.tokens.labels[cell.key]);
  return t.link(query, key, cell.weight.toPrecision(3), scene.subject.heads[0]);
}
