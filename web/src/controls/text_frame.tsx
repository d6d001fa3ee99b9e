/** The text view's controls around its text. */

import { effect, type Signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { effectLine } from "../engine/effect";
import { type Direction, follow, otherSide, type Run, sideOf } from "../engine/follow";
import { beginsOf } from "../engine/map/text_grain";
import { headsNamed, subjectNotes } from "../engine/notes";
import { attentionOf, headsAt, release, type Side, stepHead, stepLayer } from "../engine/selection";
import type { Host } from "../hosts/host";
import { TextPanel } from "../panels/text_panel";
import type { AttentionSpec, SelectionSpec, ViewSpec } from "../spec";
import { t } from "../strings";
import { GoTo } from "./go_to";
import { isOurs } from "./head_frame";
import { MapLegend } from "./map_legend";
import { pageNotes, Shortcuts, Status } from "./messages";
import { SubjectPicker } from "./subject_picker";
import { TextReadout } from "./text_readout";
import { LONGEST_RUN, type TextState } from "./text_state";
import { Field, HelpToggle, Segments } from "./toolbar";

export interface TextFrameProps {
  spec: ViewSpec;
  host: Host;
  state: TextState;
  help: Signal<boolean>;
  message: Signal<string>;
}

export function TextFrame(props: TextFrameProps) {
  const { spec, host, state, help, message } = props;
  const { selection } = host;
  const now = selection.value;
  const attention = attentionOf(spec, now);
  const isSelf = attention.query_stream === attention.key_stream;
  const sides: Side[] = isSelf ? ["key"] : ["query", "key"];
  const line = state.line.value;
  return (
    <figure class="view wide texts" aria-label={t.textView} onKeyDown={(event) => press(event, props)}>
      <Bar {...props} />
      <div class="bar second">
        <GoTo
          queries={spec.streams[attention.query_stream]}
          keys={spec.streams[attention.key_stream]}
          at={{ query: now.query, key: now.key }}
          message={message}
          go={(query, key) => select(props, { query: query ?? now.query, key: key ?? now.key })}
        />
        <span class="note" role="status">
          {message.value || (state.pinned.value ? t.keptFollow : "")}
        </span>
        <div class="ends">
          {!line.value?.isGiven && !host.effects.value && (
            <MapLegend theme={host.theme.value} scale={state.scale} hasMask={false} />
          )}
        </div>
      </div>
      <div class="body" data-state={line.state}>
        <Status loaded={line} retry={() => (state.pointed.value = null)} />
        <div class="picture">
          <div class={isSelf ? "pages" : "pages two"}>
            {sides.map((side) => (
              <Page key={`${now.kind}/${side}`} {...props} side={side} isSelf={isSelf} />
            ))}
          </div>
          <TextReadout
            {...props}
            go={(position) => select(props, { [otherSide(sideOf(state.direction.value))]: position })}
          />
        </div>
        {help.value && <Shortcuts keys={t.textKeys} close={() => (help.value = false)} />}
      </div>
      <figcaption>{caption(props)}</figcaption>
    </figure>
  );
}

function Bar({ spec, host, state, help }: TextFrameProps) {
  const { selection } = host;
  const now = selection.value;
  const attention = attentionOf(spec, now);
  const change = (next: SelectionSpec) => {
    selection.value = next;
  };
  return (
    <div class={attention.heads.length > 12 ? "bar many" : "bar"}>
      <SubjectPicker spec={spec} selection={now} select={change} />
      {now.heads.length > 1 && (
        <Segments
          label={t.headsTogether}
          options={(["mean", "max"] as const).map((value) => ({ value, label: t.pools[value] }))}
          value={state.pool.value}
          choose={(pool) => (state.pool.value = pool)}
        />
      )}
      <Field label={t.directionLabel}>
        <Segments
          label={t.directionHint}
          options={(["attends", "attended"] as const).map((value) => ({ value, label: t.directions[value] }))}
          value={state.direction.value}
          choose={(direction) => turn(direction, host, state)}
        />
      </Field>
      <div class="ends">
        <HelpToggle help={help} />
      </div>
    </div>
  );
}

/** The other way round, from the same token. */
function turn(direction: Direction, { selection }: Host, state: TextState): void {
  if (direction === state.direction.peek()) return;
  const { query, key } = selection.peek();
  state.direction.value = direction;
  const isSelf = state.subject.peek()?.attention.query_stream === state.subject.peek()?.attention.key_stream;
  if (isSelf)
    selection.value = {
      ...selection.peek(),
      query: direction === "attended" ? null : key,
      key: direction === "attended" ? query : null,
      rectangle: null,
    };
}

function select({ host }: TextFrameProps, change: Partial<SelectionSpec>): void {
  host.selection.value = { ...host.selection.peek(), ...change };
}

/** One text: both sides of self-attention, or one side of cross-attention. */
function Page({ spec, host, state, message, side, isSelf }: TextFrameProps & { side: Side; isSelf: boolean }) {
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const attention = attentionOf(spec, host.selection.peek());
    const tokens = spec.streams[side === "query" ? attention.query_stream : attention.key_stream];
    const follows = () => isSelf || side === sideOf(state.direction.peek());
    const shaded = () =>
      isSelf || side === otherSide(sideOf(state.direction.value)) || (!state.line.value.value?.run && side === "key");
    const { selection } = host;
    const click = (position: number, more: boolean) => {
      message.value = "";
      const way = sideOf(state.direction.peek());
      const now = selection.peek();
      if (!follows() || (state.pinned.peek() && state.source.peek()))
        selection.value = { ...now, [otherSide(way)]: position };
      else
        selection.value =
          more && now[way] !== null
            ? extended(now, attention, way, position, message)
            : clicked(now, attention, way, position);
    };
    const hold = (position: number) => {
      if (!follows()) return;
      selection.value = follow(selection.peek(), attention, sideOf(state.direction.peek()), [position, position + 1]);
      state.pinned.value = true;
    };
    const point = (position: number | null) => {
      if (follows()) state.pointed.value = position;
    };
    const panel = new TextPanel(stage.current!, tokens, beginsOf(tokens), { point, click, hold });
    const ends = [
      effect(() => {
        const line = state.line.value.value;
        const values = shaded() && line ? line.weights : null;
        panel.shade({
          values,
          scale: scaleFor(line?.isGiven ?? false, line?.weights, state),
          theme: host.theme.value,
          visible: values?.length ?? 1,
          effects: shaded() ? tokenEffects(host, attention, line?.run ?? null, state) : null,
        });
      }),
      effect(() => {
        const way = sideOf(state.direction.value);
        const isSource = isSelf || side === way;
        const other = isSelf || side !== way ? selection.value[otherSide(way)] : null;
        panel.mark(isSource ? state.source.value : null, other, state.pinned.value);
      }),
      effect(() => {
        const { query, key } = selection.value;
        const way = sideOf(state.direction.peek());
        const wanted = isSelf
          ? (selection.value[otherSide(way)] ?? selection.value[way])
          : side === "query"
            ? query
            : key;
        if (wanted !== null) panel.reveal(wanted);
      }),
    ];
    return () => {
      for (const end of ends) end();
      panel.dispose();
    };
  }, []);
  return <div class="page" ref={stage} role="group" aria-label={isSelf ? t.textView : t.textSide[side]} tabIndex={0} />;
}

/** The effect of each token that is shaded: of the edges that are followed, or of all that was measured. */
function tokenEffects(host: Host, attention: AttentionSpec, run: Run | null, state: TextState) {
  const field = host.effects.value;
  if (!field) return null;
  const side = run ? otherSide(sideOf(state.direction.value)) : "key";
  const count = side === "key" ? attention.keys : attention.queries;
  return { field, values: effectLine(field, host.selection.value.heads, side, count, run) };
}

function scaleFor(isGiven: boolean, values: Float32Array | undefined, state: TextState) {
  if (!isGiven || !values) return state.scale.value;
  return { kind: "root" as const, root: 1, handle: values.reduce((most, value) => Math.max(most, value), 1e-9) };
}

/** A click follows a token; on the one that is followed it lets go. */
function clicked(
  now: SelectionSpec,
  attention: ReturnType<typeof attentionOf>,
  side: Side,
  position: number,
): SelectionSpec {
  if (now[side] === position && !now.rectangle) return { ...release(now), rectangle: null };
  return { ...follow(now, attention, side, [position, position + 1]), [otherSide(side)]: null };
}

function extended(
  now: SelectionSpec,
  attention: ReturnType<typeof attentionOf>,
  side: Side,
  position: number,
  message: Signal<string>,
): SelectionSpec {
  const from = now[side] ?? position;
  const [start, stop] = [Math.min(from, position), Math.max(from, position) + 1];
  if (stop - start <= LONGEST_RUN) return follow(now, attention, side, [start, stop]);
  message.value = t.longRun(LONGEST_RUN);
  return now;
}

function press(event: KeyboardEvent, props: TextFrameProps): void {
  if (!isOurs(event)) return;
  const { spec, host, state, help } = props;
  const now = host.selection.peek();
  const attention = attentionOf(spec, now);
  const way = sideOf(state.direction.peek());
  const step = (by: number) => {
    const last = (way === "query" ? attention.queries : attention.keys) - 1;
    host.selection.value = follow(now, attention, way, [
      Math.max(0, Math.min(last, (now[way] ?? -1) + by)),
      Math.max(0, Math.min(last, (now[way] ?? -1) + by)) + 1,
    ]);
  };
  const actions: Record<string, () => void> = {
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    Enter: () => (state.pinned.value = state.source.peek() !== null),
    Escape: () => {
      if (help.peek()) help.value = false;
      else if (state.pinned.peek()) state.pinned.value = false;
      else host.selection.value = { ...release(now), rectangle: null };
    },
    d: () => turn(state.direction.peek() === "attends" ? "attended" : "attends", host, state),
    m: () => (state.pool.value = state.pool.peek() === "max" ? "mean" : "max"),
    "/": () => (event.currentTarget as HTMLElement).querySelector<HTMLElement>("input.find")?.focus(),
    "[": () => (host.selection.value = stepHead(now, attention, -1)),
    "]": () => (host.selection.value = stepHead(now, attention, 1)),
    ",": () => (host.selection.value = stepLayer(now, attention, -1)),
    ".": () => (host.selection.value = stepLayer(now, attention, 1)),
    "?": () => (help.value = !help.peek()),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

function caption({ spec, host, state }: TextFrameProps): string {
  const { layer, heads } = host.selection.value;
  const attention = attentionOf(spec, host.selection.value);
  const name = headsNamed(heads, headsAt(attention, layer));
  const line = state.line.value.value;
  const tokens = spec.streams[attention.key_stream].labels.length;
  const shaded = !line
    ? ""
    : line.run
      ? t.followCaption(line.direction, `token ${t.run(...line.run)}`)
      : line.isGiven
        ? t.givenCaption
        : t.receivedCaption(line.share ?? 1);
  const effects = host.effects.value;
  const said = effects ? subjectNotes(effects, { layer, heads }) : [shaded];
  return [t.textCaption(spec.title, layer, name, tokens), ...said, ...pageNotes(spec)].join(" ");
}
