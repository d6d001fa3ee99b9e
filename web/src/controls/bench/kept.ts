/** What is looked at in the workbench, as the fields of an address and back. */

import { batch, effect } from "@preact/signals";
import { attentionOf, headsAt } from "../../engine/selection";
import type { Address, Fields } from "../../hosts/address";
import type { SelectionSpec, ViewSpec } from "../../spec";
import { type Scope, TABS } from "./places";
import type { Bench } from "./state";

/** Back goes back from a change of one of these; other changes only rewrite the address. */
const STEPS = ["state", "pinned", "tab"];

/** Follows the address and keeps it; what is as it was at first is left out of it. Returns what ends this. */
export function keepAddress(bench: Bench, address: Address): () => void {
  const first = fieldsOf(bench);
  let written = first;
  let reading = false;
  const read = () => {
    reading = true;
    restore(bench, { ...first, ...address.read() });
    reading = false;
    written = fieldsOf(bench);
  };
  if (Object.keys(address.read()).length) read();
  const ends = [
    address.follow(read),
    effect(() => {
      const now = fieldsOf(bench);
      if (reading) return;
      const step = STEPS.some((name) => now[name] !== written[name]);
      written = now;
      address.write(Object.fromEntries(Object.entries(now).filter(([name, value]) => value !== first[name])), step);
    }),
  ];
  return () => {
    for (const end of ends) end();
  };
}

/** Every field; "-" says that there is none. */
function fieldsOf(bench: Bench): Fields {
  const { current, pinned } = bench.session.value;
  const { kind, layer, heads } = bench.host.selection.value;
  const place = bench.chosen.value;
  return {
    state: String(current),
    pinned: pinned === null ? "-" : String(pinned),
    tab: bench.tab.value,
    token: place ? `${place.side[0]}${place.position}` : "-",
    kind,
    layer: String(layer),
    heads: heads.join(".") || "-",
    of: bench.scope.value,
    lines: String(bench.share.value),
  };
}

/** Shows what the fields say, as far as it is there: an address may be of another page, or written by hand. */
function restore(bench: Bench, fields: Fields): void {
  batch(() => {
    const state = Number(fields.state);
    if (state !== bench.session.value.current) bench.show(state);
    const pinned = fields.pinned === "-" ? null : Number(fields.pinned);
    if (pinned !== bench.session.value.pinned && (pinned === null || bench.states.value.has(pinned))) bench.pin(pinned);
    bench.tab.value = TABS.find((tab) => tab === fields.tab) ?? bench.tab.value;
    bench.scope.value = (["heads", "all", "alignment"] as Scope[]).find((one) => one === fields.of) ?? "heads";
    const share = Number(fields.lines);
    if (share > 0 && share <= 1) bench.share.value = share;
  });
  bench.look(selectionOf(fields, { ...bench.spec, attentions: bench.attentions.peek() }, bench.host.selection.peek()));
  const side = fields.token.startsWith("s") ? "source" : "target";
  const position = Number(fields.token.slice(1));
  const labels = bench.answer.peek()[side].labels;
  const isThere = fields.token !== "-" && Number.isInteger(position) && position >= 0 && position < labels.length;
  bench.choose(isThere ? { side, position } : null);
}

function selectionOf(fields: Fields, spec: ViewSpec, now: SelectionSpec): SelectionSpec {
  const attention = spec.attentions.find(({ kind }) => kind === fields.kind) ?? attentionOf(spec, now);
  const layer = attention.layers.find((one) => String(one) === fields.layer) ?? attention.layers[0];
  const [all, named] = [headsAt(attention, layer), fields.heads.split(".")];
  const heads = all.filter((head) => named.includes(String(head)));
  const isNone = !heads.length && fields.heads !== "-";
  return { ...now, kind: attention.kind, layer, heads: isNone ? [...all] : heads };
}
