"""Runs of a model with edits, many variants in one batch, without computing again what no edit changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.compiled import as_written
from regard.capture.inputs import Inputs
from regard.capture.registry import Edit as Answer
from regard.capture.registry import answering
from regard.errors import ArgumentError, NoAttentionError, RegardError
from regard.experiment.cache import can_repeat, cut, repeated
from regard.experiment.draws import Draws
from regard.experiment.editor import Editor, NotApartError
from regard.experiment.edits import Edit
from regard.experiment.inputs import without_cache
from regard.experiment.layers import LayerOutputs, leaving_out, watching_layers
from regard.experiment.layout import Layout, Site
from regard.experiment.order import Order
from regard.experiment.places import numbers

Read = Callable[[Any], Tensor]
"""What of the model's output [variant, ...] is kept, [variant, ...]."""


@dataclass(frozen=True, eq=False)
class Prefix:
    """What was computed of the first ``tokens`` tokens (their keys and values), and what each layer then gave for the
    rest."""

    tokens: int
    cache: Any
    outputs: LayerOutputs


class Passes:
    """Runs of one model on one input.

    ``whole`` is the unedited answer. Layers before the first edited one are not run again but answer with what they
    gave; of causal language models, tokens before the first edited query neither: they lie in a cache of keys and
    values, so that an edit of the last row costs one decode step. Both are used only where an unedited run in this
    manner gives the same as a whole one; the second only where ``read`` reads nothing but the last row (``last_row``).
    Random numbers that the model draws are the same in every run (:mod:`regard.experiment.draws`).
    """

    def __init__(self, model: nn.Module, inputs: Inputs, read: Read, *, last_row: bool, reuse: bool = True) -> None:
        self.model, self._inputs, self._read = model, inputs, read
        self.layout, self._draws, self._packs = Layout(), Draws(model), False
        taking = self.layout.taking(Order(inputs.encoder_decoder, inputs.has_text))
        with self._running(), watching_layers(model) as outputs, answering(model, taking):
            self.whole = read(model(**self._arguments(1, 0)))
        if not self.layout.sites:
            raise NoAttentionError(
                f"{type(model).__name__} ran, but called no attention function of transformers and took no softmax of "
                "queries times keys that can be followed, so its attention cannot be edited"
            )
        check_finite(self.whole, "the unedited run")
        self._prefix, self._longest = Prefix(0, None, outputs), None
        reuse = reuse and not self._draws.drawn
        can = reuse and not outputs.repeated and not self.layout.repeated
        self._layers_reused: bool | None = None if can else False
        self._tokens_reused = reuse and last_row and self._is_causal_lm()

    @property
    def reused(self) -> tuple[str, ...]:
        """What is not computed again: ``"layers"`` before the edited ones, ``"tokens"`` before the edited queries."""
        uses = {"layers": self._layers_reused is not False, "tokens": self._tokens_reused}
        return tuple(name for name, used in uses.items() if used)

    @property
    def tokens(self) -> int:
        """Number of tokens that the model runs on (of the decoder, where there is one)."""
        return max(site.queries for site in self.layout.sites)

    @property
    def alone(self) -> bool:
        """Whether variants are run one at a time: the model draws random numbers, which would not be the same for all
        rows of a batch, its inputs (several pictures of one text, packed patches) cannot be had several times, or it
        packs a batch into one sequence (Pixtral)."""
        return self._packs or self._draws.drawn or not all(map(_can_expand, self._inputs.arguments.values()))

    def run(self, variants: Sequence[Sequence[Edit]]) -> Tensor:
        """What is read of each variant, [variant, ...]."""
        if self.alone and len(variants) > 1:
            return torch.cat([self.run([one]) for one in variants])
        touched = [self.layout.touched(edit) for edits in variants for edit in edits]
        sites = [site for found in touched for site in found]
        if not sites:
            return self.whole.expand(len(variants), *self.whole.shape[1:])
        start = self._first_query(variants)
        prefix = self._prefix_of(start)
        path = self.layout.first_layer(sites, prefix.outputs) if self._layers_can_be_left_out(prefix) else None
        try:
            found = self._edited(variants, prefix, {} if path is None else prefix.outputs.before(path))
        except (NotApartError, RuntimeError):  # of torch, for sequences that are as long as the batch
            if len(variants) == 1:
                raise
            self._packs = True
            return self.run(variants)
        check_finite(found, "an edited run")
        return found

    def run_on(self, ids: Tensor, first: int, *, kept: Tensor | None = None, read: Read | None = None) -> Tensor:
        """What is read of other texts [variant, token] that differ from this one from token ``first`` on.

        Of shorter ones, ``kept`` [variant, token] says which of this text's tokens are left; ``read`` reads them where
        what is asked about is no longer in the same place.
        """
        if self.alone and len(ids) > 1:
            each = [(ids[i : i + 1], None if kept is None else kept[i : i + 1]) for i in range(len(ids))]
            return torch.cat([self.run_on(row, first, kept=left, read=read) for row, left in each])
        prefix = self._prefix_of(first if self._tokens_reused else 0)
        arguments = self._going_on(prefix, len(ids)) | {"input_ids": ids[:, prefix.tokens :]}
        for name in ("attention_mask", "token_type_ids"):
            if kept is not None and name in arguments:
                arguments[name] = arguments[name].gather(1, kept)
        with self._running():
            found = (read or self._read)(self.model(**arguments))
        check_finite(found, "a run on changed tokens")
        return found

    def output(self, variants: int = 1) -> Any:
        """The model's output on so many copies of the input, in the caller's hooks, modes and gradients."""
        with as_written(self.model), self._draws.repeated():
            return self.model(**self._arguments(variants, 0))

    def read(self, output: Any) -> Tensor:
        """What is kept of the model's output, [variant, ...]; raises ``RegardError`` when it is NaN."""
        found = self._read(output)
        check_finite(found, "the run")
        return found

    def answered(self, answer: Answer, variants: int, site: Site, query: int = 0) -> Tensor:
        """What is read of so many copies, [variant, ...], whose attention calls ``answer`` answers from ``site`` on.

        Gradients are kept where they are enabled. Layers before ``site`` and tokens before ``query`` are not run again
        where that gives the same; :meth:`start` says how many tokens.
        """
        prefix = self._prefix_of(self._start(query))
        path = self.layout.first_layer([site], prefix.outputs) if self._layers_can_be_left_out(prefix) else None
        found = self._answered(answer, variants, prefix, {} if path is None else prefix.outputs.before(path))
        check_finite(found, "an edited run")
        return found

    def start(self, query: int) -> int:
        """How many tokens lie in a cache when nothing before ``query`` is changed; finds out what can be reused."""
        prefix = self._prefix_of(self._start(query))
        self._layers_can_be_left_out(prefix)
        return prefix.tokens

    def order(self) -> Order:
        """What numbers the attention calls of one run."""
        known = None if self.layout.repeated else self.layout.known
        return Order(self._inputs.encoder_decoder, self._inputs.has_text, known, self.layout.counts)

    def cost(self, variants: Sequence[Sequence[Edit]]) -> int:
        """How many tokens each variant runs through the edited layers and those after."""
        return self.tokens - self._first_query(variants)

    def tokens_after(self, first: int) -> int:
        """How many tokens a run on a text that changes from ``first`` on runs."""
        return self.tokens - (first if self._tokens_reused else 0)

    def _edited(self, variants: Sequence[Sequence[Edit]], prefix: Prefix, left_out: Mapping[str, Any]) -> Tensor:
        editor = Editor(variants, self.order(), prefix.tokens, packed=self.layout.packed)
        with torch.no_grad():
            found = self._answered(editor, len(variants), prefix, left_out)
        self._check_edited(variants, editor)
        return found

    def _answered(self, answer: Answer, variants: int, prefix: Prefix, left_out: Mapping[str, Any]) -> Tensor:
        arguments = self._going_on(prefix, variants)
        without = leaving_out(self.model, left_out, variants)
        with as_written(self.model), without, answering(self.model, answer), self._draws.repeated():
            return self._read(self.model(**arguments))

    def _check_edited(self, variants: Sequence[Sequence[Edit]], editor: Editor) -> None:
        """Raises ``NoAttentionError`` when attention that was to be edited was not met again."""
        touched = (site for edits in variants for edit in edits for site in self.layout.touched(edit))
        lost = [site for site in touched if (site.kind, site.layer) not in editor.seen]
        if lost:
            raise NoAttentionError(
                f"{lost[0].path}: its attention was seen in the unedited run but not in the edited one, so nothing was "
                "edited there"
            )

    def _start(self, query: int) -> int:
        return query if self._tokens_reused else 0

    @contextmanager
    def _running(self) -> Iterator[None]:
        with torch.no_grad(), as_written(self.model), self._draws.repeated():
            yield

    def _arguments(self, variants: int, start: int) -> dict[str, Any]:
        found = {name: _expanded(name, value, variants) for name, value in self._inputs.arguments.items()}
        if start:
            found["input_ids"] = found["input_ids"][:, start:]
        return without_cache(self.model, found)

    def _going_on(self, prefix: Prefix, variants: int) -> dict[str, Any]:
        """The model's arguments after what is cached."""
        arguments = self._arguments(variants, prefix.tokens)
        if prefix.cache is not None:
            arguments |= {"past_key_values": repeated(prefix.cache, variants), "use_cache": True}
        return arguments

    def _is_causal_lm(self) -> bool:
        can_generate = getattr(self.model, "can_generate", lambda: False)()
        plain = set(self._inputs.arguments) <= {"input_ids", "attention_mask", "logits_to_keep"}
        sites = self.layout.sites
        return bool(can_generate and plain and all(site.kind == "decoder" and site.causal for site in sites))

    def _first_query(self, variants: Sequence[Sequence[Edit]]) -> int:
        """The first query of all edits, where the tokens before it need not be run again; else 0."""
        if not self._tokens_reused:
            return 0
        return min(numbers("query", edit.query, self.tokens)[0] for edits in variants for edit in edits)

    def _prefix_of(self, start: int) -> Prefix:
        if start != self._prefix.tokens:
            found = self._cached(start) if start else self._uncached()
            if found is None:
                self._tokens_reused = False
                return self._prefix_of(0)
            self._prefix = found
        return self._prefix

    def _uncached(self) -> Prefix:
        with self._running(), watching_layers(self.model) as outputs:
            self.model(**self._arguments(1, 0))
        return Prefix(0, None, outputs)

    def _cached(self, start: int) -> Prefix | None:
        """The first tokens in a cache; ``None`` where the model does not go on from it as in a whole run."""
        cache = self._cache_of(start)
        if cache is None:
            return None
        with watching_layers(self.model) as outputs:
            prefix = Prefix(start, cache, outputs)
            again = self._edited([()], prefix, {})
        return prefix if self._is_whole(again) else None

    def _cache_of(self, start: int) -> Any:
        """Keys and values of the first tokens: cut from those of the text, where its cache can be; else computed."""
        if self._longest is None:
            self._longest = self._filled(self.tokens - 1)
        if self._longest is None:
            return None
        found = cut(self._longest, start)
        return self._filled(start) if found is None else found

    def _filled(self, count: int) -> Any:
        first = {name: value[:, :count] for name, value in self._inputs.arguments.items() if name != "logits_to_keep"}
        with self._running():
            cache = getattr(self.model(**first, use_cache=True), "past_key_values", None)
        return cache if can_repeat(cache) else None

    def _is_whole(self, again: Tensor) -> bool:
        """Whether an unedited run that left something out gave what the whole run gave, to within its precision."""
        precision = torch.finfo(again.dtype).eps ** 0.5
        return bool((again - self.whole).abs().max() <= precision * (1 + self.whole.abs().max()))

    def _layers_can_be_left_out(self, prefix: Prefix) -> bool:
        """Whether a run in which only the last layer runs gives the same; found out once."""
        if self._layers_reused is None:
            last = next(reversed(prefix.outputs.found), None)
            before = {} if last is None else prefix.outputs.before(last)
            self._layers_reused = bool(before) and self._is_same(prefix, before)
        return self._layers_reused

    def _is_same(self, prefix: Prefix, left_out: Mapping[str, Any]) -> bool:
        """Whether a run without these layers gives the same; not where the model fails without them."""
        try:
            return self._is_whole(self._edited([()], prefix, left_out))
        except Exception:  # of the model's own code, which may miss what else the layers do (fill a cache)
            return False


def check_finite(found: Tensor, what: str) -> None:
    """Raises ``RegardError`` for NaN, with which nothing can be compared."""
    if bool(found.isnan().any()):
        raise RegardError(
            f"{what} gives NaN, with which no effect can be told. Run the model in float32 or bfloat16, and look for "
            "weights or inputs that are NaN or infinite"
        )


def _can_expand(value: Any) -> bool:
    return not isinstance(value, Tensor) or not value.ndim or value.shape[0] == 1


def _expanded(name: str, value: Any, variants: int) -> Any:
    if variants == 1 or not isinstance(value, Tensor) or not value.ndim:
        return value
    if not _can_expand(value):
        raise ArgumentError(
            f"{name} {list(value.shape)} holds several parts of one text, so that {variants} variants of it cannot run "
            "as one batch; ask with batch=1, or about a text with one picture or sound"
        )
    return value.expand(variants, *value.shape[1:]).contiguous()
