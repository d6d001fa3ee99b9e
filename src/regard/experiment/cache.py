"""A language model's cache of keys and values for one text, lent to many variants at once."""

from __future__ import annotations

import copy
from typing import Any

from transformers.cache_utils import DynamicCache, DynamicLayer, DynamicSlidingWindowLayer


def can_repeat(cache: Any) -> bool:
    """Whether the cache holds nothing but keys and values [batch, kv_head, key, d_head]."""
    if type(cache) is not DynamicCache:
        return False
    known = (DynamicLayer, DynamicSlidingWindowLayer)
    return all(type(layer) in known and getattr(layer, "is_initialized", False) for layer in cache.layers)


def repeated(cache: Any, variants: int) -> Any:
    """A cache for so many variants whose keys and values are views of this one's, which stays as it is."""
    found = copy.copy(cache)
    found.layers = [copy.copy(layer) for layer in cache.layers]
    for layer in found.layers:
        layer.keys = layer.keys.expand(variants, *layer.keys.shape[1:])
        layer.values = layer.values.expand(variants, *layer.values.shape[1:])
    return found


def cut(cache: Any, tokens: int) -> Any:
    """The first tokens of a cache, as views of it; ``None`` where it does not hold all of them (sliding windows)."""
    if any(type(layer) is not DynamicLayer for layer in cache.layers):
        return None
    found = copy.copy(cache)
    found.layers = [copy.copy(layer) for layer in cache.layers]
    for layer in found.layers:
        layer.keys, layer.values = layer.keys[..., :tokens, :], layer.values[..., :tokens, :]
    return found
