"""Tokens from a tokenizer and ids: the real text of each, how it is drawn, and where it stands.

Vocabularies write text in disguise: byte-level BPE (GPT-2, Llama 3) one stand-in character per byte, SentencePiece
``▁`` for a space and ``<0xE2>`` for a byte, WordPiece ``##`` before the rest of a word, older BPE ``</w>`` after the
end of one. Each is one :class:`Scheme`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from regard.errors import ArgumentError
from regard.record.labels import label
from regard.record.tokens import Tokens


@dataclass(frozen=True)
class Scheme:
    """How a vocabulary writes text.

    ``mark`` is a regular expression that many of its tokens match and ``decoder`` what the tokenizers library calls
    its decoder; ``piece`` gives a token's real text, and ``continues`` the mark drawn before tokens that go on with a
    word.
    """

    mark: str
    decoder: str
    piece: Callable[[str], str]
    continues: str = ""


def tokens_from_ids(tokenizer: Any, ids: Sequence[int], token_types: Sequence[int] | None = None) -> Tokens:
    """The tokens of a sequence of ids; without a tokenizer their numbers.

    ``tokenizer`` is anything with ``convert_ids_to_tokens``. ``token_types`` (BERT's token_type_ids) number the
    segments, when there are two.
    """
    if tokenizer is None:
        return Tokens(tuple(str(i) for i in ids), ids=np.asarray(ids, dtype=np.int64))
    tokenizer = text_tokenizer(tokenizer)
    raw = [_raw(token, i) for token, i in zip(tokenizer.convert_ids_to_tokens(list(ids)), ids, strict=True)]
    special = set(getattr(tokenizer, "all_special_ids", ()))
    flags = tuple(int(i) in special for i in ids)
    segments = None
    if token_types is not None and len(set(token_types)) > 1:
        segments = tuple(-1 if flag else int(kind) for kind, flag in zip(token_types, flags, strict=True))
    pieces, labels = _texts(tokenizer, raw, flags)
    return Tokens(pieces, labels, np.asarray(ids, dtype=np.int64), flags, segments)


def text_tokenizer(tokenizer: Any) -> Any:
    """The tokenizer itself, or the one inside a multimodal processor."""
    found = tokenizer if hasattr(tokenizer, "convert_ids_to_tokens") else getattr(tokenizer, "tokenizer", None)
    if found is None or not hasattr(found, "convert_ids_to_tokens"):
        raise ArgumentError(
            f"tokenizer: expected a Hugging Face tokenizer (something with convert_ids_to_tokens); got "
            f"{type(tokenizer).__name__}"
        )
    return found


def _raw(token: object, number: int) -> str:
    if token is None:
        return f"<id {number}>"
    return token.decode("utf-8", "surrogateescape") if isinstance(token, bytes) else str(token)


def _texts(tokenizer: Any, raw: Sequence[str], special: Sequence[bool]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(pieces, labels) of tokens; special and user-added ones read as they are written."""
    scheme = scheme_of(tokenizer, raw)
    added = set(getattr(tokenizer, "get_added_vocab", dict)())
    pieces, labels = [], []
    for token, flag in zip(raw, special, strict=True):
        plain = flag or token in added
        piece = _bytes_shown(token if plain else scheme.piece(token))
        goes_on = bool(scheme.continues) and not plain and token.startswith(scheme.continues) and piece != token
        pieces.append(piece)
        labels.append(label(piece, continues=scheme.continues if goes_on else ""))
    return tuple(pieces), tuple(labels)


def scheme_of(tokenizer: Any, raw: Iterable[str]) -> Scheme:
    """The scheme a tokenizer declares, else the one whose mark most of its vocabulary (or of these tokens) bears."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    declared = repr(getattr(backend, "decoder", ""))
    for scheme in SCHEMES:
        if scheme.decoder in declared:
            suffix = getattr(getattr(backend, "model", None), "end_of_word_suffix", None)
            return _CLIP if scheme is SCHEMES[0] and suffix == "</w>" else scheme
    vocabulary = getattr(tokenizer, "get_vocab", dict)() or raw
    counts = [sum(bool(re.search(scheme.mark, str(token))) for token in vocabulary) for scheme in SCHEMES]
    return SCHEMES[int(np.argmax(counts))] if max(counts) else _PLAIN


@cache
def _byte_of() -> dict[str, int]:
    """The byte that each stand-in character of byte-level BPE means (Radford et al. 2019): printable Latin-1 bytes
    stand for themselves, the others for the code points from 256 on, in order."""
    itself = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in itself]
    return {chr(b): b for b in itself} | {chr(256 + i): b for i, b in enumerate(others)}


def _byte_level(token: str) -> str:
    table = _byte_of()
    if any(char not in table for char in token):
        return token
    return bytes(table[char] for char in token).decode("utf-8", "surrogateescape")


def _byte_level_word(token: str) -> str:
    return _byte_level(token.removesuffix("</w>"))


def _whole_word(token: str) -> str:
    return token.removesuffix("</w>")


def _sentence_piece(token: str) -> str:
    byte = re.fullmatch(r"<0x([0-9A-Fa-f]{2})>", token)
    if byte:
        return bytes.fromhex(byte[1]).decode("utf-8", "surrogateescape")
    return token.replace("▁", " ")


def _word_piece(token: str) -> str:
    return token[2:] if token.startswith("##") and len(token) > 2 else token


def _bytes_shown(text: str) -> str:
    """Bytes that are only part of a character, as ``<0xE2>``."""
    return "".join(f"<0x{ord(c) - 0xDC00:02X}>" if "\udc80" <= c <= "\udcff" else c for c in text)


SCHEMES: tuple[Scheme, ...] = (
    Scheme(mark=r"^Ġ", decoder="ByteLevel(", piece=_byte_level),
    Scheme(mark=r"^▁", decoder="Metaspace(", piece=_sentence_piece),
    Scheme(mark=r"^▁|^<0x[0-9A-F]{2}>$", decoder="ByteFallback(", piece=_sentence_piece),
    Scheme(mark=r"^##", decoder="WordPiece(", piece=_word_piece, continues="##"),
    Scheme(mark=r"</w>$", decoder='BPEDecoder(suffix="</w>"', piece=_whole_word),
)
_CLIP = Scheme(mark="", decoder="", piece=_byte_level_word)
_PLAIN = Scheme(mark="", decoder="", piece=str)
