"""Decoding one source with the model's own ``generate``, every hypothesis looked on at."""

from __future__ import annotations

import copy
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from threading import get_ident
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.compiled import as_written, original
from regard.capture.generation.arguments import Settings
from regard.capture.generation.followed import inner, logits_of
from regard.capture.inputs import Inputs
from regard.capture.pieces import tokens_from_ids
from regard.errors import ArgumentError
from regard.experiment.decoding.drawing import Draws, check_draws, drawing, drawn
from regard.experiment.decoding.follower import Criterion, Follower, Processor, Progress
from regard.experiment.decoding.given import forced_ids, source_inputs
from regard.experiment.decoding.growing import grown
from regard.experiment.decoding.hearing import padding
from regard.experiment.decoding.reading import Reading
from regard.experiment.decoding.room import room_for
from regard.experiment.editing import editing
from regard.experiment.edits import Edit, edits_of
from regard.experiment.places import reached
from regard.record.decoding import Decoding, Predicted
from regard.record.tokens import Tokens


def decode(
    model: nn.Module,
    tokenizer: Any,
    source: Any,
    *,
    beams: int | None = None,
    k: int = 5,
    forced: str | Sequence[int] | None = None,
    max_new_tokens: int | None = None,
    seed: int | None = None,
    edits: Edit | Sequence[Edit] = (),
    progress: Progress | None = None,
    stop: Callable[[], bool] | None = None,
    **generate_kwargs: Any,
) -> Decoding:
    """Let ``model`` write its answer to ``source`` and look on at the search: every hypothesis with its scores.

    ::

        decode(model, tokenizer, "Das ist gut.", beams=4)
        decode(model, tokenizer, "Das ist gut.", forced="That", beams=4)        # begins so, then goes on by itself
        decode(model, tokenizer, [5, 9, 2])                                     # ids
        decode(model, processor, regard.Sound.open("speech.wav", start=12, stop=42))
        decode(model, processor, processor(picture, return_tensors="pt"))       # a picture, or finished spectra
        decode(model, tokenizer, "Das ist gut.", edits=KnockOut(kind="cross", query=2, key=1))
        decode(model, tokenizer, "Das ist gut.", do_sample=True, temperature=0.7, seed=0)       # tokens are drawn

    Encoder-decoders and decoder-only models alike; the answer is the very one that the model's ``generate`` gives with
    these settings (beams 1: greedy). ``beams`` and ``max_new_tokens`` are the model's own where they are left out;
    other settings of ``generate`` can be given by name (``forced_bos_token_id``, ``length_penalty``, ``language``).

    ``forced`` is how the answer begins (text or ids): the search is let through those tokens only, which keep the
    log-probabilities that they have. ``edits`` change attention while the model writes, in cached steps too and in all
    hypotheses alike: their ``query`` is the position of the token that is read (``len(start) - 1 + step`` for the
    output ``step``), see :func:`regard.experiment.editing`; those of steps that the answer did not come to are told
    (``unreached``). ``progress(tokens, most)`` is called at each step;
    ``stop()`` that says yes raises ``DecodingStoppedError``.

    Log-probabilities are those that the search adds up: after the settings' processors (bans, penalties).

    With ``do_sample=True`` each token is drawn, with the ``temperature``, ``top_k``, ``top_p`` and so on that are given
    or that the model's ``generation_config`` has. Predictions stay those before these; what a token was drawn from is
    in ``decoding.drawn``. ``seed`` makes it the same each time, and the answer is then the one that
    ``torch.manual_seed(seed); model.generate(...)`` gives (torch's own generator is left as it was); without a seed
    tokens are drawn from torch's own generator as ``generate`` draws them. That equality is one of the same device,
    dtype, cache and version of torch, for a batch of one; under ``forced`` tokens the draws after them are those of the
    same seed, but of other distributions than an unforced run has. Whisper draws where its ``temperature`` is given
    (else 1). Sampling with several beams ranks hypotheses by drawn scores, which is not followed.

    Raises ``ArgumentError`` for settings, sources, forced tokens and edits that cannot be.
    """
    model = original(model)
    settings = _settings(model, generate_kwargs, beams, k, seed)
    inputs = source_inputs(model, tokenizer, source)
    given = forced_ids(model, tokenizer, forced)
    most = room_for(model, inputs, settings, max_new_tokens, len(given))
    beams = int(beams or settings.get("num_beams", 1))
    follower = Follower(k, given, beams=beams, most=most, progress=progress, stop=stop)
    changed = edits_of(edits)
    penalty = float(settings.get("length_penalty", 1.0))
    edited = editing(model, *changed) if changed else nullcontext()
    with as_written(model), _heard(inner(model), follower), edited as editor, drawing(model, seed):
        output = _generated(model, inputs, follower, generate_kwargs, beams, most)
        search = Search(follower, output, settings.ends, given, beams, most, penalty, k, Draws.of(settings, seed))
        unreached = search.unreached(changed)
        if editor is not None:
            editor.excuse([changed[number] for number in unreached])
    reading = Reading(model, tokenizer, inputs, search.start, changed)
    hidden = padding(model, source, inputs, reading.source) if inputs.encoder_decoder else 0
    return _decoding(model, tokenizer, reading, search, changed, hidden)


@dataclass(frozen=True, eq=False)
class Search:
    """One run of ``generate`` that was followed, and what it returned."""

    follower: Follower
    output: Any
    ends: frozenset[int]
    forced: tuple[int, ...]
    beams: int
    most: int
    length_penalty: float
    k: int
    draws: Draws | None = None

    @property
    def start(self) -> tuple[int, ...]:
        """What the answer follows."""
        assert self.follower.start is not None
        return self.follower.start

    @property
    def answer(self) -> tuple[int, ...]:
        """The tokens that were chosen, up to the one that ends the answer."""
        found: list[int] = self.output["sequences"][0].tolist()[len(self.start) :]
        end = next((place + 1 for place, token in enumerate(found) if token in self.ends), len(found))
        return tuple(found[: min(end, len(self.follower.steps))])

    def unreached(self, edits: Sequence[Edit]) -> tuple[int, ...]:
        """Numbers of the edits of steps after the answer's last."""
        read = len(self.start) + len(self.answer) - 1
        late = [n for n, edit in enumerate(edits) if edit.kind != "encoder" and not reached(edit.query, 0, read)]
        return tuple(late)

    @property
    def score(self) -> float | None:
        """What the search ranked the answer by."""
        found = self.output.get("sequences_scores")
        return None if found is None else float(found[0])


def _settings(model: Any, given: Mapping[str, Any], beams: Any, k: Any, seed: Any) -> Settings:
    if not getattr(model, "can_generate", lambda: False)():
        raise ArgumentError(
            f"{type(model).__name__} cannot generate; load the model with its language-model head, for example "
            "AutoModelForSeq2SeqLM.from_pretrained(...)"
        )
    for name, value in (("beams", beams), ("k", k)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ArgumentError(f"{name} must be a whole number from 1 on; got {value!r}")
    settings = Settings(model, given)
    settings.check()
    if settings.speculates:
        raise ArgumentError("decode follows a search, and assisted generation has no tree of hypotheses")
    check_draws(settings, beams, seed)
    unknown = [name for name in ("num_beams", "num_return_sequences", "logits_processor") if name in given]
    if unknown:
        raise ArgumentError(f"{unknown[0]} is decode's own; give beams= for the number of hypotheses")
    return settings


@contextmanager
def _heard(model: nn.Module, follower: Follower) -> Iterator[None]:
    """While open, the follower is told the last logits of each pass of ``model`` in this thread."""
    thread = get_ident()

    def after(_module: nn.Module, _args: object, output: Any) -> None:
        if get_ident() == thread:
            follower.logits = logits_of(output)

    with model.register_forward_hook(after):
        yield


def _generated(
    model: Any, inputs: Inputs, follower: Follower, given: Mapping[str, Any], beams: int, most: int
) -> Mapping[str, Any]:
    config = copy.deepcopy(given.get("generation_config") or model.generation_config)
    config.update(
        num_beams=beams,
        num_return_sequences=1,
        max_length=None,
        max_new_tokens=most,
        do_sample=bool(given.get("do_sample")),
        return_dict_in_generate=True,
        output_scores=True,
        disable_compile=True,
    )
    rest = {name: value for name, value in given.items() if name != "generation_config"}
    if type(model).__name__.startswith("Whisper"):
        rest |= {"force_unique_generate_call": True, "return_dict_in_generate": True}
        if given.get("do_sample"):
            rest["temperature"] = given.get("temperature") or 1.0
    with torch.no_grad(), _without_advice():
        found = model.generate(
            **inputs.arguments,
            generation_config=config,
            logits_processor=[Processor(follower)],
            stopping_criteria=[Criterion(follower)],
            **rest,
        )
    if not isinstance(found, Mapping) or not isinstance(found.get("sequences"), Tensor) or follower.start is None:
        raise ArgumentError(
            f"{type(model).__name__}.generate returned {type(found).__name__} without the tokens it chose, so its "
            "search cannot be followed"
        )
    return found


@contextmanager
def _without_advice() -> Iterator[None]:
    """While open, nobody is told that ``max_new_tokens`` takes precedence over the model's own ``max_length``, and that
    Whisper's own ``generate`` adds arguments to its settings."""
    logger, advice = logging.getLogger("transformers.generation.utils"), _Advice()
    logger.addFilter(advice)
    try:
        yield
    finally:
        logger.removeFilter(advice)


class _Advice(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to tell it."""
        return not str(record.msg).startswith(("Both `max_new_tokens`", "Passing `generation_config` together"))


def _decoding(
    model: Any, tokenizer: Any, reading: Reading, search: Search, edits: tuple[Edit, ...], hidden: int
) -> Decoding:
    def name(token: int, log_p: float) -> Predicted:
        if token not in names:
            names[token] = tokens_from_ids(tokenizer, [token])
        return Predicted(token, names[token].pieces[0], names[token].labels[0], log_p)

    names: dict[int, Tokens] = {}
    answer, forced = search.answer, len(search.forced)
    tree = grown(
        search.follower.steps,
        answer,
        name,
        beams=search.beams,
        forced=forced,
        ends=search.ends,
        most=search.most,
        length_penalty=search.length_penalty,
    )
    source = reading.source
    return Decoding(
        source=source.part(slice(0, len(source) - hidden)) if hidden else source,
        start=reading.start_tokens,
        target=tokens_from_ids(tokenizer, answer),
        tree=tree,
        settings={
            "beams": search.beams,
            "k": search.k,
            "max_new_tokens": search.most,
            "length_penalty": search.length_penalty,
            **(search.draws.settings if search.draws is not None else {}),
        },
        score=search.score if search.beams > 1 else tree.nodes[tree.winner].total,
        forced=min(forced, len(answer)),
        ended=bool(answer) and answer[-1] in search.ends,
        kind="encoder-decoder" if reading.encoder_decoder else "decoder",
        alignment_heads=_alignment_heads(model),
        unreached=search.unreached(edits),
        padding=hidden,
        drawn=drawn(search.output, answer, search.k, name) if search.draws is not None else (),
        read=reading.record,
    )


def _alignment_heads(model: Any) -> tuple[tuple[int, int], ...]:
    """[layer, head] of the cross attention that Whisper's makers name for aligning words with time."""
    found = getattr(model.generation_config, "alignment_heads", None) or ()
    return tuple((int(layer), int(head)) for layer, head in found)
