/** Heads that the page computes from quantised queries and keys; all else comes from the source behind. */

import type { Answer, Order } from "../engine/compute/engine";
import type { QuantisedSpec } from "../spec";
import { inflated } from "./decode";
import { folded, levelOf } from "./pooled";
import { type Source, SourceError, type Span, type Tile, weights } from "./source";

export interface Compute {
  send(order: Order): void;
  stop(): void;
}

declare global {
  /** Put there by the script of pages that compute. */
  var regardCompute: ((answer: (answer: Answer) => void) => Compute) | undefined;
}

/** Bytes (deflated) of an element of the page. */
export type Bytes = (id: string) => Uint8Array;
type Part = (tile: Tile) => void;
type Question =
  | { do: "exact"; queries: Span; keys: Span }
  | { do: "pool"; level: number; pool: "max" | "mean"; rows: Span; columns: Span };

export class ComputedSource implements Source {
  private readonly compute: Compute;
  private readonly opened = new Map<number, Promise<void>>();
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private asked = 0;

  constructor(
    private readonly behind: Source,
    private readonly groups: readonly QuantisedSpec[],
    private readonly bytes: Bytes,
    start: (answer: (answer: Answer) => void) => Compute,
  ) {
    this.compute = start((answer) => this.waiting.get(answer.id)?.(answer));
  }

  async read(array: string, slices: Span[], signal?: AbortSignal, part?: Part): Promise<Tile> {
    const level = levelOf(array);
    const [kind, what] = array.split(".");
    if (level) return this.level(array, level, slices, signal, part);
    if (what !== "weights" && what !== "exact") return this.behind.read(array, slices, signal, part);
    const [layer, heads, queries, keys] = slices;
    const each = Array.from({ length: heads[1] - heads[0] }, (_, i) => heads[0] + i);
    if (!each.some((head) => this.groupOf(kind, layer[0], head))) return this.behind.read(array, slices, signal, part);
    const question: Question = { do: "exact", queries, keys };
    const parts = each.map(
      (head) =>
        this.ask(kind, layer[0], head, question, signal) ??
        this.behind.read(array, [layer, [head, head + 1], queries, keys], signal),
    );
    return stacked(await Promise.all(parts), [1, each.length, queries[1] - queries[0], keys[1] - keys[0]]);
  }

  dispose(): void {
    this.compute.stop();
    this.behind.dispose();
  }

  /** A level of each head, computed here or read behind, and folded; a picture as soon as every head has one. */
  private async level(
    array: string,
    level: NonNullable<ReturnType<typeof levelOf>>,
    slices: Span[],
    signal?: AbortSignal,
    part?: Part,
  ): Promise<Tile> {
    const { kind, heads, pool } = level;
    const [[layer], , rows, columns] = slices;
    const shape = [1, 1, rows[1] - rows[0], columns[1] - columns[0]];
    const known: (Tile | undefined)[] = heads.map(() => undefined);
    const fold = (): Tile => {
      const tiles = known as Tile[];
      return { ...folded(tiles, 1, pool, shape), share: Math.min(...tiles.map(({ share }) => share ?? 1)) };
    };
    const take = (i: number) => (tile: Tile) => {
      known[i] = tile;
      if (known.every(Boolean)) part?.(fold());
    };
    const read = async (head: number, i: number) => {
      const name = `${kind}.${pool}@${level.level}:${head}`;
      const question: Question = { do: "pool", level: level.level, pool, rows, columns };
      if (!this.groupOf(kind, layer, head))
        known[i] = await this.behind.read(heads.length > 1 ? name : array, slices, signal, take(i));
      else
        known[i] =
          (await this.behind.find?.(name, slices)) ??
          (await this.ask(kind, layer, head, question, signal, take(i))) ??
          undefined;
    };
    await Promise.all(heads.map(read));
    return fold();
  }

  private groupOf(kind: string, layer: number, head: number): number | null {
    const at = this.groups.findIndex(
      (group) => group.kind === kind && group.layer === layer && group.heads.includes(head),
    );
    return at < 0 ? null : at + 1;
  }

  /** Has the engine compute it; nothing where this head is not computed. */
  private ask(
    kind: string,
    layer: number,
    head: number,
    question: Question,
    signal?: AbortSignal,
    part?: Part,
  ): Promise<Tile> | null {
    const found = this.groupOf(kind, layer, head);
    if (!found) return null;
    const group = this.groups[found - 1];
    const id = ++this.asked;
    const [down, across] =
      question.do === "exact" ? [question.queries, question.keys] : [question.rows, question.columns];
    const shape = [1, 1, down[1] - down[0], across[1] - across[0]];
    return new Promise<Tile>((resolve, reject) => {
      const end = () => {
        this.waiting.delete(id);
        signal?.removeEventListener("abort", aborted);
      };
      const aborted = () => {
        end();
        this.compute.send({ do: "cancel", id });
        reject(signal?.reason as Error);
      };
      if (signal?.aborted) return reject(signal.reason as Error);
      signal?.addEventListener("abort", aborted);
      this.waiting.set(id, (answer) => {
        if ("failure" in answer) {
          end();
          return reject(new SourceError(`This page could not compute its weights: ${answer.failure}`));
        }
        const { weights: codes, share } = answer;
        const tile: Tile = { shape, dtype: "f32", root: 1, error: group.error, codes, share };
        if (share < 1) return part?.(tile);
        end();
        resolve(tile);
      });
      this.open(found).then(
        () => {
          if (this.waiting.has(id))
            this.compute.send({ ...question, id, group: found, place: group.heads.indexOf(head) });
        },
        (error) => {
          end();
          reject(error);
        },
      );
    });
  }

  /** Hands a group's arrays to the engine, once. */
  private open(at: number): Promise<void> {
    let opening = this.opened.get(at);
    if (!opening) {
      opening = this.hand(at);
      this.opened.set(at, opening);
    }
    return opening;
  }

  private async hand(at: number): Promise<void> {
    const { heads, lse_scale, softcap, mask, arrays } = this.groups[at - 1];
    const named = Object.entries(arrays).map(async ([name, { id }]) => [name, await inflated(this.bytes(id))] as const);
    this.compute.send({
      do: "open",
      group: at,
      spec: { heads, lse_scale, softcap, mask, arrays },
      arrays: Object.fromEntries(await Promise.all(named)),
    });
  }
}

function stacked(parts: readonly Tile[], shape: number[]): Tile {
  if (parts.length === 1) return { ...parts[0], shape };
  const size = shape[2] * shape[3];
  const codes = new Float32Array(parts.length * size);
  for (const [i, part] of parts.entries()) {
    if (part.codes.length !== size) throw new SourceError("Heads of different sizes cannot be read together.");
    codes.set(weights(part), i * size);
  }
  return { shape, dtype: "f32", root: 1, error: Math.max(...parts.map(({ error }) => error)), codes };
}
