"""The generation view: a text while it was written, step by step: what was read, and what else could have come."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, get_args

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.record import Choices, Generation, Record, Slices
from regard.record.display import display
from regard.record.engine.machine import Pool
from regard.record.engine.pool import pool_grid
from regard.view.effect import Effect, effects_of
from regard.view.spec import AttentionSpec, Language, Theme, TokensSpec
from regard.view.view import Part, View

CELLS = 256
_CHOICES = ("choices", "processed")


@dataclass(frozen=True, eq=False, repr=False)
class GenerationView(View):
    """An answer, step by step; see :func:`generation_view`.

    ``selection.query`` is the query that chose the step's token. Beside the arrays of every view it is a source of
    ``"<kind>.exact"``, the weights as they are; of ``"<kind>.matrix"`` [layer, head, row, column], the answer's rows
    against all keys, the largest weight of each block where there are more than 256 of either; and of
    ``"<kind>.choices"`` (and ``"<kind>.processed"``) [1, 1, step, k + 1], the log-probabilities of the step's likeliest
    tokens and, last, of the one chosen. Layers with experts have ``"<kind>.experts"`` and ``"<kind>.gates"``
    [layer, 1, step, k].
    """

    name: ClassVar[str] = "generation_view"

    step: int = 0
    pool: Pool = "mean"

    def __post_init__(self) -> None:
        if self.record.generation is None:
            raise ArgumentError(
                "the generation view needs a record of a model while it wrote; this one is of a single pass. Capture "
                "one with regard.capture_generation(model, tokenizer, prompt)"
            )
        if self.pool not in get_args(Pool):
            raise not_one_of("pool", self.pool, get_args(Pool))
        super().__post_init__()
        self.selection.update(query=self.answer.query(self.step))

    @property
    def answer(self) -> Generation:
        """The answer in the record."""
        assert self.record.generation is not None
        return self.record.generation

    def attentions(self) -> list[AttentionSpec]:
        """What is on offer: the kinds of attention whose queries are the answer's tokens."""
        return [offer for offer in super().attentions() if offer.query_stream == self.answer.stream]

    def colours(self) -> tuple[Effect, ...]:
        """What ``color`` says of the attention: of the whole text, or of what had been read at a step."""
        if self.color is None:
            return ()
        kinds = {offer.kind for offer in self.attentions()}
        found = effects_of(self.color, self.record, {self.answer.stream: self.answer.border})
        return tuple(one for one in found if one.spec.kind in kinds)

    def first_kind(self) -> Kind:
        """That of the answer's tokens: cross attention where there is some."""
        kinds = [offer.kind for offer in self.attentions()]
        return "cross" if "cross" in kinds else kinds[0]

    def options(self) -> dict[str, str]:
        """Where the answer begins, how many alternatives are known, and how heads are put together."""
        answer = self.answer
        found = {"border": answer.border, "steps": len(answer.answer), "k": answer.choices.log_probs.shape[1]}
        processed = {} if answer.processed is None else {"processed": answer.processed.log_probs.shape[1]}
        experts = {"experts": max(routed.k for routed in self._routed().values())} if self._routed() else {}
        return {"pool": self.pool, **{name: str(value) for name, value in {**found, **processed, **experts}.items()}}

    def spec(self) -> dict[str, Any]:
        """The declaration; the answer and the alternatives are streams of their own."""
        found = super().spec()
        more = {"answer": self.answer.answer}
        for name in _CHOICES:
            choices = getattr(self.answer, name)
            more |= {} if choices is None else {name: choices.tokens}
        for name, tokens in more.items():
            found["streams"][name] = asdict(TokensSpec(list(tokens.labels), list(tokens.pieces), [], None))
        return found

    def arrays(self) -> tuple[str, ...]:
        """Names of the arrays that the spec may refer to."""
        own = ["exact", "matrix", "choices"]
        own += [] if self.answer.processed is None else ["processed"]
        own += ["experts", "gates"] if self._routed() else []
        return (*super().arrays(), *(f"{offer.kind}.{what}" for offer in self.attentions() for what in own))

    def shape(self, array: str) -> tuple[int, ...]:
        """Shape of one of the arrays that the spec refers to."""
        attention, what = self._find(array)
        layers, heads, queries, keys = attention.weights.shape
        steps = len(self.answer.answer)
        if what == "exact":
            return (layers, heads, queries, keys)
        if what == "matrix":
            return (layers, heads, min(CELLS, steps), min(CELLS, keys))
        if what in _CHOICES:
            return (1, 1, *_table(getattr(self.answer, what)).shape)
        if what in ("experts", "gates"):
            return (layers, 1, steps, int(self.options()["experts"]))
        return super().shape(array)

    def read(self, array: str, slices: Slices) -> np.ndarray:
        """A rectangle of one of the arrays that the spec refers to."""
        _, what = self._find(array)
        if what in _CHOICES:
            return _table(getattr(self.answer, what))[None, None][tuple(slices)]
        layers, *rest = slices
        if what in ("experts", "gates"):
            return np.stack([self._chosen(what, number)[tuple(rest)] for number in range(layers.start, layers.stop)])
        if what == "matrix":
            return np.stack([self._matrix(array, n, rest) for n in range(layers.start, layers.stop)])
        return super().read(array.replace(".exact", ".weights"), slices)

    def parts(self) -> Iterator[Part]:
        """The answer's rows of every head, their picture, and what each step chose from."""
        rows = slice(self.answer.border - 1, self.answer.border - 1 + len(self.answer.answer))
        for offer in self.attentions():
            for array, (layer, head, _, keys) in self._parts(offer, f"{offer.kind}.weights"):
                yield array, (layer, head, rows, keys)
            yield from self._parts(offer, f"{offer.kind}.matrix")
        kind = self.attentions()[0].kind
        for what in (*_CHOICES, "experts", "gates"):
            for offer in self.attentions():
                if f"{offer.kind}.{what}" in self.arrays():
                    shape = self.shape(f"{kind}.{what}")
                    yield f"{offer.kind}.{what}", tuple(slice(0, size) for size in shape)
        yield from self.effect_parts()

    def first_parts(self) -> list[Part]:
        """Nothing: what the step needs is asked for."""
        return []

    def _matrix(self, array: str, number: int, rest: Slices) -> np.ndarray:
        """The answer's rows of one layer in blocks, [head, row, column]."""
        attention, _ = self._find(array)
        heads, rows, columns = rest
        first, steps = self.answer.border - 1, len(self.answer.answer)
        down = first + _borders(steps)[rows.start : rows.stop + 1]
        across = _borders(attention.keys)[columns.start : columns.stop + 1]
        return pool_grid(attention.layer(number), heads, down, across, "max")

    def _routed(self) -> dict[int, Any]:
        """Layers with experts that were seen, by number."""
        routing = self.record.routings.get(self.answer.stream)
        return {} if routing is None else {number: routing.layer(number) for number in routing.present}

    def _chosen(self, what: str, number: int) -> np.ndarray:
        """The experts (or their gates) of each step in one layer, [1, step, k]; -1 (or 0) where there are none."""
        steps, k = len(self.answer.answer), int(self.options()["experts"])
        found = np.full((1, steps, k), -1.0 if what == "experts" else 0.0)
        routed = self._routed().get(number)
        if routed is not None:
            own = getattr(routed, what)[self.answer.border - 1 : self.answer.border - 1 + steps]
            found[0, :, : own.shape[1]] = own
        return found


def generation_view(
    record: Any,
    tokenizer: Any = None,
    source: Any = None,
    *,
    step: int = 0,
    layer: int | None = None,
    head: int | None = None,
    heads: Sequence[int] | None = None,
    kind: Kind | None = None,
    pool: Pool = "mean",
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    theme: Theme = "auto",
    language: Language = "auto",
    title: str | None = None,
    color: Any = None,
    question: Any = None,
    **options: Any,
) -> GenerationView:
    """A text as the model wrote it: at each step what was attended to, and which tokens were likeliest.

    ``record`` is one of :func:`regard.capture_generation`. The text up to the step is shaded by the attention of the
    query that chose its token (several heads by their mean or their largest weight, ``pool``), beside it stand the
    likeliest tokens with their probabilities, below it all steps as the rows of a matrix. ``view.selection.query`` is
    ``record.generation.query(step)``. With the result of an experiment as ``color``
    (:class:`regard.view.effect.Measured`) text and matrix are coloured by what changes did to the output instead.

    Given a model with ``tokenizer`` and ``source`` (the prompt) instead, or a :class:`regard.Workbench`, the view is
    live: its picture has the beam search's tree, forces other tokens, changes prompt and attention, and shows whatever
    answer then comes (:class:`LiveGenerationView`). ``options`` are then ``beams``, ``k``, ``max_new_tokens``,
    ``neighbours`` and settings of ``generate``, as for :func:`regard.seq2seq_view`.

    Raises ``ArgumentError`` for a record of a single pass.
    """
    if head is not None and heads is not None:
        raise ArgumentError("give head= or heads=, not both")
    shown: dict[str, Any] = {
        "kind": kind,
        "layer": layer,
        "heads": heads if head is None else [head],
        "include_layers": include_layers,
        "include_heads": include_heads,
        "theme": theme,
        "language": language,
        "title": title,
        "color": color,
        "question": question,
        "step": step,
        "pool": pool,
    }
    if not isinstance(record, Record):
        live: GenerationView = display("generation", record, tokenizer=tokenizer, source=source, view=shown, **options)
        return live
    given = [name for name, value in (("tokenizer", tokenizer), ("source", source)) if value is not None]
    if given or options:
        raise ArgumentError(
            f"{', '.join([*given, *options])}: that is for a model that is to write; a record holds what was written. "
            "Give the model in the record's place"
        )
    return GenerationView(record, **shown)


def _table(choices: Choices) -> np.ndarray:
    """Log-probabilities [step, k + 1]: the likeliest tokens', then the chosen one's."""
    return np.concatenate([choices.log_probs, choices.chosen[:, None]], axis=1)


def _borders(count: int) -> np.ndarray:
    """Where ``count`` positions are cut into at most ``CELLS`` blocks that differ by at most one in size."""
    cells = min(CELLS, count)
    return np.asarray(np.arange(cells + 1) * count // cells)
