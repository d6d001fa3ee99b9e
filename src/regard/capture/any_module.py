"""Records of any torch module: every attention that torch computes while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from regard.capture.compiled import as_written, original
from regard.capture.gather import Gather
from regard.capture.gathered import records
from regard.capture.part import Part
from regard.capture.run import check_model, info_of
from regard.capture.sdpa import watching
from regard.capture.store import opened, path_of
from regard.errors import ArgumentError
from regard.record.file import open, save
from regard.record.record import Record

Given = Sequence[str] | Mapping[str, Sequence[str]]


def capture_calls(
    model: nn.Module,
    *args: Any,
    tokens: Given | Sequence[Given] | None = None,
    mask: Tensor | None = None,
    within: str = "",
    layers: Iterable[int] | None = None,
    heads: Iterable[int] | None = None,
    positions: slice | None = None,
    store: str | Path = "memory",
    **kwargs: Any,
) -> Record | list[Record]:
    """Run ``model(*args, **kwargs)`` once and record every attention that torch computes in it.

    Seen are, wherever they are called from: ``torch.nn.functional.scaled_dot_product_attention``;
    ``nn.MultiheadAttention`` and what is built of it (``nn.TransformerEncoder`` and its fused layers,
    ``nn.Transformer``); and, in modules with "att" in their name or class, a softmax over [batch, head, query, key],
    kept as finished weights where it cannot be told what its scores are made from. The model's output stays as it is
    to the last bit. ::

        capture_calls(vit, images)                                        # a timm or torchvision transformer
        capture_calls(encoder, x, src_key_padding_mask=pad, mask=~pad)    # padding left out
        capture_calls(model, ids, tokens=["The", " cat"], within="text.")

    Calls become layers in the order in which they come: self-attention of modules in an encoder or decoder under that
    kind, other self-attention as ``"decoder"`` when it is causal, else ``"encoder"``; attention between two sequences
    as ``"cross"``. ``tokens`` are those of the only sequence, or by stream (``{"encoder": […], "decoder": […]}``); of
    a larger batch, a list of that for each row. ``mask`` [batch, token] is 0 or False at padding. ``within`` is a
    regular expression: only calls of modules in whose path it is found count. ``layers``, ``heads``, ``positions`` and
    ``store`` are as in :func:`regard.capture`.

    Returns one record, or a list with one per row of a larger batch. Raises ``NoAttentionError`` when nothing is seen,
    and, naming the modules, for what one record cannot hold: layers of different lengths within a kind, or windows
    that make a batch of their own (``within`` picks those that go together).
    """
    check_model(model)
    model = original(model)
    part, path = Part.of(layers, heads, positions), path_of(store)
    with opened(store) as kept:
        gather = Gather(model, kept, part, within, mask)
        with torch.no_grad(), as_written(model), watching(model, gather.take, gather.take_weights):
            model(*args, **kwargs)
        found = records(gather, info_of(model), part, tokens, mask)
        if path is None:
            return found[0] if len(found) == 1 else found
        if len(found) > 1:
            raise ArgumentError(f"store={str(path)!r} holds one record; the batch has {len(found)} rows")
        return open(save(found[0], path))
