/** Tiles of a map's levels: asked for in order, dropped when out of sight, kept while memory allows. */

import { cellsOf, nameOf, type TileKey } from "../engine/map/pyramid";
import type { AttentionSpec } from "../spec";
import { RecentlyUsed } from "./recently_used";
import type { Source, Tile } from "./source";

/** Which map: one kind of attention, layer, heads, and how many weights become one. */
export interface Subject {
  attention: AttentionSpec;
  layer: number;
  heads: readonly number[];
  pool: "max" | "mean";
}

const KEPT_BYTES = 96e6;
const AT_ONCE = 2;

export function levelArray({ attention, heads, pool }: Subject, level: number): string {
  return `${attention.kind}.${pool}@${level}:${heads.join(",")}`;
}

export function subjectName(subject: Subject): string {
  return `${levelArray(subject, 0)}/${subject.layer}`;
}

export class LevelTiles {
  private readonly kept = new RecentlyUsed<string, Tile>(KEPT_BYTES);
  /** Requests under way, by name; those that have brought a first sample do not hold others up. */
  private readonly running = new Map<string, { abort: AbortController; isSampled: boolean }>();
  private readonly failed = new Map<string, string>();
  private wanted: { subject: Subject; keys: readonly TileKey[] } | null = null;
  private over = false;

  constructor(
    private readonly source: Source,
    private readonly changed: () => void,
  ) {}

  /** The tile as far as it is known: exact, a sample, or nothing yet. */
  get(subject: Subject, key: TileKey): Tile | undefined {
    return this.kept.get(name(subject, key));
  }

  /** How many tiles are on their way, and why the last one that failed did. */
  get pending(): number {
    return this.running.size;
  }

  get failure(): string | null {
    return [...this.failed.values()].at(-1) ?? null;
  }

  /** Ask for these tiles, the first ones first; requests for others end. */
  want(subject: Subject, keys: readonly TileKey[]): void {
    this.wanted = { subject, keys };
    const names = new Set(keys.map((key) => name(subject, key)));
    for (const [running, { abort }] of [...this.running]) {
      if (names.has(running)) continue;
      this.running.delete(running);
      abort.abort(new DOMException("out of sight", "AbortError"));
    }
    this.fill();
  }

  retry(): void {
    this.failed.clear();
    this.fill();
  }

  dispose(): void {
    this.over = true;
    for (const { abort } of this.running.values()) abort.abort(new DOMException("closed", "AbortError"));
    this.running.clear();
  }

  private fill(): void {
    if (this.over || !this.wanted) return;
    const { subject, keys } = this.wanted;
    let busy = [...this.running.values()].filter(({ isSampled }) => !isSampled).length;
    for (const key of keys) {
      if (busy >= AT_ONCE) return;
      const asked = name(subject, key);
      const known = this.kept.get(asked);
      if (this.running.has(asked) || this.failed.has(asked) || (known && isExact(known))) continue;
      busy++;
      this.read(subject, key, asked);
    }
  }

  private read(subject: Subject, key: TileKey, asked: string): void {
    const abort = new AbortController();
    const request = { abort, isSampled: false };
    this.running.set(asked, request);
    const [rows, columns] = cellsOf(key, subject.attention);
    const take = (tile: Tile) => {
      if (abort.signal.aborted) return;
      const known = this.kept.get(asked);
      if (!known || (tile.share ?? 1) >= (known.share ?? 1)) this.kept.set(asked, tile, tile.codes.byteLength);
      request.isSampled = true;
      this.changed();
      this.fill();
    };
    const end = (error?: unknown) => {
      if (this.running.get(asked) !== request) return;
      this.running.delete(asked);
      if (error) this.failed.set(asked, error instanceof Error ? error.message : String(error));
      this.changed();
      this.fill();
    };
    const slices: [number, number][] = [[subject.layer, subject.layer + 1], [0, 1], rows, columns];
    this.source
      .read(levelArray(subject, key.level), slices, abort.signal, take)
      .then(take)
      .then(() => end(), end);
  }
}

export function isExact(tile: Tile): boolean {
  return (tile.share ?? 1) === 1;
}

function name(subject: Subject, key: TileKey): string {
  return `${subjectName(subject)}/${nameOf(key)}`;
}
