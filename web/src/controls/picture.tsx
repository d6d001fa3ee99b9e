/** One layer's links as a picture with its readout; used by the head view and by an opened cell of the model view. */

import { effect, type ReadonlySignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Choice } from "../engine/choice";
import type { Mode } from "../engine/grid";
import { type Link, type Scene, sameFocus } from "../engine/scene";
import type { Side } from "../engine/selection";
import type { Theme } from "../engine/theme";
import { BipartitePanel } from "../panels/bipartite_panel";
import { MatrixPanel } from "../panels/matrix_panel";
import type { LinkEvents, LinkPanel } from "../panels/panel";
import { t } from "../strings";
import { Readout } from "./readout";
import type { Pointing } from "./state";

export interface PictureProps {
  scene: ReadonlySignal<Scene | null>;
  choice: ReadonlySignal<Choice | null>;
  top: ReadonlySignal<readonly Link[]>;
  pointing: Pointing;
  theme: ReadonlySignal<Theme>;
  mode: Mode;
  label: string;
  pin(side: Side, position: number): void;
  open(link: Link): void;
}

export function Picture(props: PictureProps) {
  const { scene, top, pointing, theme, mode } = props;
  const stage = useRef<HTMLDivElement>(null);
  useEffect(() => attach(stage.current!, props), [mode]);
  const shown = scene.value;
  const focused = pointing.links.value;
  const { query, key } = pointing.focus.value;
  return (
    <div class="picture">
      <div
        class={`stage ${mode}`}
        ref={stage}
        tabIndex={0}
        role="application"
        aria-label={props.label}
        aria-describedby="caption"
      />
      {shown && (
        <Readout
          scene={shown}
          focus={pointing.focus.value}
          links={query !== null || key !== null ? focused : top.value}
          theme={theme.value}
          open={props.open}
        />
      )}
    </div>
  );
}

/** A panel in the stage, following the signals until the component goes. */
function attach(stage: HTMLElement, { scene, choice, pointing, theme, mode, pin }: PictureProps): () => void {
  const { hover, cursor, focus, links } = pointing;
  const events: LinkEvents = {
    point: (where) => {
      if (!sameFocus(hover.value, where)) hover.value = where;
    },
    pin,
  };
  const panel: LinkPanel =
    mode === "lines"
      ? new BipartitePanel(stage, events, theme.peek(), { query: t.queries, key: t.keyTokens })
      : new MatrixPanel(stage, events, theme.peek());
  const ends = [
    effect(() => panel.dress(theme.value)),
    effect(() => {
      if (scene.value) panel.show(scene.value, () => choice.value!);
    }),
    effect(() => panel.focus(focus.value, links.value)),
    effect(() => {
      if (cursor.value) panel.reveal(cursor.value.side, cursor.value.position);
    }),
  ];
  return () => {
    for (const end of ends) end();
    panel.dispose();
  };
}
