/** The neuron view's controls around its picture. */

import { effect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { massOf } from "../engine/neuron/keys";
import { type NeuronScene, partsRow, sumsOf } from "../engine/neuron/scene";
import { NeuronPanel } from "../panels/neuron_panel";
import { isOurs } from "./head_frame";
import { pageNotes, Shortcuts, Status } from "./messages";
import { NeuronBar, type NeuronBarProps } from "./neuron_bar";
import { neuronAction } from "./neuron_keys";
import { headOf, type NeuronState } from "./neuron_state";
import { NeuronSum } from "./neuron_sum";
import { NeuronTable } from "./neuron_table";
import { neuron, neuronWords } from "./neuron_words";

export interface NeuronFrameProps extends NeuronBarProps {
  /** Whether this is a page that holds only what it was given. */
  isPage: boolean;
}

export function NeuronFrame(props: NeuronFrameProps) {
  const { host, state, help, table, message } = props;
  const scene = state.scene.value;
  const loaded = state.loaded.value;
  const row = shownRow(scene, state, host.selection.value.key);
  return (
    <figure class="view wide neuron" aria-label={neuron().neuronView} onKeyDown={(event) => press(event, props)}>
      <NeuronBar {...props} />
      <div class="body" data-state={loaded.state}>
        <Status loaded={loaded} retry={state.retry} />
        <Picture {...props} />
        {scene && !scene.keys.length && <p class="message">{neuron().noKeyFound}</p>}
        {scene && row >= 0 && <NeuronSum scene={scene} row={row} place={state.focus.value.place} />}
        {help.value && <Shortcuts keys={neuron().neuronKeys} close={() => (help.value = false)} />}
      </div>
      <p class="note" role="status">
        {message.value}
      </p>
      <figcaption id="caption">
        <Legend /> {scene && caption(props, scene)}
      </figcaption>
      {table.value && scene && <NeuronTable scene={scene} />}
    </figure>
  );
}

/** The row whose sum is shown: the one pointed at, else the kept one, else the strongest of those that are there. */
function shownRow(scene: NeuronScene | null, state: NeuronState, key: number | null): number {
  if (!scene?.keys.length) return -1;
  const { row } = state.focus.value;
  if (row !== null && row < scene.keys.length) return row;
  const kept = key === null ? -1 : scene.keys.indexOf(key);
  if (partsRow(scene, kept) >= 0) return kept;
  const { keys } = scene.parts;
  const best = keys.reduce((most, one, i) => (scene.weights[one] > scene.weights[keys[most]] ? i : most), 0);
  return scene.first + best;
}

function Legend() {
  return (
    <span class="signs">
      <i class="negative" /> {neuron().negative} <i class="positive" /> {neuron().positive}
    </span>
  );
}

function Picture({ host, state }: NeuronFrameProps) {
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { selection } = host;
    const events = {
      point: (query: number | null, focus: { row: number | null; place: number | null }) => {
        state.hovered.value = query;
        state.focus.value = focus;
      },
      click: (query: number | null, row: number | null) => {
        const now = selection.peek();
        if (query !== null) selection.value = { ...now, query };
        const key = row === null ? undefined : state.scene.peek()?.keys[row];
        if (key !== undefined) selection.value = { ...now, key: now.key === key ? null : key };
      },
      sight: (first: number, stop: number) => {
        const [from, to] = state.inSight.peek();
        if (from !== first || to !== stop) state.inSight.value = [first, stop];
      },
    };
    const panel = new NeuronPanel(stage.current!, events, host.theme.peek(), neuronWords());
    const ends = [
      effect(() => panel.dress(host.theme.value)),
      effect(() => {
        if (state.scene.value) panel.show(state.scene.value);
      }),
      effect(() => {
        const { key } = selection.value;
        const { row, place } = state.focus.value;
        const kept = key === null ? -1 : (state.scene.value?.keys.indexOf(key) ?? -1);
        panel.focus({ row: row ?? (kept < 0 ? null : kept), place });
      }),
      effect(() => {
        const { key } = selection.value;
        const row = key === null ? -1 : (state.scene.peek()?.keys.indexOf(key) ?? -1);
        if (row >= 0) panel.reveal(row);
      }),
    ];
    return () => {
      for (const end of ends) end();
      panel.dispose();
    };
  }, []);
  return (
    <div
      class="stage rows"
      ref={stage}
      tabIndex={0}
      role="application"
      aria-label={neuron().neuronView}
      aria-describedby="caption"
    />
  );
}

function press(event: KeyboardEvent, { spec, host, state, help, table }: NeuronFrameProps): void {
  if (!isOurs(event)) return;
  if (event.key === "/") {
    event.preventDefault();
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>("input.find")?.focus();
    return;
  }
  const action = neuronAction(event, spec, host, state, { help, table });
  if (!action) return;
  event.preventDefault();
  event.stopPropagation();
  action();
}

function caption({ spec, host, isPage }: NeuronFrameProps, scene: NeuronScene): string {
  return [
    ...neuronNotes(spec, host.selection.value, scene),
    neuron().neuronHint,
    ...(isPage ? pageNotes(spec) : []),
  ].join(" ");
}

/** What the picture shows, in sentences. */
export function neuronNotes(
  spec: NeuronFrameProps["spec"],
  selection: NeuronFrameProps["spec"]["selection"],
  scene: NeuronScene,
): string[] {
  const { attention, layer, head } = headOf(spec, selection);
  const heads = attention.head_count;
  const shares =
    attention.kv_heads < heads ? neuron().keyHead(scene.parts.factors.kvHead, heads / attention.kv_heads) : "";
  const { sink } = sumsOf(scene);
  return [
    neuron().neuronCaption(spec.title, layer, head, shares),
    neuron().keysShown(scene.keys.length, scene.weights.length, massOf(scene.keys, scene.weights)),
    ...(sink === null ? [] : [neuron().sinkTakes(sink)]),
  ];
}
