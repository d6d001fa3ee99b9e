"""One layer of one row in the making: copies of what its weights are made from, before the kernel has run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from regard.capture.arrays import Keep, to_numpy
from regard.capture.calls import Call
from regard.capture.masks import Masks
from regard.capture.part import Part, some_queries
from regard.capture.store import Store
from regard.capture.values import norms, vectors
from regard.record.factored import Factored
from regard.record.lazy import LazySource
from regard.record.mask import MaskRule
from regard.record.some_heads import SomeHeads


@dataclass(frozen=True, eq=False)
class Draft:
    """What is known of a layer: its arrays, and how to cut further ones (the log-sum-exp) as these were cut."""

    arrays: Mapping[str, Any]
    rule: MaskRule
    scale: float
    softcap: float | None
    cut: Cut

    @classmethod
    def of(
        cls,
        call: Call,
        row: int,
        queries: Keep,
        keys: Keep,
        masks: Masks,
        store: Store,
        part: Part,
        ids: Any = None,
    ) -> Draft:
        """Copy a call's queries and keys of one batch row, without padding and without what ``part`` leaves out.

        ``ids`` [key] are the key's tokens, padding left out, of which ``part`` may ask whether heads copy them.
        """
        heads, kv_heads = call.query.shape[1], call.key.shape[1]
        count, key_count = _count(queries), _count(keys)
        run, chosen = part.queries(count), part.heads_of(heads)
        mask = masks.of(call, row, queries, keys)
        mask = mask if run == slice(0, count) else some_queries(mask, run, count, key_count)
        cut = Cut(_within(queries, run), chosen, heads, store)
        key_cut = Cut(keys, tuple(sorted({head * kv_heads // heads for head in chosen})), kv_heads, store)
        arrays = {"query": cut.keep(call.query[row]), "key": key_cut.keep(call.key[row]), **mask.arrays}
        if call.sink is not None:
            arrays["sink"] = to_numpy(call.sink)
        if call.rotary is not None:
            arrays["rotary"] = call.rotary
        if call.value is not None and call.value.shape[:3] == call.key.shape[:3]:
            own = Cut(keys, chosen, heads, store)
            cuts = {"value_norm": key_cut, "value": key_cut, "output_root": replace(own, tokens=slice(0, None))}
            found = _of_values(call, row, keys, part, ids)
            arrays |= {name: cuts.get(name, own).keep(states) for name, states in found.items()}
        return cls(arrays, mask.rule, call.scale, call.softcap, cut)

    def with_lse(self, lse: Tensor) -> Draft:
        """The same, with the log-sum-exp [head, query] that the kernel returned for the whole row."""
        return replace(self, arrays={**self.arrays, "lse": self.cut.keep(lse)})

    def layer(self) -> Factored:
        """The layer."""
        return Factored(LazySource(self.arrays), scale=self.scale, mask=self.rule, softcap=self.softcap)


@dataclass(frozen=True, eq=False)
class Cut:
    """Which tokens and heads of an array [head, token, …] to keep, and where."""

    tokens: Keep
    heads: tuple[int, ...]
    count: int
    store: Store

    def keep(self, states: Tensor) -> Any:
        """A copy of that part; heads keep their numbers."""
        found = states[:, self.tokens]
        if len(self.heads) == self.count:
            return self.store.keep(found)
        return SomeHeads(self.store.keep(found[list(self.heads)]), self.heads, self.count)


def _of_values(call: Call, row: int, keys: Keep, part: Part, ids: Any) -> Mapping[str, Tensor]:
    """What is asked for of the values of a call, each [head or kv_head, …]."""
    assert call.value is not None
    value, heads = call.value[row], call.query.shape[1]
    found = dict(norms(value, heads, call.output)) if part.values else {}
    if part.values == "vectors":
        found |= vectors(value, heads, call.output)
    if part.unembedding is not None and ids is not None and len(ids) == _count(keys):
        whole = torch.zeros(value.shape[1], dtype=torch.long, device=value.device)
        whole[keys] = torch.as_tensor(np.asarray(ids), dtype=torch.long, device=value.device)
        found |= part.unembedding.ranks(call, row, whole, heads)
    return found


def _count(keep: Keep) -> int:
    return keep.stop - keep.start if isinstance(keep, slice) else len(keep)


def _within(keep: Keep, run: slice) -> Keep:
    """A run of the kept positions, as positions of the whole sequence."""
    if isinstance(keep, slice):
        return slice(keep.start + run.start, keep.start + run.stop)
    return keep[run]
