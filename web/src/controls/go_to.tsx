/** A field that leads to a token by its number or its text. */

import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { numbersIn, TextIndex } from "../engine/map/find";
import type { TokensSpec } from "../spec";
import { t } from "../strings";

export interface GoToProps {
  queries: TokensSpec;
  keys: TokensSpec;
  /** Where the last search ended, per side. */
  at: { query: number | null; key: number | null };
  message: Signal<string>;
  go(query: number | null, key: number | null): void;
}

export function GoTo({ queries, keys, at, message, go }: GoToProps) {
  const indexes = useRef(new Map<TokensSpec, TextIndex>());
  const indexOf = (tokens: TokensSpec) => {
    const found = indexes.current.get(tokens) ?? new TextIndex(tokens.pieces);
    indexes.current.set(tokens, found);
    return found;
  };
  const search = (text: string, side: "query" | "key") => {
    message.value = "";
    const numbers = numbersIn(text);
    if (numbers) {
      message.value = toNumbers(numbers, side, queries, keys, go);
      return;
    }
    const found = indexOf(side === "query" ? queries : keys).find(text, at[side] ?? -1);
    if (found < 0) message.value = text.trim() ? t.notFound(text) : "";
    else if (side === "query") go(found, null);
    else go(null, found);
  };
  return (
    <div class="field">
      <input
        class="find"
        type="search"
        placeholder={t.goToPlace}
        aria-label={t.goTo}
        title={t.goToHint}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Enter") search(event.currentTarget.value, event.shiftKey ? "key" : "query");
          if (event.key === "Escape") event.currentTarget.blur();
        }}
      />
    </div>
  );
}

function toNumbers(
  [first, second]: [number, number | null],
  side: "query" | "key",
  queries: TokensSpec,
  keys: TokensSpec,
  go: GoToProps["go"],
): string {
  const [query, key] = second === null ? (side === "query" ? [first, null] : [null, first]) : [first, second];
  const lasts: [number | null, TokensSpec][] = [
    [query, queries],
    [key, keys],
  ];
  for (const [position, { labels }] of lasts) {
    if (position !== null && position >= labels.length) return t.noToken(position, labels.length - 1);
  }
  go(query, key);
  return "";
}
