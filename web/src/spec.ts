// Generated from src/regard/view/*spec.py by `make spec`. Do not edit.

export const VERSION = 1;

export const ASKS: Record<string, Record<string, string>> = {
  show: {"state": "int"},
  translate: {"text": "str"},
  replace_source: {"position": "int", "by": "int | str"},
  insert_source: {"position": "int", "what": "int | str"},
  delete_source: {"position": "int"},
  silence_source: {"start": "number", "stop": "number"},
  cut_source: {"start": "number", "stop": "number"},
  keep_source: {"start": "number", "stop": "number"},
  force: {"step": "int", "token": "int | str"},
  follow: {"node": "int"},
  score: {"target": "str"},
  begin: {"target": "str"},
  edit_attention: {"edits": "list[AttentionEditSpec]"},
  reset_attention: {"step": "int | None"},
  settings: {"beams": "int", "k": "int", "max_new_tokens": "int"},
  undo: {},
  redo: {},
  rename: {"state": "int", "name": "str"},
  pin: {"state": "int | None"},
  swap: {},
  compare: {"first": "int", "second": "int"},
  branch: {"state": "int", "node": "int"},
  words: {"state": "int", "side": "str", "position": "int", "k": "int"},
  links: {"state": "int", "heads": "list[pair] | None", "how": "str | None", "words": "bool | None"},
  neighbours: {"state": "int", "stream": "str", "layer": "int", "position": "int", "k": "int"},
  projection: {"state": "int", "stream": "str", "layer": "int", "method": "str", "k": "int"},
  components: {"state": "int", "stream": "str", "layer": "int", "positions": "list[int] | None", "beside": "int | None", "count": "int"},
  replacements: {"state": "int", "position": "int", "heads": "list[pair] | None", "k": "int"},
  gold: {"state": "int", "links": "str | None", "words": "bool | None"},
  favourite: {"state": "int", "on": "bool"},
  session: {},
  cancel: {},
};

/** One token sequence: what is drawn, what the text really is, which tokens are special, which text of a pair. */
export interface TokensSpec {
  labels: string[];
  pieces: string[];
  special: number[];
  segments: number[] | null;
}

/** Which keys a query at position (row + ``offset``) sees: at most so many before and after it, within its chunk. */
export interface MaskSpec {
  before: number | null;
  after: number | null;
  chunk: number | null;
  offset: number;
}

/** One kind of attention: sizes, the layer and head numbers on offer, and the streams of its two sides. ``overview`` is how many blocks an overview has along each side at most; ``masks`` the rule of each layer on offer, ``layer_heads`` which of ``heads`` each of them has. ``head_count`` is how many heads the model has in a layer (the most, where layers differ), also where only some of them are in the record. */
export interface AttentionSpec {
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  layers: number[];
  heads: number[];
  kv_heads: number;
  queries: number;
  keys: number;
  query_stream: string;
  key_stream: string;
  overview: number;
  masks: MaskSpec[];
  layer_heads: number[][];
  head_count: number;
}

/** What is selected; the one part of a view that changes. ``query`` and ``key`` are positions or nothing; ``rectangle`` is [first query, one past the last, first key, one past the last] or nothing. ``color`` is what colours mean, ``least`` the size of the smallest effect that is shown. */
export interface SelectionSpec {
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  layer: number;
  heads: number[];
  query: number | null;
  key: number | null;
  filter: "all" | "aa" | "ab" | "ba" | "bb";
  rectangle: number[] | null;
  color: "weight" | "effect";
  least: number;
}

/** Effects that can colour one kind of attention: the array ``"<kind>.effect"`` [layer, head, query, key]. ``axes`` are those that it tells apart; along the others it has size 1, and holds for ``layers`` and ``heads`` (or for all, changed at once). ``spans`` [start, stop) per axis hold all that was measured. ``name`` is what was measured (``"log_p"``), ``target`` of which output, ``what`` what was changed, both as given; effects up to three times ``noise`` are not measurable. ``top`` is the largest size, ``measured`` how many there are. ``tested``: the model was run again with the change (an effect is what that did); else a method attributes them (positive: for the target). */
export interface EffectSpec {
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  axes: string[];
  spans: number[][];
  layers: number[] | null;
  heads: number[] | null;
  name: string;
  target: string;
  what: string;
  noise: number | null;
  top: number;
  measured: number;
  tested: boolean;
}

/** A view: which one, of what, with what selected. ``options`` are the choices that only this view has, ``effects`` what else than weights can colour it. */
export interface ViewSpec {
  version: number;
  view: string;
  title: string;
  theme: "auto" | "light" | "dark";
  language: "auto" | "en" | "zh";
  streams: Record<string, TokensSpec>;
  attentions: AttentionSpec[];
  selection: SelectionSpec;
  options: Record<string, string>;
  effects: EffectSpec[];
}

/** One change and its effect: ``how``, in which ``scope``, and whether the ``value`` is more than three times the ``noise``. ``spread`` is the standard error of a mean of samples. */
export interface FindingSpec {
  how: "mask" | "value" | "zero" | "mean" | "replace";
  scope: "heads" | "layer" | "model";
  value: number;
  noise: number;
  spread: number | null;
  measurable: boolean;
}

/** A test of what was selected: ``done`` ``of`` so many findings are there. ``name`` is what is measured, ``target`` of which output; ``message`` says what went wrong. */
export interface TestSpec {
  id: number;
  about: "edge" | "heads" | "token";
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  layer: number;
  heads: number[];
  query: number | null;
  key: number | null;
  name: string;
  target: string;
  state: "running" | "done" | "stopped" | "failed";
  done: number;
  of: number;
  findings: FindingSpec[];
  message: string;
}

/** What the bytes beside it are: a rectangle (``slices``: [start, stop) per axis) of a named array. ``u8`` and ``u16`` hold codes: weight = (code / largest code) ** root; code 0 is exactly zero or masked. ``error`` is the largest absolute error that the coding makes. ``compression`` is ``"deflate"`` (zlib) or nothing. ``share`` of the queries were read to make the tile: 1 is exact, less a sample. */
export interface TileHeader {
  array: string;
  slices: number[][];
  dtype: "u8" | "u16" | "f32";
  root: number;
  error: number;
  compression: "deflate" | null;
  share: number;
}

/** Bytes on a page: the element that holds them (deflated, base64), what they are, and their shape. */
export interface ArraySpec {
  id: string;
  dtype: "u8" | "f32";
  shape: number[];
}

/** Heads that a page computes by itself, with the fields and arrays of :class:`regard.record.Quantised`. */
export interface QuantisedSpec {
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  layer: number;
  heads: number[];
  lse_scale: number[];
  softcap: number | null;
  mask: MaskSpec;
  error: number;
  misplaced: number;
  arrays: Record<string, ArraySpec>;
}

/** One token sequence of a state; ``times`` are [start, end] in seconds of frames of sound, ``places`` [image, row, column] of patches of pictures (nothing where the tokens are words). ``special`` are positions. Of a sound, ``levels`` is how loud each frame is (root mean square), ``seconds`` how long it is, and ``padding`` how many frames more were read after its end, which are not shown. */
export interface SequenceSpec {
  ids: number[] | null;
  labels: string[];
  pieces: string[];
  special: number[];
  times: number[][] | null;
  places: number[][] | null;
  text: string;
  levels: number[] | null;
  seconds: number | null;
  padding: number;
}

/** A token that could come next, with the natural logarithm of its probability (nothing: impossible). */
export interface PredictedSpec {
  id: number;
  label: string;
  piece: string;
  log_p: number | null;
}

/** One output step: what was chosen, its rank among all tokens (0: likeliest), and the likeliest ones. ``query`` is the row of the decoder's (and cross) attention that chose it, ``edits`` the numbers of the state's edits of that row. ``forced``: given by somebody, not chosen by the search. ``entropy`` in nats. ``drawn`` are the likeliest tokens, and the chosen one, of what it was drawn from (after temperature, top-k and the like). */
export interface StepSpec {
  query: number;
  chosen: PredictedSpec;
  rank: number;
  top: PredictedSpec[];
  entropy: number;
  forced: boolean;
  edits: number[];
  drawn: PredictedSpec[] | null;
}

/** One token of the search tree: ``id`` is its place in the list, ``parent`` the node before it. ``log_p`` is its own, ``total`` the sum from the start, ``score`` what the search ranked a finished one by (``total`` over length to the power of the length penalty). ``rank`` is its place among all tokens after its parent (0: likeliest), ``place`` that among the candidates of its step, ``winner`` whether it is on the path of the answer. */
export interface NodeSpec {
  id: number;
  parent: number | null;
  step: number;
  token: number;
  label: string;
  piece: string;
  log_p: number | null;
  total: number | null;
  score: number | null;
  rank: number;
  place: number;
  status: "start" | "given" | "kept" | "pruned" | "finished";
  winner: boolean;
}

/** A change of the attention with which one output ``step`` is chosen; ``layers`` and ``heads`` nothing: all. ``share`` is how much of the weight is moved (1: all), or the factor for ``scale``; ``row`` the weights of ``pin``. To ``move`` weight from no ``keys`` takes it from all but ``to``. With ``kind`` "encoder", ``step`` is a position of the source. */
export interface AttentionEditSpec {
  step: number;
  kind: "encoder" | "decoder" | "cross" | "vision" | "audio";
  change: "move" | "scale" | "pin" | "zero" | "hide";
  keys: number[];
  to: number[];
  share: number;
  row: number[] | null;
  layers: number[] | null;
  heads: number[] | null;
}

/** How it is decoded: the number of beams (1: greedy), how many predictions are kept per step, the most tokens; and where tokens are drawn (``draws``), temperature, seed and the like by name. */
export interface SettingsSpec {
  beams: number;
  k: number;
  max_new_tokens: number;
  length_penalty: number;
  draws: Record<string, number> | null;
}

/** Links [source, target] that annotators agree on (``sure``) and others that they allow (``possible``), between ``words`` or, where that is false, tokens; also in the Pharaoh format. */
export interface GoldSpec {
  sure: number[][];
  possible: number[][];
  words: boolean;
  pharaoh: string;
}

/** One decoding and all that made it. ``parent`` is the state it was made from and ``made`` the request that made it, in words. ``start`` tokens are what the decoder begins with (an encoder-decoder's start token; of a decoder-only model the prompt, which is also the source); ``target`` are the chosen ones after them, as many as ``steps``. The arrays ``"<id>:<kind>.weights"`` [layer, head, query, key] hold the attention as it was with the edits; queries and keys of ``attentions`` count the tokens that were read, ``start`` and all of ``target`` but the last. ``forced`` is how many of the first steps were given. ``alignment_heads`` are [layer, head] of cross attention heads known to align. ``ended``: the model ended its answer itself. ``unreached`` are the numbers of edits whose step the answer did not come to. ``gold`` is the word alignment that somebody gave this answer. */
export interface StateSpec {
  id: number;
  name: string;
  parent: number | null;
  made: string;
  source: SequenceSpec;
  start: SequenceSpec;
  target: SequenceSpec;
  steps: StepSpec[];
  tree: NodeSpec[];
  edits: AttentionEditSpec[];
  unreached: number[];
  settings: SettingsSpec;
  total: number | null;
  score: number | null;
  forced: number;
  ended: boolean;
  attentions: AttentionSpec[];
  alignment_heads: number[][];
  gold: GoldSpec | null;
}

/** Another hypothesis of a state's tree, up to ``node``: its tokens and steps, and its attention as arrays ``"<state>-<node>:<kind>.weights"``. */
export interface BranchSpec {
  state: number;
  node: number;
  target: SequenceSpec;
  steps: StepSpec[];
  total: number | null;
  attentions: AttentionSpec[];
}

/** One piece of a token diff: [start, stop) of the first sequence and of the second. */
export interface SpanSpec {
  change: "same" | "replaced" | "inserted" | "deleted";
  first: number[];
  second: number[];
}

/** Two states beside each other; differences are the second's number less the first's. */
export interface ComparisonSpec {
  first: number;
  second: number;
  source: SpanSpec[];
  target: SpanSpec[];
  total: number | null;
  score: number | null;
}

/** What states can be asked for: their kinds with their layers, how many texts and states are indexed to be near to (none: only the answer's own), what distances are, and methods of projection (those that are not installed with how to get them). */
export interface NeighboursOfferSpec {
  streams: Record<string, number[]>;
  texts: number;
  states: number;
  metric: string;
  methods: Record<string, string | null>;
}

/** A state of another text: which text, the position in which of its sides, how far it is, and the text itself. ``near`` are the positions of the state's own that it is near to, ``distances`` how far it is from each. */
export interface NeighbourSpec {
  text: number;
  side: "source" | "target";
  position: number;
  distance: number;
  near: number[];
  distances: number[];
  source: SequenceSpec;
  target: SequenceSpec | null;
}

/** The states nearest to one of a state's own, the nearest first. ``position`` counts the tokens read: of the decoder, ``start`` and then the answer's. ``note`` says in words how exact this is. */
export interface NeighboursSpec {
  state: number;
  stream: string;
  layer: number;
  position: number;
  found: NeighbourSpec[];
  note: string;
}

/** A point of a projection: the state's own at a position (``own``), or a neighbour (its place in ``found``). */
export interface PointSpec {
  x: number;
  y: number;
  own: number | null;
  neighbour: number | null;
}

/** States and their neighbours in two dimensions; the points with ``own`` in order are the trajectory. ``explained`` is the share of the variance along each axis, where the method knows it; ``note`` says what distances in the plane mean, ``search`` how exact the neighbours are. */
export interface ProjectionSpec {
  state: number;
  stream: string;
  layer: number;
  method: string;
  points: PointSpec[];
  found: NeighbourSpec[];
  labels: string[];
  explained: number[] | null;
  note: string;
  search: string;
}

/** The numbers of some ``dimensions`` of a state's vectors (of ``width`` numbers) at every position, ``values`` [dimension, position]; those that ``change`` most come first. Between two ``positions``; from those of the state ``beside`` (``others``, [dimension, its position]), at the position named or over all; or, where neither is, over all positions. */
export interface ComponentsSpec {
  state: number;
  stream: string;
  layer: number;
  positions: number[];
  dimensions: number[];
  values: number[][];
  change: number[];
  width: number;
  beside: number | null;
  others: number[][] | null;
}

/** A word of the vocabulary near another: cosine similarity of their embeddings, and a place on a small map. */
export interface WordSpec {
  id: number;
  label: string;
  piece: string;
  similarity: number;
  x: number;
  y: number;
}

/** The words nearest to the token at ``position`` of one side of a state. */
export interface WordsSpec {
  state: number;
  side: "source" | "target";
  position: number;
  words: WordSpec[];
}

/** A word tried in the place of a source token, the answer held: how much the attention of its steps changes (total variation distance, 0 to 1, of each of ``steps`` and as the mean), the ``step`` where it does most, and what it adds to the answer's log p (nothing: it becomes impossible). */
export interface ReplacementSpec {
  word: WordSpec;
  attention: number;
  step: number;
  steps: number[];
  total: number | null;
}

/** Words tried in the place of the source token at ``position``, by the change of attention of these ``heads`` ([layer, head]; nothing: all), the largest first. */
export interface ReplacementsSpec {
  state: number;
  position: number;
  heads: number[][] | null;
  tried: ReplacementSpec[];
}

/** Links against gold ones (Och & Ney 2003): how many were found and are sure in gold; of the found ones, how many are sure, and sure or possible; ``rate`` is ``1 - (found_sure + found_possible) / (found + sure)``. */
export interface AlignmentErrorSpec {
  found: number;
  sure: number;
  found_sure: number;
  found_possible: number;
  rate: number | null;
  precision: number | null;
  recall: number | null;
}

/** Word alignment read off cross attention: [source word, target word] numbers, also in the Pharaoh format. ``source_words`` and ``target_words`` are the positions of each word's tokens in ``source`` and ``target``; ``heads`` [layer, head] are those it was read off. ``words``: between words, not tokens. ``error`` is how far it is from the state's gold, where that is between the same. */
export interface LinksSpec {
  state: number;
  links: number[][];
  source_words: number[][];
  target_words: number[][];
  heads: number[][];
  how: string;
  words: boolean;
  pharaoh: string;
  error: AlignmentErrorSpec | null;
}

/** What was computed of any state when somebody asked, the latest last. */
export interface FoundSpec {
  words: WordsSpec[];
  links: LinksSpec[];
  neighbours: NeighboursSpec[];
  projections: ProjectionSpec[];
  components: ComponentsSpec[];
  replacements: ReplacementsSpec[];
}

/** One line of the history: its number, what it is called, what it was made from, its texts, its score, and whether it is a favourite. */
export interface HistorySpec {
  id: number;
  name: string;
  parent: number | null;
  made: string;
  source: string;
  target: string;
  total: number | null;
  score: number | null;
  favourite: boolean;
}

/** A session: every state by line, which is shown, which is pinned to be compared with, and the whole states that travel along (a page without Python has all of them). ``changes`` counts what has changed so far: of two sessions the one with more is the newer. ``live``: requests are answered. ``can_edit_source``: the source is words (not sound or a picture); ``can_edit_sound``: it is a sound, of which stretches can be silenced and cut out. ``comparison`` is that of the pinned state and the one shown; any others can be asked for. What was ``found`` is what a page without Python knows. */
export interface WorkbenchSpec {
  changes: number;
  history: HistorySpec[];
  current: number;
  pinned: number | null;
  comparison: ComparisonSpec | null;
  can_undo: boolean;
  can_redo: boolean;
  live: boolean;
  can_edit_source: boolean;
  can_edit_sound: boolean;
  family: string;
  encoder_decoder: boolean;
  states: StateSpec[];
  neighbours: NeighboursOfferSpec | null;
  found: FoundSpec | null;
}

/** The declaration of the workbench's view: that of any view, of the state shown, and the session. */
export interface Seq2SeqSpec {
  version: number;
  view: string;
  title: string;
  theme: "auto" | "light" | "dark";
  language: "auto" | "en" | "zh";
  streams: Record<string, TokensSpec>;
  attentions: AttentionSpec[];
  selection: SelectionSpec;
  options: Record<string, string>;
  effects: EffectSpec[];
  workbench: WorkbenchSpec;
}

/** What is asked of a workbench: an ``ask`` of :data:`ASKS`, and the fields that it takes. A number ``id`` comes back with the answer. A request that decodes takes the place of one that still runs. */
export interface RequestSpec {
  id: number;
  ask: string;
  fields: Record<string, unknown>;
}

/** What a workbench answers: the session as it is now, without whole states but those in ``states`` that are new or asked for, and what was asked for. ``error`` says why nothing was done; ``cancelled``, that another request came. */
export interface AnswerSpec {
  id: number;
  error: string | null;
  cancelled: boolean;
  session: WorkbenchSpec | null;
  comparison: ComparisonSpec | null;
  branch: BranchSpec | null;
  words: WordsSpec | null;
  links: LinksSpec | null;
  neighbours: NeighboursSpec | null;
  projection: ProjectionSpec | null;
  components: ComponentsSpec | null;
  replacements: ReplacementsSpec | null;
}

/** How far a request is: tokens so far, of at most so many; of a projection, states; of replacements, words. */
export interface ProgressSpec {
  id: number;
  tokens: number;
  most: number;
}

/** What cutting a token's edges did: in the picture, in its whole layer, in all layers. */
export interface CutsSpec {
  view: number | null;
  layer: number | null;
  all: number | null;
}

/** A shown token with its verdict, or the bright ones together (``tokens`` are several). ``effect`` is of other tokens in its place, ``controls`` what that did at others; ``mask`` and ``value`` are cuts by hiding and by zeroing. */
export interface JudgedSpec {
  tokens: number[];
  role: "bright" | "parked" | "together";
  weight: number;
  word: Record<string, string>;
  sentence: Record<string, string>;
  effect: number | null;
  samples: number[];
  controls: number[];
  mask: CutsSpec;
  value: CutsSpec;
}

/** What was asked, and what was found; ``state`` says whether it was measured. */
export interface FoundSpec {
  question: string;
  asked: Record<string, string>;
  state: "measured" | "part" | "not measured";
  sentence: Record<string, string>;
}

/** A report: the row that is judged, the verdicts (the picture's own beside them), and what was found. ``parked`` are the keys whose attention counts as parked. ``moved`` is how far shuffled rows moved the output, and ``even`` an even row, in ``moved_in`` (``"tvd"``: a share from 0 to 1). ``small`` is from where effects count. */
export interface ReliabilitySpec {
  labels: string[];
  row: number[];
  parked: number[];
  word: Record<string, string>;
  sentence: Record<string, string>;
  judged: JudgedSpec[];
  findings: FoundSpec[];
  effect: string;
  small: number;
  moved: number[];
  even: number | null;
  moved_in: string;
  notes: (Record<string, string>)[];
  basis: Record<string, string>;
}

/** The spec of a reliability view. */
export interface ReliabilityViewSpec {
  version: number;
  view: string;
  title: string;
  theme: "auto" | "light" | "dark";
  language: "auto" | "en" | "zh";
  streams: Record<string, TokensSpec>;
  attentions: AttentionSpec[];
  selection: SelectionSpec;
  options: Record<string, string>;
  effects: EffectSpec[];
  reliability: ReliabilitySpec;
}
