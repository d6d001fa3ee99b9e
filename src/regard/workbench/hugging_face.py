"""A model of transformers as a workbench's back end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from threading import RLock
from typing import Any

from regard.capture.inputs import is_encoder_decoder
from regard.capture.pieces import text_tokenizer, tokens_from_ids
from regard.errors import ArgumentError, RegardError
from regard.experiment import Edit, KnockOut, MoveWeight, PinRow, ScaleWeight, decode
from regard.experiment.decoding.arrays import as_data, from_data
from regard.experiment.decoding.given import source_inputs, target_ids, token_ids
from regard.experiment.decoding.words import near_words
from regard.record.decoding import Decoding
from regard.record.sound import Sound
from regard.workbench.backend import AttentionEdit, Word


class HuggingFace:
    """Decodes with the model's own ``generate``; see :func:`regard.experiment.decode`."""

    def __init__(self, model: Any, tokenizer: Any, generate_kwargs: dict[str, Any]) -> None:
        self.model, self.tokenizer, self._kwargs = model, tokenizer, generate_kwargs
        self.family = str(getattr(getattr(model, "config", None), "model_type", "") or type(model).__name__)
        self.encoder_decoder = is_encoder_decoder(model)
        self._begins: int | None = None
        self._prompts: dict[tuple[int, ...], str] = {}
        self.lock = RLock()
        """Held while the model runs: edits of its attention must not meet another one's run."""

    def given(self, source: Any) -> Any:
        """The ids of a source of words; a sound as it is; of pictures and spectra the processor's tensors."""
        found = source_inputs(self.model, self.tokenizer, source)
        if isinstance(source, Sound):
            return source
        names = set(found.arguments)
        if names <= {"input_ids", "attention_mask", "token_type_ids"}:
            return tuple(int(i) for i in found.arguments["input_ids"][0].tolist())
        return dict(found.arguments)

    def source_data(self, source: Any) -> dict[str, Any]:
        """A source that is no words as plain data."""
        return as_data(source)

    def source_from(self, data: dict[str, Any]) -> dict[str, Any]:
        """The same again."""
        return from_data(data)

    def text(self, ids: Sequence[int]) -> str:
        """Tokens as text, without special ones."""
        decode_text = getattr(self.tokenizer, "decode", None)
        if decode_text is not None:
            return str(decode_text(list(ids), skip_special_tokens=True))
        tokens = tokens_from_ids(self.tokenizer, list(ids))
        pairs = zip(tokens.pieces, tokens.special, strict=True)
        return "".join(piece for piece, special in pairs if not special)

    def prompt(self, ids: Sequence[int]) -> str:
        """The text that is read as these tokens: with special tokens written out (those of a chat) where it takes them.

        Without special tokens where no text is read so.
        """
        known = self._prompts.get(tuple(ids))
        if known is None:
            known = self._prompts[tuple(ids)] = self._prompt(list(ids))
        return known

    def _prompt(self, ids: list[int]) -> str:
        plain = self.text(ids)
        decode_text: Any = getattr(self.tokenizer, "decode", None)
        whole = [ids, ids[1:]] if decode_text is not None else []
        for text in (plain, *(str(decode_text(one, clean_up_tokenization_spaces=False)) for one in whole)):
            try:
                if self.given(text) == tuple(ids):
                    return text
            except RegardError:
                continue
        return plain

    def ids_of(self, what: int | str) -> list[int]:
        """The tokens of an id or of a piece of text."""
        return token_ids(self.tokenizer, what)

    def target_ids(self, text: str, *, ended: bool) -> list[int]:
        """The tokens of a target text, with the end token where it is ``ended``."""
        end = getattr(text_tokenizer(self.tokenizer), "eos_token_id", None) if self.tokenizer is not None else None
        found = target_ids(self.tokenizer, text, ended=ended)
        return found if not ended or found[-1] == end else [*found, end]  # type: ignore[list-item]

    def decode(
        self,
        source: Any,
        *,
        forced: Sequence[int],
        edits: Sequence[AttentionEdit],
        settings: dict[str, Any],
        progress: Callable[[int, int], None] | None,
        stop: Callable[[], bool],
    ) -> Decoding:
        """The answer to a source, with the model's own search."""
        with self.lock:
            return decode(
                self.model,
                self.tokenizer,
                list(source) if isinstance(source, tuple) else source,
                forced=list(forced) or None,
                edits=self.edits(edits, source),
                progress=progress,
                stop=stop,
                **settings,
                **self._kwargs,
            )

    def edits(self, edits: Sequence[AttentionEdit], source: Any) -> tuple[Edit, ...]:
        """Edits of steps as edits of the model's queries; raises ``ArgumentError`` for those that leave one nothing."""
        start = self._start(source) if edits else 0
        return edits_of(edits, start, self._keys(source), self.encoder_decoder)

    def words(self, token: int, *, source: bool, k: int) -> list[Word]:
        """The words whose embeddings are nearest."""
        return [Word(*found) for found in near_words(self.model, self.tokenizer, token, source=source, k=k)]

    def _start(self, source: Any) -> int:
        """How many tokens the decoder begins with: those before the token that the first step chooses."""
        if not self.encoder_decoder:
            if isinstance(source, tuple):
                return len(source)
            return int(source_inputs(self.model, self.tokenizer, source).arguments["input_ids"].shape[1])
        if self._begins is None:
            given = list(source) if isinstance(source, tuple) else source
            own = {**self._kwargs, "do_sample": False}
            found = decode(self.model, self.tokenizer, given, beams=1, k=1, max_new_tokens=1, **own)
            self._begins = len(found.start)
        return self._begins

    def _keys(self, source: Any) -> int | None:
        """How many source tokens there are, where that is known before they are read."""
        return len(source) if isinstance(source, tuple) else None


def edits_of(edits: Sequence[AttentionEdit], start: int, source: int | None, encoder_decoder: bool) -> tuple[Edit, ...]:
    """Edits of steps as edits of queries: the step's query is ``start - 1 + step``.

    Raises ``ArgumentError`` for edits that leave a query nothing to read.
    """
    hidden: dict[tuple[Any, ...], set[int]] = defaultdict(set)
    found: list[Edit] = []
    for edit in edits:
        kind = edit.kind or ("cross" if encoder_decoder else "decoder")
        query = edit.step if kind == "encoder" else start - 1 + edit.step
        if query < 0:
            raise ArgumentError(f"step {edit.step} does not exist; steps count from 0")
        keys = {"cross": source, "encoder": source}.get(kind, query + 1)
        place: dict[str, Any] = {"kind": kind, "query": query, "layer": edit.layers, "head": edit.heads}
        if edit.change == "hide":
            gone = hidden[kind, query, edit.layers, edit.heads]
            gone |= {key + keys if key < 0 and keys else key for key in edit.keys}
            if keys is not None and gone >= set(range(keys)):
                raise ArgumentError(
                    f"step {edit.step} is left nothing to read: all {keys} keys of the {kind} attention are hidden, "
                    "and a softmax over nothing is no attention. Leave one, or use change='zero'"
                )
        found.append(_edit(edit, place))
    return tuple(found)


def _edit(edit: AttentionEdit, place: dict[str, Any]) -> Edit:
    if edit.change == "move":
        return MoveWeight(**place, to=edit.to, key=edit.keys or None, share=edit.share)
    if edit.change == "scale":
        return ScaleWeight(**place, key=edit.keys, factor=edit.share)
    if edit.change == "pin":
        return PinRow(**place, row=edit.row)
    return KnockOut(**place, key=edit.keys, how="value" if edit.change == "zero" else "mask")
