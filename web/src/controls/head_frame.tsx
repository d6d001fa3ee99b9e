/** The head view's controls around its picture. */

import type { Signal } from "@preact/signals";
import { pressHead } from "../engine/head_keys";
import { effectNotes, runNotes, shareNotes } from "../engine/notes";
import { counts, firstTokens, precision } from "../engine/scene";
import { attentionOf, headsAt, isPair, pin, setFilter, setKind, setLayer } from "../engine/selection";
import type { Host } from "../hosts/host";
import type { SelectionSpec, ViewSpec } from "../spec";
import { t } from "../strings";
import { HeadSquares } from "./head_squares";
import { LinkTable } from "./link_table";
import { pageNotes, Shortcuts, Status } from "./messages";
import { Picture, type PictureProps } from "./picture";
import { Spoken } from "./readout";
import type { Loading } from "./state";
import { HelpToggle, Segments, Stepper, Toggle } from "./toolbar";

/** More heads than this get a row of their own. */
const MANY_HEADS = 16;

export interface HeadFrameProps extends Pick<PictureProps, "scene" | "choice" | "top" | "pointing"> {
  spec: ViewSpec;
  host: Host;
  loader: Loading;
  help: Signal<boolean>;
  table: Signal<boolean>;
}

export function HeadFrame(props: HeadFrameProps) {
  const { spec, host, loader, help, table, scene, choice, top, pointing } = props;
  const { selection, theme } = host;
  const select = (next: SelectionSpec) => {
    selection.value = next;
  };
  const empty = selection.value.heads.length === 0;
  return (
    <figure class="view" aria-label={t.headView} onKeyDown={(event) => press(event, props)}>
      <HeadToolbar spec={spec} host={host} help={help} table={table} />
      <div class="body" data-state={loader.loaded.value.state}>
        {empty ? (
          <p class="message">{t.noHead}</p>
        ) : (
          <Status loaded={loader.loaded.value} retry={() => loader.retry()} />
        )}
        {!empty && (
          <Picture
            {...{ scene, choice, top, pointing, theme }}
            mode="lines"
            label={t.headView}
            pin={(side, position) => select(pin(selection.value, side, position, scene.value?.level))}
            open={(link) => select({ ...selection.value, ...firstTokens(link, scene.value?.level) })}
          />
        )}
        {help.value && <Shortcuts keys={t.headKeys} close={() => (help.value = false)} />}
      </div>
      <figcaption id="caption">{caption(props)}</figcaption>
      {table.value && scene.value && <LinkTable scene={scene.value} links={top.value} />}
      <Spoken scene={scene} pointing={pointing} />
    </figure>
  );
}

export function HeadToolbar({ spec, host, help, table }: Pick<HeadFrameProps, "spec" | "host" | "help" | "table">) {
  const { selection, theme } = host;
  const state = selection.value;
  const attention = attentionOf(spec, state);
  const select = (next: SelectionSpec) => {
    selection.value = next;
  };
  return (
    <div class={attention.heads.length > MANY_HEADS ? "bar many" : "bar"}>
      <Stepper
        label={t.layer}
        values={attention.layers}
        value={state.layer}
        previous={t.previousLayer}
        next={t.nextLayer}
        choose={(layer) => select(setLayer(state, attention, layer))}
      />
      <HeadSquares attention={attention} selection={state} theme={theme.value} select={select} />
      <KindAndFilter spec={spec} selection={selection} />
      <div class="ends">
        <Toggle label={t.table} hint={t.tableHint} on={table.value} flip={() => (table.value = !table.value)} />
        <HelpToggle help={help} />
      </div>
    </div>
  );
}

/** The menus that are there only where they mean something: kinds of attention, sentences of a pair. */
export function KindAndFilter({ spec, selection }: { spec: ViewSpec; selection: Signal<SelectionSpec> }) {
  const state = selection.value;
  const kinds = spec.attentions.map(({ kind }) => ({ value: kind, label: t.kinds[kind] }));
  const filters = (["all", "aa", "ab", "ba", "bb"] as const).map((value) => ({ value, label: t.filters[value] }));
  return (
    <>
      {kinds.length > 1 && (
        <Segments
          label={t.attention}
          options={kinds}
          value={state.kind}
          choose={(kind) => (selection.value = setKind(state, spec, kind))}
        />
      )}
      {isPair(spec, attentionOf(spec, state)) && (
        <Segments
          label={t.sentences}
          options={filters}
          value={state.filter}
          choose={(filter) => (selection.value = setFilter(state, spec, filter))}
        />
      )}
    </>
  );
}

/** The head view's keys, which the heatmap shares. */
export function press(
  event: KeyboardEvent,
  { spec, host, help, table, pointing }: Pick<HeadFrameProps, "spec" | "host" | "help" | "table" | "pointing">,
): void {
  if (!isOurs(event)) return;
  const before = {
    selection: host.selection.value,
    cursor: pointing.cursor.value,
    help: help.value,
    table: table.value,
  };
  const after = pressHead(before, event.key, spec);
  if (!after) return;
  event.preventDefault();
  event.stopPropagation();
  pointing.hover.value = null;
  pointing.cursor.value = after.cursor;
  host.selection.value = after.selection;
  help.value = after.help;
  table.value = after.table;
}

/** Keys that a control needs itself are left to it. */
export function isOurs(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const target = event.composedPath()[0] as HTMLElement;
  if (target.tagName === "SELECT") return event.key === "Escape";
  return !(target.tagName === "BUTTON" && (event.key === "Enter" || event.key === " "));
}

function caption({ spec, host, scene, choice }: HeadFrameProps): string {
  const shown = scene.value;
  const state = host.selection.value;
  if (!shown?.heads.length) return "";
  const attention = attentionOf(spec, state);
  const { queries, keys } = attention;
  const heads = t.headsShown(shown.heads.length, headsAt(attention, shown.layer).length);
  return [
    t.headCaption(spec.title, shown.layer, heads, ...counts(shown, queries, keys)),
    ...runNotes(shown),
    ...(shown.effects ? [] : shareNotes(choice.value, shown.level)),
    ...effectNotes(shown),
    ...coded(precision(shown)),
    ...pageNotes(spec),
  ].join(" ");
}

export function coded(error: number): string[] {
  return error > 0 ? [t.codedTo(t.precision(error))] : [];
}
