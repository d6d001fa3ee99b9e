/** What stands in a picture's place or over it: a failure with a way out, a note, the list of keys. */

import type { ViewSpec } from "../spec";
import { t } from "../strings";
import type { Loaded } from "./state";

/** What a page has to say about itself: which heads it is about when not all, and what its size costs. */
export function pageNotes({ attentions, options }: ViewSpec): string[] {
  const partial = attentions.find(({ heads, head_count }) => heads.length < head_count);
  return [
    ...(partial ? [t.someHeads(partial.heads, partial.head_count)] : []),
    ...(options.error ? [t.accurateTo(Number(options.error))] : []),
    ...(options.left_out ? [t.leftOut(options.left_out)] : []),
  ];
}

export function Status({ loaded, retry }: { loaded: Loaded<unknown>; retry(): void }) {
  if (loaded.state === "failed") {
    return (
      <div class="message" role="alert">
        <p>
          <strong>{t.failed}</strong> {loaded.message}
        </p>
        <button type="button" onClick={retry}>
          {t.retry}
        </button>
      </div>
    );
  }
  if (loaded.state === "loading" && !loaded.value) return <div class="message">{t.loading}</div>;
  return null;
}

export function Shortcuts({ keys, close }: { keys: string[][]; close(): void }) {
  return (
    <div class="shortcuts" role="dialog" aria-label={t.shortcuts}>
      <div class="title">
        <h2>{t.shortcuts}</h2>
        <button type="button" class="icon" aria-label={t.close} onClick={close}>
          ×
        </button>
      </div>
      <dl>
        {keys.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
