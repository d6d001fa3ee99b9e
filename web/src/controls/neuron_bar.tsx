/** The controls above a neuron picture: which head, which keys, how dimensions stand. */

import type { Signal } from "@preact/signals";
import { attentionOf } from "../engine/selection";
import type { Host } from "../hosts/host";
import type { ViewSpec } from "../spec";
import { t } from "../strings";
import { GoTo } from "./go_to";
import { setNeuronKind } from "./neuron_keys";
import { headOf, type NeuronState } from "./neuron_state";
import { neuron } from "./neuron_words";
import { Field, HelpToggle, Segments, Stepper, Toggle } from "./toolbar";

export interface NeuronBarProps {
  spec: ViewSpec;
  host: Host;
  state: NeuronState;
  help: Signal<boolean>;
  table: Signal<boolean>;
  message: Signal<string>;
}

export function NeuronBar(props: NeuronBarProps) {
  return (
    <>
      <HeadBar {...props} />
      <KeyBar {...props} />
    </>
  );
}

function HeadBar({ spec, host, state, help, table }: NeuronBarProps) {
  const { selection } = host;
  const now = selection.value;
  const { attention, head } = headOf(spec, now);
  const heads = attention.layer_heads[attention.layers.indexOf(now.layer)] ?? attention.heads;
  const kinds = spec.attentions.map(({ kind }) => ({ value: kind, label: t.kinds[kind] }));
  return (
    <div class="bar">
      <Stepper
        label={t.layer}
        values={attention.layers}
        value={now.layer}
        previous={t.previousLayer}
        next={t.nextLayer}
        choose={(layer) => (selection.value = { ...now, layer })}
      />
      <Stepper
        label={t.head}
        values={heads}
        value={head}
        previous={t.previousHead}
        next={t.nextHead}
        choose={(chosen) => (selection.value = { ...now, heads: [chosen] })}
      />
      {kinds.length > 1 && (
        <Segments
          label={t.attention}
          options={kinds}
          value={now.kind}
          choose={(kind) => (selection.value = setNeuronKind(now, spec, kind))}
        />
      )}
      <div class="ends">
        <Toggle
          label={neuron().expand}
          hint={neuron().expandHint}
          on={state.expanded.value}
          flip={() => (state.expanded.value = !state.expanded.value)}
        />
        <Toggle
          label={t.table}
          hint={neuron().neuronTableHint}
          on={table.value}
          flip={() => (table.value = !table.value)}
        />
        <HelpToggle help={help} />
      </div>
    </div>
  );
}

function KeyBar({ spec, host, state, message }: NeuronBarProps) {
  const { selection } = host;
  const now = selection.value;
  const attention = attentionOf(spec, now);
  const { choosing, dimOrder, dimSum, expanded } = state;
  const turns = (state.scene.value?.parts.rotary.length ?? 0) > 0;
  const known = <T extends { value: string }>(all: T[]) =>
    all.filter(({ value }) => turns || (value !== "frequency" && value !== "pairs"));
  const options = <T extends string>(names: Record<T, string>) =>
    (Object.keys(names) as T[]).map((value) => ({ value, label: names[value] }));
  return (
    <div class="bar second">
      <GoTo
        queries={spec.streams[attention.query_stream]}
        keys={spec.streams[attention.key_stream]}
        at={{ query: now.query, key: now.key }}
        message={message}
        go={(query, key) => (selection.value = { ...now, query: query ?? now.query, key: key ?? now.key })}
      />
      <Field label={neuron().shownKeys}>
        <Segments
          label={neuron().shownKeys}
          options={options(neuron().keyChoices)}
          value={choosing.value.choice}
          choose={(choice) => (choosing.value = { ...choosing.value, choice })}
        />
        {choosing.value.choice === "found" && (
          <input
            class="find short"
            type="search"
            placeholder={neuron().searchKeys}
            aria-label={neuron().searchKeys}
            value={choosing.value.text}
            onKeyDown={(event) => event.stopPropagation()}
            onInput={(event) => (choosing.value = { ...choosing.value, text: event.currentTarget.value })}
          />
        )}
        <Segments
          label={neuron().orderLabel}
          options={options(neuron().keyOrders)}
          value={choosing.value.order}
          choose={(order) => (choosing.value = { ...choosing.value, order })}
        />
      </Field>
      {expanded.value && (
        <Field label={neuron().dimensions}>
          <Segments
            label={neuron().dimOrderHint}
            options={known(options(neuron().dimOrders))}
            value={dimOrder.value}
            choose={(order) => (dimOrder.value = order)}
          />
          <Segments
            label={neuron().dimSumHint}
            options={known(options(neuron().dimSums))}
            value={dimSum.value}
            choose={(sum) => (dimSum.value = sum)}
          />
        </Field>
      )}
    </div>
  );
}
