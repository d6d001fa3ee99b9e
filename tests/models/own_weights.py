"""The weights that a model computes itself: what it returns, else its own softmax, else what its kernel was given."""

from __future__ import annotations

import copy
import math
from collections import defaultdict
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import multi_head_attention_forward

from models.build import Built
from models.sliding import whole
from regard.axes import Kind
from regard.capture import Call, recording
from regard.capture.fallback import returned_weights
from regard.capture.families import SLIDING, kind_of
from regard.capture.inputs import from_arguments
from regard.capture.looking import Looking
from regard.capture.windows import Pieces

Weights = dict[Kind, list[Tensor]]
_SDPA = torch._C._nn.scaled_dot_product_attention


@lru_cache(maxsize=2)
def eager(built: Built) -> Built:
    """A second model with the same weights, on its eager kernel from the start."""
    config = copy.deepcopy(built.model.config)
    config._attn_implementation = "eager"
    model = type(built.model)._from_config(config, attn_implementation="eager").eval()
    model.load_state_dict(built.model.state_dict())
    return Built(model, built.inputs)


def returned(built: Built, kinds: tuple[Kind, ...]) -> Weights:
    """What the model gives for ``output_attentions=True``; ``attentions`` alone are of the only kind there is."""
    try:
        output = built.run(output_attentions=True)
        found = returned_weights(built.model, output)
    except Exception:  # some models fail where weights are asked of them
        return {}
    weights = {kind: [one for one in layers if isinstance(one, Tensor)] for kind, layers in found.items()}
    if built.model.config.model_type in SLIDING and "encoder" in weights:
        mask = built.inputs.get("global_attention_mask")
        places = [] if mask is None else mask[0].nonzero()[:, 0].tolist()
        weights["encoder"] = whole(built.model.config, weights["encoder"], output, places)
    if len(weights) == len(kinds) == 1:
        return {kinds[0]: next(iter(weights.values()))}
    return weights


@lru_cache(maxsize=2)
def computed(built: Built) -> Weights:
    """Per kind, in the order of the calls: the softmax in each module whose attention regard sees, or the softmax of
    what torch's fused kernel was given there."""
    calls: list[Call] = []
    with recording(built.model, calls.append), _Watch(built.model) as watch:
        built.run()
    inputs = from_arguments(built.model, built.inputs)
    found: Weights = defaultdict(list)
    pieces = Pieces()
    for call in calls:
        kind = kind_of(
            path=call.path,
            encoder_decoder=inputs.encoder_decoder,
            cross=bool(getattr(call.module, "is_cross_attention", False)),
            causal=call.is_causal,
            text=inputs.has_text,
        )
        weights = None if kind is None else _taken(watch.weights[call.path], call)
        if kind is None or weights is None:
            continue
        if not pieces.goes_on(call):
            pieces.begin(call)
            found[kind].append(weights)
        elif call.query.storage_offset():
            found[kind][-1] = torch.cat([found[kind][-1], weights])
    return dict(found)


def _taken(found: list[Tensor], call: Call) -> Tensor | None:
    """The first of these weights that are as large as a call's; without a column for its sink."""
    queries, keys = call.query.shape[2], call.key.shape[2]
    while found:
        weights = found.pop(0)
        if weights.shape[-2] == queries and weights.shape[-1] in (keys, keys + 1):
            return weights[..., :keys]
    return None


class _Watch(Looking):
    """Keeps the weights of every attention by the path of the module that computed it."""

    def __init__(self, model: nn.Module):
        super().__init__(model)
        self.weights: dict[str, list[Tensor]] = defaultdict(list)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        output = func(*args, **kwargs)
        if func is _SDPA:
            self.weights[self.caller()[0]].append(_of_arguments(*args, **kwargs))
        elif func is multi_head_attention_forward:
            asked = {**kwargs, "need_weights": True, "average_attn_weights": False}
            self.weights[self.caller()[0]].append(func(*args, **asked)[1])
        elif getattr(func, "__name__", "") in ("softmax", "exp") and are_weights(output):
            self.weights[self.caller()[0]].append(output.detach().clone())
        return output


def are_weights(output: Tensor) -> bool:
    """Whether a tensor of three axes or more has rows that sum to one."""
    return output.ndim > 2 and bool(((output.float().sum(-1) - 1).abs() < 1e-3).all())


def _of_arguments(
    query: Tensor,
    key: Tensor,
    _value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,  # noqa: ARG001
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """The weights that ``scaled_dot_product_attention`` makes of its arguments, as torch documents it, in float64."""
    key = key.repeat_interleave(query.shape[-3] // key.shape[-3], -3) if enable_gqa else key
    scores = query.double() @ key.double().mT * (1 / math.sqrt(query.shape[-1]) if scale is None else scale)
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool).tril()
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, -torch.inf)
    elif attn_mask is not None:
        scores = scores + attn_mask
    return scores.softmax(-1).nan_to_num()
