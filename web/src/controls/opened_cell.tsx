/** A cell of the model view at full size, over the grid. */

import { useEffect, useRef } from "preact/hooks";
import { scaleRoot } from "../engine/lut";
import { type ModelState, moveCell } from "../engine/model_keys";
import { runNotes, shareNotes } from "../engine/notes";
import { firstTokens, precision } from "../engine/scene";
import { attentionOf, pin } from "../engine/selection";
import { t } from "../strings";
import { coded, KindAndFilter } from "./head_frame";
import { Legend } from "./legend";
import { LinkTable } from "./link_table";
import { Status } from "./messages";
import type { ModelFrameProps } from "./model_frame";
import { Picture } from "./picture";
import { Spoken } from "./readout";
import { ModeSwitch, Toggle } from "./toolbar";

export interface OpenedCellProps extends ModelFrameProps {
  /** Where the cell lies in the grid. */
  origin: { x: number; y: number; size: number } | undefined;
}

export function OpenedCell(props: OpenedCellProps) {
  const { host, weights, scene, choice, top, pointing, state, change, origin } = props;
  const now = state.value;
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => settle(panel.current!, origin), []);
  const close = () => change({ ...now, open: false, cursor: null });
  const select = (selection: ModelState["selection"]) => change({ ...now, selection });
  return (
    <div class="opened" ref={panel} role="dialog" aria-label={t.cell(now.cell.layer, now.cell.head)} tabIndex={-1}>
      <OpenedBar {...props} close={close} />
      <div class="body" data-state={weights.loaded.value.state}>
        <Status loaded={weights.loaded.value} retry={() => weights.retry()} />
        <Picture
          {...{ scene, choice, top, pointing }}
          theme={host.theme}
          mode={now.openMode}
          label={t.cell(now.cell.layer, now.cell.head)}
          pin={(side, position) => select(pin(now.selection, side, position, scene.value?.level))}
          open={(link) => select({ ...now.selection, ...firstTokens(link, scene.value?.level) })}
        />
      </div>
      <p class="caption" id="caption">
        {[
          ...(scene.value ? runNotes(scene.value) : []),
          ...(now.openMode === "lines" ? shareNotes(choice.value, scene.value?.level) : []),
          ...(scene.value ? coded(precision(scene.value)) : []),
        ].join(" ")}
      </p>
      {now.table && scene.value && <LinkTable scene={scene.value} links={top.value} />}
      <Spoken scene={scene} pointing={pointing} />
    </div>
  );
}

function OpenedBar({ spec, host, state, change, scene, close }: OpenedCellProps & { close(): void }) {
  const now = state.value;
  const attention = attentionOf(spec, now.selection);
  const move = (down: number, across: number) => change(moveCell(now, down, across, attention));
  const tile = scene.value?.heads[0]?.tile;
  return (
    <div class="bar">
      <Step
        name={t.layer}
        value={now.cell.layer}
        previous={t.previousLayer}
        next={t.nextLayer}
        step={(by) => move(by, 0)}
      />
      <Step
        name={t.head}
        value={now.cell.head}
        previous={t.previousHead}
        next={t.nextHead}
        step={(by) => move(0, by)}
      />
      <ModeSwitch mode={now.openMode} choose={(openMode) => change({ ...now, openMode })} />
      <KindAndFilter spec={spec} selection={host.selection} />
      {now.openMode === "matrix" && <Legend theme={host.theme.value} root={tile ? scaleRoot(tile) : 2} />}
      <div class="ends">
        <Toggle label={t.table} hint={t.tableHint} on={now.table} flip={() => change({ ...now, table: !now.table })} />
        <button type="button" class="icon" aria-label={t.close} title={`${t.close} (Esc)`} onClick={close}>
          ×
        </button>
      </div>
    </div>
  );
}

function Step(props: { name: string; value: number; previous: string; next: string; step(by: number): void }) {
  return (
    <div class="field">
      <button
        type="button"
        class="icon"
        aria-label={props.previous}
        title={props.previous}
        onClick={() => props.step(-1)}
      >
        ‹
      </button>
      <strong>
        {props.name} {props.value}
      </strong>
      <button type="button" class="icon" aria-label={props.next} title={props.next} onClick={() => props.step(1)}>
        ›
      </button>
    </div>
  );
}

/** An opened cell never hides the names of the heads. */
const OVER_THE_TOP = 8;

/** Puts the opened cell beside the row it came from and moves the keyboard to it; back to the grid when it closes. */
function settle(panel: HTMLElement, origin: OpenedCellProps["origin"]): () => void {
  const body = panel.parentElement as HTMLElement;
  const before = (panel.getRootNode() as ShadowRoot).activeElement as HTMLElement | null;
  const middle = (origin?.y ?? 0) + (origin?.size ?? 0) / 2;
  const top = Math.max(OVER_THE_TOP, Math.min(middle - panel.offsetHeight / 2, body.offsetHeight - panel.offsetHeight));
  panel.style.marginTop = `${top}px`;
  panel.focus({ preventScroll: true });
  return () => before?.focus({ preventScroll: true });
}
