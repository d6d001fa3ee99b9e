/** Where tests are run: Python, while it is there. */

import type { ReadonlySignal } from "@preact/signals";
import type { SelectionSpec, TestSpec } from "../spec";

export interface Lab {
  /** The question to the live model in words; empty where the view was made without one. */
  readonly asked: string;
  /** All tests so far, oldest first. */
  readonly tests: ReadonlySignal<readonly TestSpec[]>;
  /** Tests what is selected. */
  run(about: TestSpec["about"], selection: SelectionSpec): void;
  /** Ends a test after the finding that it is at. */
  stop(id: number): void;
}
