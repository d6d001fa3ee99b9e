/** Computes tiles of several groups of heads, the newest requests first, a few milliseconds at a time. */

import { Group, type GroupArrays, type GroupSpec } from "./group";
import { compileKernel } from "./kernel";
import { exact, type Picture, pooled } from "./tiles";

type Run = readonly [start: number, stop: number];

export type Order =
  | { do: "open"; group: number; spec: GroupSpec; arrays: GroupArrays }
  | { do: "exact"; id: number; group: number; place: number; queries: Run; keys: Run }
  | {
      do: "pool";
      id: number;
      group: number;
      place: number;
      level: number;
      pool: "max" | "mean";
      rows: Run;
      columns: Run;
    }
  | { do: "cancel"; id: number };

export type Answer = { id: number; weights: Float32Array; share: number } | { id: number; failure: string };

const SLICE_MS = 10;

interface Task {
  id: number;
  steps: Generator<Picture | null>;
  isSampled: boolean;
}

export class Engine {
  private readonly groups = new Map<number, Group>();
  /** Why a group could not be opened: most often no memory. */
  private readonly failures = new Map<number, string>();
  private readonly module = compileKernel();
  private tasks: Task[] = [];
  private isWaiting = false;

  /** `later` lets messages in before the work goes on. */
  constructor(
    private readonly answer: (answer: Answer) => void,
    private readonly later: (work: () => void) => void,
  ) {}

  obey(order: Order): void {
    if (order.do === "open") this.open(order);
    else if (order.do === "cancel") this.tasks = this.tasks.filter(({ id }) => id !== order.id);
    else if (order.do === "exact") this.tasks.unshift({ id: order.id, steps: this.steps(order), isSampled: false });
    else this.tasks.push({ id: order.id, steps: this.steps(order), isSampled: false });
    this.wait();
  }

  private open({ group, spec, arrays }: Extract<Order, { do: "open" }>): void {
    try {
      this.groups.set(group, new Group(spec, arrays, this.module));
    } catch (error) {
      this.failures.set(group, messageOf(error));
    }
  }

  private *steps(order: Exclude<Order, { do: "open" | "cancel" }>): Generator<Picture | null> {
    const group = this.groups.get(order.group);
    if (!group) throw new Error(this.failures.get(order.group) ?? `no group ${order.group}`);
    if (order.do === "exact") yield* exact(group, order.place, order.queries, order.keys);
    else yield* pooled(group, order.place, order.level, order.pool, order.rows, order.columns);
  }

  private wait(): void {
    if (this.isWaiting || !this.tasks.length) return;
    this.isWaiting = true;
    this.later(() => {
      this.isWaiting = false;
      this.work();
      this.wait();
    });
  }

  /** Single weights and rows first, then first pictures, then exact ones, in the order they were asked for. */
  private work(): void {
    const end = performance.now() + SLICE_MS;
    while (this.tasks.length && performance.now() < end) {
      const task = this.tasks.find(({ isSampled }) => !isSampled) ?? this.tasks[0];
      if (this.isDone(task)) this.tasks = this.tasks.filter((other) => other !== task);
    }
  }

  /** One step of a task. */
  private isDone(task: Task): boolean {
    try {
      const { value, done } = task.steps.next();
      if (value) this.answer({ id: task.id, ...value });
      task.isSampled ||= !!value;
      return done || value?.share === 1;
    } catch (error) {
      this.answer({ id: task.id, failure: messageOf(error) });
      return true;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
