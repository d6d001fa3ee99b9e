"""What each edge, each MLP and each token writes straight to the logit: direct logit attribution."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.calls import Call
from regard.errors import NoAttentionError
from regard.experiment.attribution.activations import Function, as_gate, is_gated
from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.linear import linear_gradients, not_linear
from regard.experiment.attribution.linearised import Rules, linear_with
from regard.experiment.attribution.outputs import with_output
from regard.experiment.attribution.scalar import check_gradient, linear_scalar
from regard.experiment.attribution.streams import entering, first_layers
from regard.experiment.layers import layers_of
from regard.experiment.order import Order
from regard.experiment.question import Question
from regard.experiment.rows import check_value, scores, softmax


def direct_logits(question: Question, *, kind: Kind | None = None) -> Attribution:
    """What each edge writes to the target's logit directly, [layer, head, key], at the row asked about.

    ``a_ij · v_j W_O · (u_target - u_foil) / σ``: the value that the head reads at key j, through its output map and the
    last normalisation, whose scale is held, onto the difference of two rows of the unembedding (less the mean row,
    without a foil). Normalisations on the way (BERT's, Gemma's after attention) and a head's transform after the last
    layer are held in the same manner; rows are summed where a classifier reads several.

    ``parts``: ``"mlp"`` [layer], ``"embeddings"`` [token] (of an encoder-decoder, the encoder's come first), and the
    heads of other kinds of attention by layer.
    ``gap`` is the biases' share (but those of values, which are in the values). Together they are the logit exactly.

    It is exact for the direct path only: what later layers read of the same writing is not counted, and in deep models
    that is most of it for early layers. One forward and one backward pass. Raises as
    :func:`~regard.experiment.cp_lrp`.
    """
    scalar = linear_scalar(question, "direct_logits")
    layout, model = question.passes.layout, question.model
    kind = layout.of_kind(kind)[0].kind
    direct = _Direct(question.passes.order())
    stream = entering(model, first_layers(question))
    with torch.enable_grad():
        with stream as states, direct.watching(model), linear_with(model, direct, direct.answer):
            output = question.passes.output()
        value = scalar.of(question.passes.read(output))[0]
        leaves = [*states.values(), *(one for _, one in direct.heads.values()), *(one for _, one in direct.written)]
        gradients = linear_gradients(value, leaves)
    if gradients is None:
        raise not_linear(question, "direct_logits")
    given = dict(zip(map(id, leaves), gradients, strict=True))
    for gradient in gradients:
        check_gradient(gradient, model)
    sites = layout.of_kind(kind)
    values = np.full((layout.counts[kind], max(site.heads for site in sites), sites[0].keys), np.nan)
    parts = {"embeddings": np.concatenate([_shares(one, given[id(one)]) for one in states.values()])}
    parts["mlp"] = direct.by_layer(given)
    for (found, layer), (call, leaf) in direct.heads.items():
        if found == kind:
            values[layer, : call.query.shape[1]] = _edges(call, given[id(leaf)][0])
        else:
            whole = parts.setdefault(f"{found} heads", np.zeros(layout.counts[found]))
            whole[layer] = _shares(leaf.flatten(2), given[id(leaf)].flatten(2)).sum()
    layers = sorted(site.layer for site in sites)
    return Attribution(
        values=values[layers],
        effect=scalar.effect,
        axes=("layer", "head", "key"),
        numbers={
            "layer": tuple(layers),
            "head": tuple(range(values.shape[1])),
            "key": tuple(range(values.shape[2])),
        },
        sizes=(values.shape[0], values.shape[1], values.shape[2]),
        what=f"direct logit attribution, the last norm's scale held, {kind} attention",
        baseline=question.baseline,
        kind=kind,
        total=float(value.detach()),
        parts=parts,
    )


class _Direct(Rules):
    """Cuts the graph where heads and MLPs write to the residual stream, and keeps what they write there."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._layer: str | None = None
        self._layers: list[str] = []
        self.heads: dict[tuple[Kind, int], tuple[Call, Tensor]] = {}
        self.written: list[tuple[int, Tensor]] = []

    @contextmanager
    def watching(self, model: nn.Module) -> Iterator[None]:
        """While open, it is known which layer runs."""

        def enter(path: str | None) -> Callable[..., None]:
            def hook(*_: Any) -> None:
                self._layer = path

            return hook

        with ExitStack() as stack:
            for path, module in layers_of(model).items():
                self._layers.append(path)
                stack.callback(module.register_forward_pre_hook(enter(path)).remove)
                stack.callback(module.register_forward_hook(enter(None)).remove)
            yield

    def answer(self, call: Call, run: Callable[[], Any]) -> Any:
        """What the heads give, as a leaf of the graph."""
        check_value(call, "direct_logits")
        kind, layer, _ = self._order.number(call)
        if len(call.query) > 1 or self._order.turn:
            raise NoAttentionError(f"{call.path}: attention over windows, or to values of two kinds, is not attributed")

        def leaf(output: Tensor) -> Tensor:
            found = output.detach().requires_grad_()
            if kind is not None:
                self.heads[kind, layer] = (call, found)
            return found

        return with_output(call, run(), leaf)

    def activation(self, x: Tensor, y: Tensor, function: Function) -> Tensor | None:
        """Inside a layer, a leaf."""
        return super().activation(x, y, function) if self._layer is None else as_gate(self._leaf(y))

    def product(self, multiply: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Of a gated MLP, a leaf."""
        if self._layer is None or not is_gated(args):
            return super().product(multiply, args)
        return self._leaf(multiply(*args))

    def _leaf(self, tensor: Tensor) -> Tensor:
        leaf = tensor.detach().requires_grad_()
        assert self._layer is not None
        self.written.append((self._layers.index(self._layer), leaf))
        return leaf

    def by_layer(self, gradients: dict[int, Tensor]) -> np.ndarray:
        """What each layer's MLP writes to the logit, [layer]."""
        found = np.zeros(len(self._layers))
        for layer, leaf in self.written:
            found[layer] += float((leaf.detach().double() * gradients[id(leaf)].double()).sum())
        return found


def _shares(state: Tensor, gradient: Tensor) -> np.ndarray:
    """[token]"""
    shares: np.ndarray = (state.detach().double() * gradient.double()).sum(-1)[0].cpu().numpy()
    return shares


def _edges(call: Call, gradient: Tensor) -> np.ndarray:
    """[head, key], summed over the queries that have a gradient [query, head, d_value]."""
    assert call.value is not None
    rows = (gradient != 0).flatten(1).any(1).nonzero()[:, 0].tolist()
    heads = list(range(call.query.shape[1]))
    if not rows:
        return np.zeros((len(heads), call.key.shape[2]))
    with torch.no_grad():
        weights = softmax(scores(call, [0], heads, rows), call, heads)[0].double()
        each = call.value[0].double().repeat_interleave(len(heads) // call.value.shape[1], 0)
        written = torch.einsum("ihd,hjd->hij", gradient[rows].double(), each)
        found: np.ndarray = (weights * written).sum(1).cpu().numpy()
    return found
