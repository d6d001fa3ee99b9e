"""One layer of attention through prefill and all cached steps."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from regard.capture.arrays import to_numpy
from regard.capture.calls import Call
from regard.capture.generation.blocks import Blocks
from regard.capture.generation.masks import Histories, History, Padding, Place
from regard.capture.store import MemoryStore
from regard.errors import NoAttentionError
from regard.record.factored import Factored
from regard.record.lazy import LazySource


class UnjoinableError(Exception):
    """The calls of a layer are not prefill and cached steps; the message says how."""


class OtherKeysError(UnjoinableError):
    """The keys of earlier tokens are not those that were seen when these were new."""


class LayerSteps:
    """Keeps a layer's new queries and new keys of each pass: O(tokens · d_head), although a cache hands over all keys
    again in every step.

    Where the new keys are: a cache that grows has them at its end (so has a sliding one, which has let go of the
    oldest); a static one, longer than what is written, has them after the ones written before. ``crosses``: keys are
    another sequence's, all there from the first pass.
    """

    def __init__(self, call: Call, queries: Sequence[Padding], keys: Sequence[Padding], *, crosses: bool):
        self.path, self._scale, self._softcap = call.path, call.scale, call.softcap
        self._sink = {} if call.sink is None else {"sink": to_numpy(call.sink)}
        self._rotary = {} if call.rotary is None else {"rotary": call.rotary}
        self._of_query, self._of_key, self._crosses = queries, keys, crosses
        self._rows = call.query.shape[0]
        self._queries, self._keys = Blocks(), Blocks()
        self._history: History | None = None
        self._passes = 0

    @property
    def count(self) -> int:
        """Number of queries so far, padding included."""
        return self._queries.count

    def add(self, call: Call, histories: Histories) -> None:
        """The layer's call in the next pass; raises ``UnjoinableError`` when it cannot be one."""
        if call.path != self.path:
            raise UnjoinableError(f"{call.path} was called where {self.path} was before")
        place = self._place(call)
        try:
            self._history = histories.after(self._history, call, place, self._of_query, self._of_key)
        except NoAttentionError as error:
            raise UnjoinableError(str(error)) from error
        if self._crosses and self._passes:
            self._check(call, Place(place.past, 0, place.stop))
        elif self._crosses:
            self._keys.add(call.key)
        else:
            self._check(call, Place(place.past, place.start, min(place.past, place.stop)))
            self._keys.add(call.key[:, :, place.past - place.start : place.stop - place.start])
        self._queries.add(call.query)
        self._passes += 1

    def _place(self, call: Call) -> Place:
        past, keys = self._queries.count, call.key.shape[2]
        if self._crosses:
            if self._passes and keys != self._keys.count:
                raise UnjoinableError(f"{self.path}: {keys} keys after {self._keys.count}")
            return Place(past, 0, keys)
        stop = past + call.query.shape[2]
        start = max(0, stop - keys)
        if start > past:
            raise UnjoinableError(f"{self.path}: {keys} keys for {call.query.shape[2]} queries")
        return Place(past, start, stop)

    def _check(self, call: Call, cached: Place) -> None:
        """Now and then, that the cache gives the prompt's keys back as they were put in.

        Raises ``OtherKeysError`` when it does not.
        """
        prompt = self._keys.prompt
        if prompt is None or self._passes & (self._passes - 1):
            return
        stop = min(cached.stop, prompt.shape[2])
        if stop <= cached.start or call.key.shape[0] != prompt.shape[0]:
            return
        found, given = call.key[:, :, : stop - cached.start].detach().cpu(), prompt[:, :, cached.start : stop]
        if not torch.equal(found, given) and not _nearly_equal(found, given):
            raise OtherKeysError(
                f"{self.path}: the cache gives back other keys than it was given (a quantised or compressing cache?), "
                "so the weights of each step cannot be made from one set of keys. Use the default cache, or "
                "cache_implementation='static' or 'offloaded'"
            )

    def layer(self, item: int, rows: Tensor) -> Factored:
        """One sequence's layer without padding: its prompt is that of ``item``, and its token number i (padding
        included) was in row ``rows[i]``."""
        assert self._history is not None
        of_key = rows[:1].expand(self._keys.count) if self._crosses else rows
        kept = self._of_query[item].keep(0, len(rows))
        query = self._queries.along(rows)[:, kept]
        key = self._keys.along(of_key)[:, self._of_key[item].keep(0, len(of_key))]
        own = (rows[kept] % (self._rows // len(self._of_query))).tolist()
        rule, arrays = self._history.joined(item, own, key.shape[1])
        store = MemoryStore()
        held = {"query": store.keep(query), "key": store.keep(key), **arrays, **self._sink, **self._rotary}
        return Factored(LazySource(held), scale=self._scale, mask=rule, softcap=self._softcap)


def _nearly_equal(found: Tensor, given: Tensor) -> bool:
    """Equal but for the last digits, by which the rows of one batch may differ."""
    digits = 16 * torch.finfo(given.dtype).eps * float(given.abs().max())
    return torch.allclose(found, given, rtol=0, atol=digits)
