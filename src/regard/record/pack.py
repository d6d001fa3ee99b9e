"""A record's tokens, answer and router choices as a file's header says them; their numbers go among the arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from regard.errors import FileFormatError
from regard.record.container import Writer
from regard.record.generation import Choices, Generation
from regard.record.labels import label
from regard.record.routing import Routed, Routing
from regard.record.tokens import Tokens

_TOKEN_ARRAYS = {"ids": (), "offsets": (2,), "places": (3,), "grids": (2,), "times": (2,)}
_CHOICES = ("choices", "processed")


def pack_tokens(stream: str, tokens: Tokens, writer: Writer) -> dict[str, Any]:
    """Write the tokens' numbers; returns the rest."""
    for name in _TOKEN_ARRAYS:
        if getattr(tokens, name) is not None:
            write(writer, f"{stream}/{name}", np.asarray(getattr(tokens, name)))
    return {
        "pieces": list(tokens.pieces),
        "labels": list(tokens.labels),
        "special": [i for i, flag in enumerate(tokens.special) if flag],
        "segments": None if tokens.segments is None else list(tokens.segments),
        "text": tokens.text,
    }


def unpack_tokens(stream: str, found: Mapping[str, Any], arrays: Mapping[str, Any]) -> Tokens:
    """The tokens of such an entry. Labels are made safe again: a file may say anything."""
    pieces, special = tuple(map(str, found["pieces"])), set(found["special"])
    text = found["text"]
    if text is not None and not isinstance(text, str):
        raise FileFormatError(f"tokens of the {stream}: the text is {type(text).__name__}, not a string")
    return Tokens(
        pieces,
        tuple(_safe(str(shown)) for shown in found["labels"]),
        special=tuple(i in special for i in range(len(pieces))),
        segments=None if found["segments"] is None else tuple(map(int, found["segments"])),
        text=text,
        **{name: _numbers(f"{stream}/{name}", rest, arrays) for name, rest in _TOKEN_ARRAYS.items()},
    )


def pack_generation(generation: Generation, writer: Writer) -> dict[str, Any]:
    """Write the answer's numbers; returns the rest."""
    packed: dict[str, Any] = {name: getattr(generation, name) for name in ("stream", "border", "score", "rerun")}
    packed["answer"] = pack_tokens("generation/answer", generation.answer, writer)
    for name in _CHOICES:
        found: Choices | None = getattr(generation, name)
        packed[name] = None if found is None else pack_tokens(f"generation/{name}", found.tokens, writer)
        if found is not None:
            write(writer, f"generation/{name}/log_probs", found.log_probs)
            write(writer, f"generation/{name}/chosen", found.chosen)
    return packed


def unpack_generation(found: Mapping[str, Any], arrays: Mapping[str, Any]) -> Generation:
    """The answer of such an entry."""
    choices = {
        name: Choices(
            unpack_tokens(f"generation/{name}", found[name], arrays),
            arrays[f"generation/{name}/log_probs"],
            arrays[f"generation/{name}/chosen"],
        )
        for name in _CHOICES
        if found[name] is not None
    }
    answer = unpack_tokens("generation/answer", found["answer"], arrays)
    score = None if found["score"] is None else float(found["score"])
    return Generation(
        str(found["stream"]),
        int(found["border"]),
        answer,
        choices["choices"],
        choices.get("processed"),
        score,
        rerun=bool(found["rerun"]),
    )


def pack_routing(routing: Routing, writer: Writer) -> dict[str, Any]:
    """Write the experts and gates of each layer; returns the rest."""
    layers: list[dict[str, int] | None] = [None] * len(routing.layers)
    for number in routing.present:
        found = routing.layer(number)
        write(writer, f"routing/{routing.stream}/{number}/experts", found.experts)
        write(writer, f"routing/{routing.stream}/{number}/gates", found.gates)
        layers[number] = {"count": found.count}
    return {"stream": routing.stream, "layers": layers}


def unpack_routing(found: Mapping[str, Any], arrays: Mapping[str, Any]) -> Routing:
    """The router choices of such an entry."""
    stream = str(found["stream"])
    layers = tuple(
        None if layer is None else _routed(f"routing/{stream}/{number}", int(layer["count"]), arrays)
        for number, layer in enumerate(found["layers"])
    )
    return Routing(stream, layers)


def _routed(prefix: str, count: int, arrays: Mapping[str, Any]) -> Routed:
    experts, gates = arrays[f"{prefix}/experts"], arrays[f"{prefix}/gates"]
    if experts.dtype.kind not in "iu" or gates.dtype.kind != "f" or not 0 < count < 1 << 16:
        raise FileFormatError(f"{prefix}: {count} experts, numbers {experts.dtype}, gates {gates.dtype}")
    return Routed(np.asarray(experts), np.asarray(gates), count)


def write(writer: Writer, name: str, array: np.ndarray) -> None:
    """Write one array as it is."""
    writer.add(name, array.dtype.name, array.shape, [array])


def _numbers(name: str, rest: tuple[int, ...], arrays: Mapping[str, Any]) -> np.ndarray | None:
    """An array [token, *rest] (whole numbers, but for times), if there is one."""
    found = arrays.get(name)
    if found is None:
        return None
    kinds, what = ("f", "seconds") if name.endswith("/times") else ("iu", "whole numbers")
    if found.dtype.kind not in kinds or found.shape[1:] != rest or not found.ndim:
        raise FileFormatError(f"array {name!r} is {found.dtype} {list(found.shape)}; tokens need {what}")
    return np.asarray(found)


def _safe(shown: str) -> str:
    return shown if shown.isprintable() and shown[:1] not in ("", " ") else label(shown)
