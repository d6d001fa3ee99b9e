"""Attribution to tokens by captum: integrated gradients on embeddings, and occlusion."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from regard.errors import ArgumentError, NoAttentionError, missing_extra, not_one_of
from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.scalar import check_gradient, scalar_of
from regard.experiment.question import Question
from regard.experiment.tokens import masked

Reference = Literal["mean", "zero", "pad"] | int | Sequence[int] | np.ndarray


def integrated_gradients(
    question: Question, baseline: Reference = "mean", *, steps: int = 50, effect: str | None = None
) -> Attribution:
    """Integrated gradients on the token embeddings (Sundararajan et al. 2017), [token], by captum.

    ``(x_j - x'_j) · mean over s of ∂y/∂x_j`` on the way from a baseline x' to the text x (Gauss-Legendre points). The
    baseline is what "no token" means, and the result is relative to it: ``"mean"``, the mean of the embedding table;
    ``"zero"``; ``"pad"``, the padding token; a token's id, for all places; or ids [token], another text of the same
    length. Places (position embeddings) stay as they are.

    ``total`` is y less y at the baseline, ``gap`` what the steps miss of it (captum's convergence delta); more than a
    tenth is warned of. Models whose norms scale each state make large steps near vectors of zero, which means and zeros
    nearly are: there another text as the baseline needs far fewer steps. Costs
    ``steps`` forward and backward passes of the whole model. It sees tokens that only choose where is read, which
    methods with frozen attention do not. Needs captum (the extra ``attribution``).
    """
    if steps < 1:
        raise ArgumentError(f"steps must be 1 or more; got {steps}")
    attr = _captum("integrated_gradients")
    scalar, ids = scalar_of(question, effect), question.ids
    module = _embedding(question, ids)
    with torch.no_grad():
        states, reference = module(ids[None]), _reference(question, module, ids, baseline)

    def said(given: Tensor) -> Tensor:
        with _embedded(module, given):
            return scalar.of(question.passes.read(question.passes.output(len(given))))

    size = question.batch_of(question.passes.tokens)
    found, delta = attr.IntegratedGradients(said).attribute(
        states, reference, n_steps=steps, internal_batch_size=size, return_convergence_delta=True
    )
    check_gradient(found, question.model)
    values = found[0].double().sum(-1).cpu().numpy()
    named = baseline if isinstance(baseline, (str, int)) else "another text"
    what = f"integrated gradients on embeddings, baseline {named}, {steps} steps"
    result = _of_tokens(question, values, scalar.effect, what, float(values.sum()) - float(delta[0]))
    if abs(float(delta[0])) > _GAP * abs(result.total or 0) + 1e-3:
        warnings.warn(
            f"integrated gradients: after {steps} steps {-float(delta[0]):.3g} of {result.total:.3g} is not accounted "
            "for; take more steps=, or a baseline nearer to texts, such as the ids of another text of the same length",
            stacklevel=2,
        )
    return result


_GAP = 0.1
"""The share of the total that may go unaccounted for without a warning."""


def occlusion(
    question: Question, by: Literal["mask", "pad"] | int = "mask", *, effect: str | None = None
) -> Attribution:
    """What the target loses with each token covered by another, [token], by captum's feature ablation.

    ``y - y with token j covered``, by the tokenizer's mask (or unknown) token, its padding token, or a token's id; of
    the opposite sign of :func:`~regard.experiment.scan_tokens`, whose default, several real tokens in turn, is the
    better test, since models may never have seen masks. One forward pass a token. Where two tokens say the same,
    covering one shows the effect of neither. Needs captum (the extra ``attribution``).
    """
    attr = _captum("occlusion")
    scalar, ids = scalar_of(question, effect), question.ids
    cover, words = _cover(question, ids, by)

    def said(given: Tensor) -> Tensor:
        return scalar.of(question.passes.run_on(given, 0))

    size = question.batch_of(question.passes.tokens)
    with torch.no_grad():
        found = attr.FeatureAblation(said).attribute(ids[None], baselines=cover, perturbations_per_eval=size)
    values = found[0].double().cpu().numpy()
    return _of_tokens(question, values, scalar.effect, f"occlusion by {words}", None)


def _captum(what: str) -> Any:
    try:
        import captum.attr
    except ModuleNotFoundError as error:
        if str(error.name).split(".")[0] != "captum":
            raise
        raise missing_extra(f"regard.experiment.{what}", "captum", "attribution") from error
    return captum.attr


def _of_tokens(question: Question, values: np.ndarray, effect: str, what: str, total: float | None) -> Attribution:
    return Attribution(
        values=np.asarray(values),
        effect=effect,
        axes=("token",),
        numbers={"token": tuple(range(len(values)))},
        sizes=(len(values),),
        what=what,
        baseline=question.baseline,
        total=total,
    )


def _embedding(question: Question, ids: Tensor) -> nn.Embedding:
    """The module that turns the token ids into vectors: the first table that is given just these."""
    found: list[nn.Embedding] = []

    def look(module: nn.Embedding, args: Any, kwargs: Any, _output: Any) -> None:
        given = next((one for one in (*args, *kwargs.values()) if isinstance(one, Tensor)), None)
        if given is not None and given.shape[-1:] == ids.shape and torch.equal(given.reshape(-1), ids):
            found.append(module)

    tables = [module for module in question.model.modules() if isinstance(module, nn.Embedding)]
    handles = [table.register_forward_hook(look, with_kwargs=True) for table in tables]
    try:
        with torch.no_grad():
            question.passes.output()
    finally:
        for handle in handles:
            handle.remove()
    if not found:
        raise NoAttentionError(f"{type(question.model).__name__} has no embedding table that is given the token ids")
    return found[0]


@contextmanager
def _embedded(module: nn.Module, states: Tensor) -> Iterator[None]:
    """While open, the table answers its first call with these vectors."""
    left = [states]

    def answer(_module: nn.Module, _args: Any, _output: Any) -> Tensor | None:
        return left.pop().clone() if left else None

    with module.register_forward_hook(answer):
        yield


def _reference(question: Question, module: nn.Embedding, ids: Tensor, baseline: Any) -> Tensor:
    """The vectors of the baseline, [1, token, d_model]."""
    states = module(ids[None])
    if isinstance(baseline, str) and baseline in ("mean", "zero"):
        if baseline == "zero":
            return torch.zeros_like(states)
        every = torch.arange(module.num_embeddings, device=ids.device)
        mean: Tensor = module(every[None]).double().mean(1, keepdim=True)
        return mean.to(states.dtype).expand_as(states).contiguous()
    if isinstance(baseline, str):
        baseline = _cover(question, ids, baseline)[0]
    given = torch.as_tensor(np.asarray(baseline), device=ids.device)
    count = int(module.num_embeddings)
    if (
        given.is_floating_point()
        or given.shape not in ((), ids.shape)
        or not bool(((given >= 0) & (given < count)).all())
    ):
        raise ArgumentError(
            f"baseline must be 'mean', 'zero', 'pad', a token's id or ids [token] = [{len(ids)}], each from 0 to "
            f"{count - 1}; got {baseline!r:.60}"
        )
    reference: Tensor = module(given.expand_as(ids)[None])
    return reference


def _cover(question: Question, ids: Tensor, by: Any) -> tuple[int, str]:
    """The id of the token that stands for none, and what to call it."""
    if by == "mask":
        made = masked(ids, question.tokenizer)
        return int(made.proposal[0]), made.words.removeprefix("put behind ")
    if by == "pad":
        config = getattr(question.model, "config", None)
        pad = getattr(question.tokenizer, "pad_token_id", None)
        pad = getattr(config, "pad_token_id", None) if pad is None else pad
        if pad is None:
            raise ArgumentError(
                "this tokenizer and model have no padding token; give a token's id, or 'mean' or 'zero'"
            )
        return int(pad), "the padding token"
    model: Any = question.model
    count = int(model.get_input_embeddings().num_embeddings)
    if isinstance(by, bool) or not isinstance(by, int) or not 0 <= by < count:
        if isinstance(by, str):
            raise not_one_of("cover", by, ("mask", "pad", f"a token's id, 0 to {count - 1}"))
        raise ArgumentError(f"cover {by!r} does not exist; the vocabulary has {count} (0 to {count - 1})")
    return by, f"token {by}"
