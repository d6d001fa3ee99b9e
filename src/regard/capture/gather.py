"""From the attention calls of any module to records: one layer per call and batch row."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.arrays import Keep, kept, to_numpy
from regard.capture.calls import Call
from regard.capture.draft import Draft
from regard.capture.families import kind_of
from regard.capture.masks import Masks
from regard.capture.part import Part
from regard.capture.store import Store
from regard.errors import ArgumentError, NoAttentionError
from regard.record.attention import Layer
from regard.record.dense import Dense

_CROSS = re.compile(r"(?:^|\.)(?:multihead_attn|cross_?attn|crossattention|cross_attention|encoder_attn)(?:\.|$)")


@dataclass(frozen=True, eq=False)
class Seen:
    """One attention: where it was computed, its kind, its [query, key] size with padding, its layer in each row
    (``None``: not asked for)."""

    path: str
    kind: Kind
    size: tuple[int, int]
    layers: tuple[Layer | None, ...]


class Gather:
    """Takes the attention of one run of any module, in order.

    ``mask`` [batch, token] is zero at padding, of the sequences that have its length.
    """

    def __init__(self, model: nn.Module, store: Store, part: Part, within: str, mask: Tensor | None) -> None:
        names = [path.rsplit(".", 1)[-1] for path, _ in model.named_modules()]
        self.encoder_decoder = all(any(name.endswith(word) for name in names) for word in ("encoder", "decoder"))
        self.seen: list[Seen] = []
        self.elsewhere: Counter[str] = Counter()
        self.within = _pattern(within)
        self._store, self._part, self._mask = store, part, mask
        self._masks = Masks()

    def take(self, call: Call, lse: Tensor | None) -> None:
        """Keep what this call's weights are made from."""
        cross = bool(call.keywords.get("cross")) or call.query.shape[2] != call.key.shape[2]
        every = slice(0, call.query.shape[2]), slice(0, call.key.shape[2])

        def causal() -> bool:
            return call.is_causal or self._masks.of(call, 0, *every).rule.after == 0

        def layer(row: int, queries: Keep, keys: Keep) -> Layer:
            draft = Draft.of(call, row, queries, keys, self._masks, self._store, self._part)
            usable = lse is not None and call.sink is None
            return (draft.with_lse(lse[row]) if usable and lse is not None else draft).layer()

        self._add(call.path, cross, causal, (len(call.query), call.query.shape[2], call.key.shape[2]), layer)

    def take_weights(self, path: str, weights: Tensor) -> None:
        """Keep finished weights [batch, head, query, key]."""
        batch, _, queries, keys = weights.shape
        if queries != keys and not (_CROSS.search(path) or self.within.pattern):
            warnings.warn(
                f"{path}: a softmax over [query, key] = [{queries}, {keys}] is not in the record, as it may be over "
                "something else than keys; if it is attention, name its modules with within='…'",
                stacklevel=2,
            )
            return

        def causal() -> bool:
            return queries == keys > 1 and not bool(weights.triu(1).any())

        def layer(row: int, queries: Keep, keys: Keep) -> Layer:
            self._part.check_whole(path)
            return Dense.of(to_numpy(weights[row][:, queries][:, :, keys]))

        self._add(path, queries != keys, causal, (batch, queries, keys), layer)

    def _add(
        self,
        path: str,
        cross: bool,
        causal: Callable[[], bool],
        sizes: tuple[int, int, int],
        layer: Callable[[int, Keep, Keep], Layer],
    ) -> None:
        if not self.within.search(path):
            self.elsewhere[path] += 1
            return
        kind = self._kind(path, cross, causal)
        rows: list[Layer | None] = [None] * sizes[0]
        if self._part.has_layer(sum(one.kind == kind for one in self.seen)):
            for row in range(sizes[0]):
                rows[row] = layer(row, self._kept(row, sizes[1]), self._kept(row, sizes[2]))
        self.seen.append(Seen(path, kind, sizes[1:], tuple(rows)))

    def _kept(self, row: int, count: int) -> Keep:
        return kept(None if self._mask is None or row >= len(self._mask) else self._mask[row], count)

    def _kind(self, path: str, cross: bool, causal: Callable[[], bool]) -> Kind:
        found = kind_of(
            path=f"{path}.",
            encoder_decoder=self.encoder_decoder,
            cross=cross or bool(_CROSS.search(path)),
            causal=causal(),
            text=False,
        )
        assert found is not None
        return found


def _pattern(within: str) -> re.Pattern[str]:
    try:
        return re.compile(within)
    except re.error as error:
        raise ArgumentError(f"within must be a regular expression: {error} in {within!r}") from None


def sizes_of(seen: list[Seen], kind: Kind) -> tuple[int, int]:
    """The [query, key] size that all of a kind have; raises ``NoAttentionError``, naming modules, when they differ."""
    by_size: dict[tuple[Any, ...], list[str]] = {}
    for one in seen:
        if one.kind == kind:
            by_size.setdefault((len(one.layers), *one.size), []).append(one.path or "the model itself")
    if len(by_size) > 1:
        listed = "; ".join(
            f"{len(paths)} of {batch} × [{queries}, {keys}] ({paths[0]}{', …' * (len(paths) > 1)})"
            for (batch, queries, keys), paths in by_size.items()
        )
        raise NoAttentionError(
            f"{kind} attention differs in batch × [query, key] between calls: {listed}. A record holds one sequence "
            "per kind; pick calls that go together with within='…', a regular expression on module paths"
        )
    _, queries, keys = next(iter(by_size))
    return queries, keys
