"""How much each token's value changes what a layer gives: value zeroing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.calls import Call
from regard.capture.written import Written
from regard.errors import NoAttentionError
from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.outputs import with_output
from regard.experiment.attribution.streams import layer_paths
from regard.experiment.edits import Edit
from regard.experiment.inputs import check_eval
from regard.experiment.layout import Site
from regard.experiment.order import Order
from regard.experiment.passes import check_finite
from regard.experiment.places import Numbers
from regard.experiment.question import Question
from regard.experiment.rows import scores, softmax


def value_zeroing(
    question: Question, *, layer: Numbers = None, rows_to_one: bool = False, kind: Kind | None = None
) -> Attribution:
    """How far each state after a layer turns when one token's value is zero in all its heads, [layer, query, key].

    ``1 - cos(h_i, h_i with v_j = 0)`` (Mohebbi et al. 2023), between 0 and 2 and without a sign: how tokens are mixed
    in this layer, whatever the model says in the end. Hidden keys are NaN. With ``rows_to_one``, rows are divided by
    their sums, as in the paper's pictures.

    Only this layer is run, many keys at a time; layers before are not run again. Costs as many runs of one layer as
    there are keys. Do not multiply the layers' results into a rollout: they leave out what a token passes on to itself
    beside attention (the residual stream), and such a product misses known causes.
    """
    check_eval(question.model)
    layout = question.passes.layout
    found_kind = layout.of_kind(kind)[0].kind
    sites = layout.touched(Edit(layer=layer, kind=found_kind))
    values = np.stack([_of_layer(question, site) for site in sites])
    if rows_to_one:
        sums = np.nansum(values, axis=-1, keepdims=True)
        values = values / np.where(sums == 0, 1, sums)
    return Attribution(
        values=values,
        effect="distance",
        axes=("layer", "query", "key"),
        numbers={
            "layer": tuple(site.layer for site in sites),
            "query": tuple(range(sites[0].queries)),
            "key": tuple(range(sites[0].keys)),
        },
        sizes=(layout.counts[found_kind], sites[0].queries, sites[0].keys),
        what=f"value zeroing, {'rows to one, ' if rows_to_one else ''}{found_kind} attention",
        baseline=question.baseline,
        kind=found_kind,
    )


def _of_layer(question: Question, site: Site) -> np.ndarray:
    """[query, key]"""
    passes = question.passes
    path = layer_paths(question)[site.kind, site.layer]
    size = question.batch_of(passes.tokens - passes.start(0))
    found = np.full((site.queries, site.keys), np.nan)
    visible = torch.ones(0)
    for first in range(0, site.keys, size):
        keys = list(range(first, min(first + size, site.keys)))
        zeroing = _Zeroing(passes.order(), site, keys)
        states = _after(question, path, zeroing, len(keys) + 1, site)
        directions = nn.functional.normalize(states, dim=-1)
        found[:, keys] = ((directions[:-1] - directions[-1:]) ** 2).sum(
            -1
        ).T.cpu().numpy() / 2  # 1 - cos, without its cancellation
        visible = zeroing.visible
    found[~visible.cpu().numpy()] = np.nan
    return found


class _Zeroing:
    """Answers one layer's attention: variant v without the value of ``keys[v]``, and the last one as it is."""

    def __init__(self, order: Order, site: Site, keys: list[int]) -> None:
        self._order, self._site, self._keys = order, site, keys
        self.visible = torch.ones(0)

    def __call__(self, call: Call, run: Callable[[], Any]) -> Any:
        """What the attention function answers."""
        kind, layer, _ = self._order.number(call)
        answer = run()
        if (kind, layer) != (self._site.kind, self._site.layer):
            return answer
        if call.windows or self._order.turn or call.query.shape[0] != len(self._keys) + 1:
            raise NoAttentionError(f"{call.path}: attention over packed sequences, which cannot be told apart")
        heads, queries = list(range(call.query.shape[1])), list(range(call.query.shape[2]))
        found = scores(call, [0], heads, queries)
        self.visible = (found > -torch.inf)[0].any(0)
        if isinstance(answer, Written):
            weights = answer.weights.clone()
            weights[torch.arange(len(self._keys)), ..., self._keys] = 0
            return replace(answer, weights=weights)
        return with_output(call, answer, lambda output: self._without(call, softmax(found, call, heads)[0], output))

    def _without(self, call: Call, weights: Tensor, output: Tensor) -> Tensor:
        assert call.value is not None
        value = call.value[0].repeat_interleave(call.query.shape[1] // call.value.shape[1], 0)[:, self._keys]
        written = torch.einsum("hik,hkd->kihd", weights[..., self._keys], value.to(weights))
        return torch.cat([output[:-1] - written.to(output.dtype), output[-1:]])


class _EnoughError(Exception):
    """The layer that was asked about has run."""


def _after(question: Question, path: str, answer: _Zeroing, variants: int, site: Site) -> Tensor:
    """What the layer gives, [variant, token, d_model]; nothing after it is run."""
    kept: list[Tensor] = []

    def stop(_module: nn.Module, _args: Any, output: Any) -> None:
        kept.append(output[0] if isinstance(output, (tuple, list)) else output)
        raise _EnoughError

    handle = question.model.get_submodule(path).register_forward_hook(stop)
    try:
        with handle, torch.no_grad():
            question.passes.answered(answer, variants, site)
    except _EnoughError:
        check_finite(kept[0], f"layer {site.layer}")
    return kept[0].double()
