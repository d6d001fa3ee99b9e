/** A notebook kernel as carrier: initial tiles in traits, all others asked for by message. */

import type { AnswerSpec, TileHeader } from "../spec";
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
  answer?: AnswerSpec;
  tokens?: number;
  most?: number;
}

/** A question that Python works on; it may take as long as it takes, as long as something is heard of it. */
interface Asked {
  resolve(answer: AnswerSpec): void;
  reject(error: Error): void;
  progress?(tokens: number, most: number): void;
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
  private readonly asking = new Map<number, Asked>();
  private readonly listeners = new Set<(answer: AnswerSpec) => void>();
  private readonly name = `${Date.now().toString(36)}-${(opened++).toString(36)}`;
  /** Every picture of a model hears all answers: numbers of requests begin where those of no other are likely to be. */
  private asked = Math.floor(Math.random() * 2 ** 40);

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
    return tile ?? this.tile(array, slices, signal, part);
  }

  dispose(): void {
    this.model.off("msg:custom", this.answered);
    for (const { reject } of [...this.pending.values(), ...this.asking.values()])
      reject(new SourceError("The view was closed."));
  }

  hear(listener: (answer: AnswerSpec) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  request(
    ask: string,
    fields: Record<string, unknown>,
    signal?: AbortSignal,
    progress?: (tokens: number, most: number) => void,
  ): Promise<AnswerSpec> {
    const id = this.asked++;
    return new Promise<AnswerSpec>((resolve, reject) => {
      const settle = () => {
        signal?.removeEventListener("abort", aborted);
        this.asking.delete(id);
      };
      const aborted = () => {
        this.model.send({ type: "ask", id: this.asked++, ask: "cancel", fields: {} });
        settle();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener("abort", aborted);
      this.asking.set(id, {
        resolve: (answer) => {
          settle();
          resolve(answer);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
        progress,
      });
      this.model.send({ type: "ask", id, ask, fields });
    });
  }

  private tile(array: string, slices: Span[], signal?: AbortSignal, part?: (tile: Tile) => void): Promise<Tile> {
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
    const asked = this.asking.get(Number(message?.id));
    if (message.type === "answer" && message.answer) {
      if (asked) asked.resolve(message.answer);
      else for (const listener of this.listeners) listener(message.answer);
    }
    if (message.type === "progress") asked?.progress?.(message.tokens ?? 0, message.most ?? 0);
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
