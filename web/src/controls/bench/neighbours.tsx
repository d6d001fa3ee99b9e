/** The states of other texts nearest to one, as a list of their texts with the token marked. */

import { useEffect, useRef, useState } from "preact/hooks";
import { nameOf } from "../../engine/bench/plane";
import type { NeighbourSpec, NeighboursSpec } from "../../spec";
import { weightText } from "../../strings";
import { Segments } from "../toolbar";
import { labelsOf } from "./stand";
import type { Bench } from "./state";
import { words } from "./words";

export interface NeighboursProps {
  bench: Bench;
  found: NeighboursSpec;
  metric: string;
  marked: string | null;
  mark(name: string): void;
}

export function Neighbours({ bench, found, metric, marked, mark }: NeighboursProps) {
  const w = words();
  const [by, setBy] = useState(0);
  const [shown, setShown] = useState<"source" | "target">("source");
  const list = useRef<HTMLOListElement>(null);
  const label = labelsOf(bench, found.stream)[found.position] ?? "";
  useEffect(() => {
    const one = list.current?.querySelector<HTMLElement>("[aria-current]");
    if (one && list.current) list.current.scrollTop = one.offsetTop - list.current.offsetTop - 60;
  }, [marked]);
  return (
    <section class="near">
      <h2>{w.neighboursOf(label, found.position)}</h2>
      <div class="row">
        <Segments
          label={w.stream}
          options={(["source", "target"] as const).map((value) => ({ value, label: w.sides[value] }))}
          value={shown}
          choose={(value) => setShown(value)}
        />
        <Segments
          label={w.here}
          options={[
            { value: "-1", label: w.before },
            { value: "0", label: w.here },
            { value: "1", label: w.after },
          ]}
          value={String(by)}
          choose={(value) => setBy(Number(value))}
        />
      </div>
      <ol ref={list}>
        {found.found.map((one) => (
          <li key={nameOf(one)}>
            <button
              type="button"
              aria-current={nameOf(one) === marked ? "true" : undefined}
              onClick={() => mark(nameOf(one))}
            >
              <Sentence one={one} shown={shown} by={by} />
              <span class="side">{weightText(one.distance)}</span>
            </button>
          </li>
        ))}
      </ol>
      <p class="note">{`${w.distance}: ${metric}. ${found.note}`}</p>
    </section>
  );
}

function Sentence({ one, shown, by }: { one: NeighbourSpec; shown: "source" | "target"; by: number }) {
  const sequence = shown === "source" ? one.source : one.target;
  if (!sequence) return <span class="note">–</span>;
  const marked = one.side === shown ? one.position + by : -1;
  return (
    <span class="sentence">
      {sequence.pieces.map((piece, i) => (i === marked ? <mark key={i}>{piece}</mark> : <span key={i}>{piece}</span>))}
    </span>
  );
}
