/** What the pictures of one layer's links have in common, seen from outside. */

import type { Choice } from "../engine/choice";
import type { Focus, Link, Scene } from "../engine/scene";
import type { Side } from "../engine/selection";
import type { Theme } from "../engine/theme";

export interface LinkPanel {
  /** `choice` is worked out only where lines are drawn. */
  show(scene: Scene, choice: () => Choice): void;
  focus(focus: Focus, links: readonly Link[]): void;
  dress(theme: Theme): void;
  /** Brings a token into the visible part. */
  reveal(side: Side, position: number): void;
  dispose(): void;
}

export interface LinkEvents {
  /** The pointer is over a token or link, or (null) over none. */
  point(focus: Focus | null): void;
  pin(side: Side, position: number): void;
}
