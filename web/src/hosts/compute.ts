/**
 * The script of pages that compute weights. In a page it offers to compute, in a worker made of its own text or, where a
 * page may have none, on the spot; in that worker it computes.
 */

import { type Answer, Engine, type Order } from "../engine/compute/engine";
import type { Compute } from "../source/computed";

interface WorkerScope {
  postMessage(message: unknown, transfer?: Transferable[]): void;
  onmessage: ((event: MessageEvent<Order>) => void) | null;
}

function serve(): void {
  const scope = globalThis as unknown as WorkerScope;
  const send = (answer: Answer) => scope.postMessage(answer, "weights" in answer ? [answer.weights.buffer] : []);
  const engine = new Engine(send, soon());
  scope.onmessage = ({ data }) => engine.obey(data);
}

/** The script that runs now, read while it does. */
const source = typeof document === "undefined" ? "" : (document.currentScript?.textContent ?? "");

function computer(answer: (answer: Answer) => void): Compute {
  let here: Engine | null = null;
  /** Orders until the worker shows that it works. */
  let unproven: Order[] | null = [];
  const fall = () => {
    if (here || !unproven) return;
    here = new Engine(answer, soon());
    for (const order of unproven) here.obey(order);
    unproven = null;
  };
  const answered = (found: Answer) => {
    unproven = null;
    answer(found);
  };
  const worker = start(answered, fall);
  if (!worker) fall();
  return {
    send: (order) => {
      if (here) return here.obey(order);
      unproven?.push(order);
      worker?.postMessage(order);
    },
    stop: () => worker?.terminate(),
  };
}

/** A worker; nothing where there can be none. One that fails to start is left for `fall`. */
function start(answer: (answer: Answer) => void, fall: () => void): Worker | null {
  if (!source) return null;
  try {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const worker = new Worker(address);
    worker.onmessage = ({ data }: MessageEvent<Answer>) => answer(data);
    worker.onerror = (event) => {
      event.preventDefault();
      worker.terminate();
      fall();
    };
    return worker;
  } catch {
    return null;
  }
}

/** After whatever messages wait, without the pause that timers make. */
function soon(): (work: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  let next: (() => void) | null = null;
  port1.onmessage = () => next?.();
  return (work) => {
    next = work;
    port2.postMessage(null);
  };
}

if (typeof document === "undefined") serve();
else globalThis.regardCompute = computer;
