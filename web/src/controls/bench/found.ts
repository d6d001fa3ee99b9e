/** What was computed of states when somebody asked, and has not to be asked again. */

import type {
  AnswerSpec,
  ComponentsSpec,
  FoundSpec,
  LinksSpec,
  NeighboursSpec,
  ProjectionSpec,
  ReplacementsSpec,
  WordsSpec,
} from "../../spec";

/** The last answer to each kind of question about a state. */
export interface Found {
  words: WordsSpec | null;
  links: LinksSpec | null;
  neighbours: NeighboursSpec | null;
  projection: ProjectionSpec | null;
  components: ComponentsSpec | null;
  replacements: ReplacementsSpec | null;
}

export type Kind = keyof Found;
type Items = { [K in Kind]: NonNullable<Found[K]>[] };

const KINDS: readonly Kind[] = ["words", "links", "neighbours", "projection", "components", "replacements"];

/** All answers of each kind, of any state, the latest last. */
export class Kept {
  private readonly items: Items;

  constructor(found: FoundSpec | null) {
    const lists: Record<string, unknown> = { ...found, projection: found?.projections };
    this.items = Object.fromEntries(KINDS.map((kind) => [kind, [...((lists[kind] as unknown[]) ?? [])]])) as Items;
  }

  /** Keeps what an answer found; whether it found something. */
  keep(answer: AnswerSpec): boolean {
    const news = KINDS.filter((kind) => answer[kind]);
    for (const kind of news) (this.items[kind] as unknown[]).push(answer[kind]);
    return news.length > 0;
  }

  /** The latest of a kind that is so. */
  find<K extends Kind>(kind: K, isIt: (item: Items[K][number]) => boolean): Items[K][number] | null {
    return [...this.items[kind]].reverse().find((item) => isIt(item as Items[K][number])) ?? null;
  }

  /** The last of each kind about a state. */
  last(state: number): Found {
    return Object.fromEntries(KINDS.map((kind) => [kind, this.find(kind, (item) => item.state === state)])) as never;
  }
}
