/** The beam search as it went: every hypothesis, what became of it, and a way to go on from any. */

import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { COLUMN, ROW, type TreeNode, treeOf } from "../../engine/bench/tree";
import { measure } from "../../engine/measure";
import { fit } from "../../engine/text";
import type { NodeSpec } from "../../spec";
import type { Bench } from "./state";
import { nats, words } from "./words";

const LABEL = COLUMN - 16;

export function TreeTab({ bench }: { bench: Bench }) {
  const w = words();
  const own = useMemo(() => ({ pruned: signal(false), node: signal<number | null>(null) }), []);
  const { tree } = bench.state.value;
  const picture = useMemo(() => treeOf(tree, own.pruned.value), [tree, own.pruned.value]);
  const chosen = tree.find(({ id }) => id === own.node.value) ?? null;
  return (
    <div class="panel">
      <p class="note">{w.treeHint}</p>
      <div class="scroller" tabIndex={0} role="group" aria-label={w.tabs.tree}>
        <div class="ground" style={{ width: `${picture.width}px`, height: `${picture.height + 6}px` }}>
          <svg class="branches" width={picture.width} height={picture.height + 6} aria-hidden="true">
            {picture.edges.map(([from, to]) => (
              <path key={to} class={classOf(picture.nodes[to].node)} d={edge(picture.nodes[from], picture.nodes[to])} />
            ))}
          </svg>
          {picture.nodes.map((one) => (
            <NodeButton
              key={one.node.id}
              one={one}
              isOn={one.node.id === own.node.value}
              choose={(id) => (own.node.value = id)}
            />
          ))}
        </div>
      </div>
      <div class="row">
        <button
          type="button"
          class="quiet"
          disabled={!picture.hidden && !own.pruned.value}
          onClick={() => (own.pruned.value = !own.pruned.value)}
        >
          {own.pruned.value ? w.hidePruned : w.showPruned(picture.hidden)}
        </button>
        {chosen && <Details bench={bench} node={chosen} />}
      </div>
    </div>
  );
}

function classOf({ winner, status }: NodeSpec): string {
  return winner ? "winner" : status;
}

function edge(from: TreeNode, to: TreeNode): string {
  const [x0, y0, x1, y1] = [from.x + LABEL, from.y + ROW / 2, to.x, to.y + ROW / 2];
  const bend = (x0 + x1) / 2;
  return `M${x0} ${y0}C${bend} ${y0} ${bend} ${y1} ${x1} ${y1}`;
}

function NodeButton({ one, isOn, choose }: { one: TreeNode; isOn: boolean; choose(id: number): void }) {
  const w = words();
  const { node, x, y } = one;
  const name = `${w.node(node.label, nats(node.total))}, ${w.statuses[node.status]}`;
  return (
    <>
      <button
        type="button"
        class={`node ${classOf(node)} is-${node.status}`}
        style={{ left: `${x}px`, top: `${y + 1}px`, width: `${LABEL}px` }}
        aria-pressed={isOn}
        title={name}
        onClick={() => choose(node.id)}
      >
        <bdi>{node.status === "start" ? "●" : fit(node.label, LABEL - 12, 12, measure)}</bdi>
      </button>
      {node.status === "finished" && (
        <span class="scored" style={{ left: `${x + LABEL + 5}px`, top: `${y + 2}px` }}>
          {nats(node.score ?? node.total)}
        </span>
      )}
    </>
  );
}

function Details({ bench, node }: { bench: Bench; node: NodeSpec }) {
  const w = words();
  const text = textTo(bench.state.value.tree, node);
  const can = bench.live && node.status !== "start";
  return (
    <>
      <span class="note">
        <bdi>“{text}”</bdi> · {w.statuses[node.status]} · log p {nats(node.total)} · {w.rank(node.rank)}
        {node.score !== null && ` · ${w.score} ${nats(node.score)}`}
      </span>
      <button type="button" class="act" disabled={!can} onClick={() => void bench.ask("follow", { node: node.id })}>
        {w.follow}
      </button>
      <button type="button" class="act" disabled={!can} onClick={() => void bench.inspect(node.id)}>
        {w.inspect}
      </button>
    </>
  );
}

function textTo(tree: readonly NodeSpec[], node: NodeSpec): string {
  const pieces: string[] = [];
  for (let at: NodeSpec | undefined = node; at; at = at.parent === null ? undefined : tree[at.parent])
    pieces.unshift(at.piece);
  return pieces.join("");
}
