/** A notebook kernel as carrier: initial tiles in traits, all others asked for by message. */

import type { TileHeader } from "../spec";
import { asBytes, decode } from "./decode";
import { EmbeddedTiles } from "./embedded";
import { type Source, SourceError, type Span, type Tile } from "./source";

/** What is used of an anywidget model, and no more. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
  send(content: unknown): void;
}

interface Answer {
  type: string;
  id: string;
  header?: TileHeader;
  message?: string;
}

interface Pending {
  /** Begins the wait anew. */
  wait(): void;
  resolve(tile: Promise<Tile>): void;
  reject(error: Error): void;
  part(tile: Promise<Tile>): void;
}

const TIMEOUT_MS = 8000;
const WAITED = "Python did not answer within 8 seconds: the kernel is busy, or no longer there.";
let opened = 0;

export class CommSource implements Source {
  private readonly embedded: EmbeddedTiles;
  private readonly pending = new Map<string, Pending>();
  private readonly name = `${Date.now().toString(36)}-${(opened++).toString(36)}`;
  private asked = 0;

  constructor(
    private readonly model: Model,
    private readonly timeout = TIMEOUT_MS,
  ) {
    this.embedded = new EmbeddedTiles(initial(model));
    model.on("msg:custom", this.answered);
  }

  async read(array: string, slices: Span[], signal?: AbortSignal, part?: (tile: Tile) => void): Promise<Tile> {
    const tile = await this.embedded.read(array, slices);
    signal?.throwIfAborted();
    return tile ?? this.ask(array, slices, signal, part);
  }

  dispose(): void {
    this.model.off("msg:custom", this.answered);
    for (const { reject } of [...this.pending.values()]) reject(new SourceError("The view was closed."));
  }

  private ask(array: string, slices: Span[], signal?: AbortSignal, part?: (tile: Tile) => void): Promise<Tile> {
    const id = `${this.name}-${this.asked++}`;
    return new Promise<Tile>((resolve, reject) => {
      const cancel = (error: Error) => {
        this.model.send({ type: "cancel", id });
        settle(() => reject(error));
      };
      const aborted = () => cancel(signal?.reason as Error);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const wait = () => {
        clearTimeout(timer);
        timer = setTimeout(() => cancel(new SourceError(WAITED)), this.timeout);
      };
      wait();
      const settle = (finish: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", aborted);
        this.pending.delete(id);
        finish();
      };
      signal?.addEventListener("abort", aborted);
      this.pending.set(id, {
        wait,
        resolve: (tile) => settle(() => resolve(tile)),
        reject: (error) => settle(() => reject(error)),
        part: (tile) => {
          tile.then((found) => this.pending.has(id) && part?.(found), cancel);
        },
      });
      this.model.send({ type: "read", id, array, slices });
    });
  }

  /** Any answer shows that Python is there and at work, so that nobody's wait is too long yet. */
  private readonly answered = (message: Answer, buffers: unknown[] = []): void => {
    for (const pending of this.pending.values()) pending.wait();
    const waiting = this.pending.get(message?.id);
    if (!waiting) return;
    if (message.type === "tile" && message.header) waiting.resolve(decode(message.header, buffers[0]));
    else if (message.type === "part" && message.header) waiting.part(decode(message.header, buffers[0]));
    else if (message.type === "error") waiting.reject(new SourceError(String(message.message)));
  };
}

function initial(model: Model) {
  const headers = (model.get("tiles") ?? []) as TileHeader[];
  const spans = (model.get("tile_spans") ?? []) as [number, number][];
  const bytes = headers.length ? asBytes(model.get("tile_bytes")) : new Uint8Array();
  return headers.map((header, i) => {
    const [offset, length] = spans[i];
    return { header, bytes: () => bytes.subarray(offset, offset + length) };
  });
}
