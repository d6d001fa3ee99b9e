/** What changes while somebody works at the workbench, as signals, and what is asked of it. */

import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { compared } from "../../engine/bench/diff";
import { offered, type Written } from "../../engine/bench/generation";
import { firstRow, type Link, type Matrix, meanOf, type Rows, rowsOf, strongestLinks } from "../../engine/bench/rows";
import type { Stretch } from "../../engine/bench/sound";
import { queryOf, stepOf } from "../../engine/generation/steps";
import { attentionOf } from "../../engine/selection";
import type { Host } from "../../hosts/host";
import { HeadTiles } from "../../source/head_tiles";
import { type Source, SourceError, type Span, weights } from "../../source/source";
import type {
  AnswerSpec,
  AttentionEditSpec,
  AttentionSpec,
  BranchSpec,
  ComparisonSpec,
  SelectionSpec,
  Seq2SeqSpec,
  StateSpec,
  WorkbenchSpec,
} from "../../spec";
import { type Loaded, Loader } from "../state";
import { editedKind } from "./edits";
import { type Found, Kept } from "./found";
import { type Busy, type Place, placed, type Scope, type Stand, type Tab } from "./places";

const SHARE = 0.75;
const NO_ANSWER = { border: 0, steps: 0, k: 0, processedK: 0, experts: 0 };

export class Bench {
  readonly session: Signal<WorkbenchSpec>;
  readonly states: Signal<ReadonlyMap<number, StateSpec>>;
  readonly state: ReadonlySignal<StateSpec>;
  readonly branch = signal<BranchSpec | null>(null);
  /** Whether the picture is a text that was written, step by step, and not a graph of source and target. */
  readonly isText: boolean;
  readonly attentions: ReadonlySignal<AttentionSpec[]>;
  readonly rows: ReadonlySignal<Rows>;
  readonly links: ReadonlySignal<Link[]>;
  readonly matrix: ReadonlySignal<Loaded<Matrix>>;
  readonly scope = signal<Scope>("heads");
  readonly share = signal(SHARE);
  readonly pointed = signal<Place | null>(null);
  readonly chosen = signal<Place | null>(null);
  /** A run of frames of a sound that something is to be done with. */
  readonly stretch = signal<Stretch | null>(null);
  readonly step: ReadonlySignal<number | null>;
  readonly tab = signal<Tab>("tree");
  readonly editing = signal(false);
  readonly pending = signal<AttentionEditSpec[]>([]);
  /** What edits begin with: the share of the weight that is moved, and whether at all layers and heads. */
  readonly moved = signal(1);
  readonly everywhere = signal(true);
  readonly busy = signal<Busy | null>(null);
  readonly failure = signal<string | null>(null);
  readonly kept: Kept;
  readonly found: Signal<Found>;
  /** The state whose neighbours were asked for, and which token was chosen then. */
  readonly looked = signal<{ at: Stand; since: Place | null } | null>(null);
  private looking = false;
  private readonly loader = new Loader<Matrix>();
  private readonly tiles: HeadTiles;
  private readonly ends: (() => void)[];
  /** The step that a text was at last. */
  private stood = -1;

  constructor(
    readonly spec: Seq2SeqSpec,
    readonly source: Source,
    readonly host: Host,
  ) {
    this.tiles = new HeadTiles(source);
    this.isText = spec.view === "generation_view";
    this.session = signal(spec.workbench);
    this.kept = new Kept(spec.workbench.found);
    this.found = signal(this.kept.last(spec.workbench.current));
    this.states = signal(new Map(spec.workbench.states.map((state) => [state.id, state])));
    this.state = computed(() => this.states.value.get(this.session.value.current) ?? this.spec.workbench.states[0]);
    this.attentions = computed(() => (this.isText ? offered(spec, this.answer.value) : this.answer.value.attentions));
    const kind = computed(() => this.attention(this.host.selection.value).kind);
    this.rows = computed(() => rowsOf(kind.value, this.answer.value));
    this.matrix = this.loader.loaded;
    const loaded = computed(() => this.matrix.value.value);
    this.links = computed(() => (loaded.value ? strongestLinks(this.rows.value, loaded.value, this.share.value) : []));
    this.step = computed(() => {
      if (this.isText) return this.written.value;
      const place = this.chosen.value;
      return place?.side === "target" && place.position < this.answer.value.target.labels.length
        ? place.position
        : null;
    });
    this.ends = [
      this.isText ? () => {} : effect(() => this.load()),
      () => this.loader.stop(),
      effect(() => (this.isText ? this.stay() : this.follow())),
      effect(() => this.tell()),
      source.hear?.((answer) => answer.session && this.take(answer.session, null)) ?? (() => {}),
    ];
    const { source: read, alignment_heads } = this.state.peek();
    if (read.times && alignment_heads.length) this.scope.value = "alignment";
    if (this.live) this.catchUp();
  }

  /** What is asked needs Python; a page has only what was tried. */
  get live(): boolean {
    return this.session.value.live && this.source.request !== undefined;
  }

  /** The answer whose attention is shown. */
  readonly answer = computed((): Written => {
    const { source, start, target, steps, attentions } = { ...this.state.value, ...this.branch.value };
    return { source, start, target, steps, attentions };
  });

  /** What the arrays of that answer are called by. */
  readonly name = computed(() => {
    const { id } = this.state.value;
    return this.branch.value ? `${id}-${this.branch.value.node}` : `${id}`;
  });

  /** The step whose text is shown, of an answer that is shown as a text. */
  private readonly written = computed(() => {
    const steps = this.state.value.target.labels.length;
    return stepOf({ ...NO_ANSWER, border: this.border(), steps }, this.host.selection.value.query);
  });

  stop(): void {
    this.busy.peek()?.stop();
    for (const end of this.ends) end();
  }

  attention(selection: SelectionSpec): AttentionSpec {
    return attentionOf({ ...this.spec, attentions: this.attentions.value }, selection);
  }

  choose(place: Place | null): void {
    this.chosen.value = place;
  }

  /** Chooses no token, or in a text the step that is shown. */
  back(): void {
    this.choose(this.isText ? { side: "target", position: this.written.peek() } : null);
  }

  /** Chooses another of a step's likeliest tokens, and lets the model go on from there. */
  force(step: number, place: number): void {
    const token = this.state.value.steps[step]?.top[place];
    if (token) void this.ask("force", { step, token: token.id });
  }

  /** [layer, head] of what is shown. */
  pairs(): [number, number][] {
    return this.parts.value.flatMap(([layer, heads]) => heads.map((head): [number, number] => [layer, head]));
  }

  /** The step before or after. */
  go(by: number): void {
    const last = this.answer.value.target.labels.length - 1;
    const at = this.step.value === null ? (by > 0 ? 0 : last) : this.step.value + by;
    if (last >= 0) this.choose({ side: "target", position: Math.min(last, Math.max(0, at)) });
  }

  /** A change of the chosen step's attention that waits to be applied; `row` is as long as the source for `pin`. */
  draft(edit: Partial<AttentionEditSpec> & Pick<AttentionEditSpec, "change">): void {
    const step = this.step.value;
    if (step === null) return;
    const { layer, heads } = this.subject.value;
    const everywhere = this.everywhere.value;
    const where = everywhere ? { layers: null, heads: null } : { layers: [layer], heads };
    const kind = editedKind(this.state.value);
    const whole = { step, kind, keys: [], to: [], share: this.moved.value, row: null, ...where, ...edit };
    this.pending.value = [...this.pending.value, whole];
  }

  async apply(): Promise<void> {
    const edits = this.pending.value;
    if (edits.length && (await this.ask("edit_attention", { edits }))) this.pending.value = [];
  }

  /** Shows a state that was made before. */
  show(id: number): void {
    if (this.live) void this.ask("show", { state: id });
    else if (this.states.value.has(id)) this.take({ ...this.session.value, current: id }, this.step.peek());
  }

  /** Two states beside each other, if one is pinned. */
  comparison(): ComparisonSpec | null {
    const { pinned } = this.session.value;
    const other = pinned === null ? undefined : this.states.value.get(pinned);
    return other ? compared(other, this.state.value) : null;
  }

  pin(id: number | null): void {
    if (this.live) void this.ask("pin", { state: id });
    else this.session.value = { ...this.session.value, pinned: id, comparison: null };
  }

  async ask(ask: string, fields: Record<string, unknown> = {}): Promise<AnswerSpec | null> {
    if (!this.source.request) return null;
    const running = new AbortController();
    const step = this.step.peek();
    const mine: Busy = { ask, tokens: 0, most: 0, stop: () => running.abort() };
    this.busy.value = mine;
    this.failure.value = null;
    try {
      const progress = (tokens: number, most: number) => {
        if (this.busy.peek()?.stop === mine.stop) this.busy.value = { ...mine, tokens, most };
      };
      const answer = await this.source.request(ask, fields, running.signal, progress);
      if (answer.error && !answer.cancelled) this.failure.value = answer.error;
      this.hear(answer, step);
      return answer.error ? null : answer;
    } catch (error) {
      if (!running.signal.aborted) this.failure.value = error instanceof SourceError ? error.message : String(error);
      return null;
    } finally {
      if (this.busy.peek()?.stop === mine.stop) this.busy.value = null;
    }
  }

  /** Reads the attention again after a failure. */
  retry(): void {
    this.loader.retry();
  }

  cancel(): void {
    this.busy.peek()?.stop();
    this.busy.value = null;
  }

  /** Shows another hypothesis of the tree, or the answer again. */
  async inspect(node: number | null): Promise<void> {
    if (node === null) this.branch.value = null;
    else {
      const answer = await this.ask("branch", { state: this.state.value.id, node });
      const branch = answer?.branch;
      if (branch)
        batch(() => {
          this.branch.value = branch;
          this.choose(null);
        });
    }
  }

  private hear(answer: AnswerSpec, step: number | null): void {
    batch(() => {
      if (answer.session) this.take(answer.session, step);
      if (this.kept.keep(answer)) this.found.value = this.kept.last(this.session.value.current);
    });
  }

  /** The session as it is now; a text stays at the `step` at which it was, if there is one. */
  private take(session: WorkbenchSpec, step: number | null): void {
    const known = new Map(this.states.value);
    for (const state of session.states) known.set(state.id, state);
    this.states.value = known;
    if (session.changes < this.session.value.changes) return;
    const moved = session.current !== this.session.value.current;
    this.session.value = session;
    if (!moved) return;
    if (this.isText && step !== null) this.stand(step);
    this.branch.value = null;
    this.pending.value = [];
    this.found.value = this.kept.last(session.current);
    this.looked.value = null;
    this.pointed.value = null;
    const place = this.chosen.value;
    const side = place?.side === "source" ? this.state.value.source : this.state.value.target;
    if (place && place.position >= side.labels.length) this.chosen.value = null;
  }

  private readonly subject = computed(() => {
    const selection = this.host.selection.value;
    const attention = this.attention(selection);
    const layer = attention.layers.includes(selection.layer) ? selection.layer : attention.layers[0];
    const heads = selection.heads.filter((head) => attention.heads.includes(head));
    return {
      attention,
      array: `${this.name.value}:${attention.kind}.weights`,
      layer,
      heads: heads.length ? heads : attention.heads,
    };
  });

  /** Which heads of which layers are made one. */
  readonly parts = computed((): [number, number[]][] => {
    const { attention, layer, heads } = this.subject.value;
    const aligning = this.state.value.alignment_heads.filter(([one]) => attention.layers.includes(one));
    if (this.scope.value === "alignment" && attention.kind === "cross" && aligning.length)
      return aligning.map(([one, head]) => [one, [head]]);
    if (this.scope.value === "heads") return [[layer, heads]];
    return attention.layers.map((one, i) => [one, attention.layer_heads[i]]);
  });

  private load(): void {
    const { attention, array } = this.subject.value;
    const parts = this.parts.value;
    const first = firstRow(attention.kind, this.answer.value);
    this.loader.run((signal) => this.read(array, attention, first, parts, signal));
  }

  /** The same layer and heads of any state, as a matrix. */
  matrixOf(state: StateSpec, signal: AbortSignal): Promise<Matrix> {
    const { attention } = this.subject.value;
    const own = attentionOf({ ...this.spec, attentions: state.attentions }, this.host.selection.value);
    const first = firstRow(own.kind, state);
    return this.read(`${state.id}:${attention.kind}.weights`, own, first, this.parts.value, signal);
  }

  private async read(
    array: string,
    { queries, keys }: AttentionSpec,
    first: number,
    parts: [number, number[]][],
    signal: AbortSignal,
  ): Promise<Matrix> {
    const rest: Span[] = [
      [first, queries],
      [0, keys],
    ];
    const tiles = await Promise.all(parts.map(([layer, heads]) => this.tiles.read(array, layer, heads, rest, signal)));
    return meanOf(
      tiles.flat().map((tile) => ({ shape: tile.shape, values: weights(tile) })),
      first,
    );
  }

  private border(): number {
    return this.state.value.start.labels.length;
  }

  /** Of a text, shows a step of the answer; of one that is shorter, its last. */
  private stand(step: number): void {
    const { selection } = this.host;
    const last = this.state.peek().target.labels.length - 1;
    const query = queryOf({ ...NO_ANSWER, border: this.border() }, Math.max(0, Math.min(last, step)));
    selection.value = { ...selection.peek(), query, key: null, rectangle: null };
  }

  /** In a text the step that is shown is what is chosen, until a token of the prompt is. */
  private stay(): void {
    const step = this.written.value;
    const place = this.chosen.value;
    const isKept = place?.side === "source" && step === this.stood;
    this.stood = step;
    if (!isKept && !(place?.side === "target" && place.position === step)) this.back();
  }

  /** What has happened since the spec was written: a widget can be shown again later. */
  private async catchUp(): Promise<void> {
    try {
      const answer = await this.source.request?.("session", {});
      if (answer?.session) this.take(answer.session, null);
    } catch (error) {
      if (!(error instanceof SourceError)) throw error;
    }
  }

  /** Another kind of attention, layer or heads; the chosen token stays. */
  look(selection: SelectionSpec): void {
    this.looking = true;
    this.host.selection.value = { ...selection, query: null, key: null };
    this.looking = false;
    this.tell();
  }

  /** The selection that Python sees follows the chosen token. */
  private tell(): void {
    const own = placed(this.chosen.value, this.rows.peek());
    const { selection } = this.host;
    const now = selection.peek();
    const query = this.isText ? (own.query ?? now.query) : own.query;
    if (now.query !== query || now.key !== own.key) selection.value = { ...now, query, key: own.key };
  }

  /** The chosen token follows the selection that Python makes. */
  private follow(): void {
    const { query, key } = this.host.selection.value;
    const rows = this.rows.peek();
    const own = placed(this.chosen.peek(), rows);
    if (this.looking || (own.query === query && own.key === key)) return;
    const step = query === null ? -1 : rows.queries.findIndex(({ index }) => index === query);
    if (step >= 0) this.choose({ side: "target", position: step });
    else this.choose(key === null || key >= rows.keys.length ? null : { side: "source", position: key });
  }
}
