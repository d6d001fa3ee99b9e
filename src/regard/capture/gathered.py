"""The records of what was gathered from any module: its sequences, and their tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from regard.axes import Kind
from regard.capture.arrays import kept
from regard.capture.gather import Gather, Seen, sizes_of
from regard.capture.part import Part
from regard.errors import ArgumentError, NoAttentionError, not_one_of
from regard.record.attention import Attention
from regard.record.record import ModelInfo, Record
from regard.record.tokens import Tokens


def records(gather: Gather, info: ModelInfo, part: Part, tokens: Any, mask: Tensor | None) -> list[Record]:
    """One record per batch row; raises ``NoAttentionError`` when there is nothing, or what one record cannot hold."""
    if not gather.seen:
        raise NoAttentionError(_nothing(gather, info))
    kinds = list(dict.fromkeys(one.kind for one in gather.seen))
    sizes = {kind: sizes_of(gather.seen, kind) for kind in kinds}
    batch = len(gather.seen[0].layers)
    if any(len(one.layers) != batch for one in gather.seen):
        raise NoAttentionError(
            f"batches differ between kinds of attention: {sorted({len(one.layers) for one in gather.seen})}; pick "
            "calls that go together with within='…', a regular expression on module paths"
        )
    streams = {kind: _streams(kind, sizes, gather.encoder_decoder) for kind in kinds}
    given = _by_row(tokens, batch, streams)
    return [_record(gather.seen, row, sizes, streams, given[row], info, part, mask) for row in range(batch)]


def _record(
    seen: list[Seen],
    row: int,
    sizes: Mapping[Kind, tuple[int, int]],
    streams: Mapping[Kind, tuple[str, str]],
    given: Mapping[str, Sequence[str]],
    info: ModelInfo,
    part: Part,
    mask: Tensor | None,
) -> Record:
    attentions: dict[Kind, Attention] = {}
    tokens: dict[str, Tokens] = {}
    for kind, (of_query, of_key) in streams.items():
        layers = tuple(one.layers[row] for one in seen if one.kind == kind)
        part.check_layers(len(layers), last=len(streams) == 1)
        if not any(layers):
            continue
        whole = {
            stream: _tokens(given.get(stream), count, row, mask, stream)
            for stream, count in zip((of_query, of_key), sizes[kind], strict=True)
        }
        if part.positions is not None:
            of_query, whole = (
                f"{of_query} queries",
                {
                    of_key: whole[of_key],
                    f"{of_query} queries": whole[of_query].part(part.queries(len(whole[of_query]))),
                },
            )
        tokens.update(whole)
        attentions[kind] = Attention(kind, layers, of_query, of_key)
    return Record(tokens, attentions, info)


def _streams(kind: Kind, sizes: Mapping[Kind, tuple[int, int]], encoder_decoder: bool) -> tuple[str, str]:
    """Names of the sequences of a kind's queries and keys."""
    if kind != "cross":
        return kind, kind
    if encoder_decoder:
        return "decoder", "encoder"
    own = next((other for other, size in sizes.items() if other != "cross" and size[0] == sizes[kind][0]), "queries")
    return own, "context"


def _tokens(given: Sequence[str] | None, count: int, row: int, mask: Tensor | None, stream: str) -> Tokens:
    """The tokens of one row's stream without its padding; numbered ones where none are given."""
    keep = kept(None if mask is None or row >= len(mask) else mask[row], count)
    places = range(count)[keep] if isinstance(keep, slice) else keep.tolist()
    if given is not None and len(given) == count != len(places):
        given = [given[place] for place in places]
    return Tokens.of(given, len(places), what=f"tokens of the {stream}")


def _by_row(tokens: Any, batch: int, streams: Mapping[Kind, tuple[str, str]]) -> list[Mapping[str, Sequence[str]]]:
    """What is given for each row, by stream."""
    rows = [tokens] if batch == 1 else tokens
    if tokens is None:
        return [{}] * batch
    if isinstance(rows, (str, Mapping)) or len(rows) != batch:
        raise ArgumentError(f"tokens must be a list with the tokens of each of the {batch} rows; got {tokens!r:.60}")
    names = list(dict.fromkeys(name for pair in streams.values() for name in pair))
    found = [row if isinstance(row, Mapping) else {names[0]: row} for row in rows]
    for row in found:
        if len(names) > 1 and not isinstance(rows[0], Mapping):
            raise ArgumentError(
                f"there are several sequences; give tokens by name: {{{names[0]!r}: […], …}} of {names}"
            )
        for name in row:
            if name not in names:
                raise not_one_of("sequence for tokens", name, names)
    return found


def _nothing(gather: Gather, info: ModelInfo) -> str:
    if gather.elsewhere:
        return (
            f"within={gather.within.pattern!r} fits none of the modules of {info.architecture} that compute attention: "
            f"{', '.join(repr(path) for path in list(gather.elsewhere)[:8])}"
        )
    return (
        f"{info.architecture} ran, but called neither scaled_dot_product_attention nor a MultiheadAttention of torch, "
        "and no module with 'att' in its name took a softmax over [batch, head, query, key]. If it uses a kernel of "
        "its own, pass what it computes to regard.from_weights or regard.from_qk"
    )
