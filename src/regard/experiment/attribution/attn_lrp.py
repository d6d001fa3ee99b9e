"""AttnLRP, by the user's own installation of lxt."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import torch
from torch import nn

from regard.errors import MissingExtraError, NoAttentionError, RegardError
from regard.experiment.attribution.attribution import Attribution
from regard.experiment.attribution.scalar import check_gradient, linear_scalar
from regard.experiment.attribution.streams import ANOTHER, ONE, entering, first_layers
from regard.experiment.question import Question


def attn_lrp(question: Question) -> Attribution:
    """AttnLRP (Achtibat et al. 2024), [token], where lxt is installed and can be used with this transformers.

    Like :func:`~regard.experiment.cp_lrp`, but some relevance goes to queries and keys, so that tokens that choose
    where is read get a part. Its authors say that the method is patented and free for personal and scientific purposes
    only; regard has no implementation of it and calls ``lxt.efficient`` of your installation, whose licence is yours to
    keep. While it runs, lxt changes the classes of the model's family in the whole process; they are put back.

    Raises ``MissingExtraError`` without lxt; ``RegardError`` where lxt and transformers do not fit: lxt 2.1, the last
    one known, imports names that transformers 5 no longer has; ``NoAttentionError`` for families that lxt has no rules
    for.
    """
    scalar = linear_scalar(question, "AttnLRP")
    model, apply = question.model, _monkey_patch()
    home = sys.modules[type(model).__module__]
    stream = entering(model, first_layers(question))
    with _put_back(model, home), torch.enable_grad(), stream as states:
        _applied(apply, home)
        value = scalar.of(question.passes.read(_run(question)))[0]
        gradients = torch.autograd.grad(value, list(states.values()))
    shares = {}
    for (name, state), gradient in zip(states.items(), gradients, strict=True):
        check_gradient(gradient, model)
        shares[name] = (state.detach().double() * gradient.double()).sum(-1)[0].cpu().numpy()
    count = len(shares[ONE])
    return Attribution(
        values=shares[ONE],
        effect=scalar.effect,
        axes=("token",),
        numbers={"token": tuple(range(count))},
        sizes=(count,),
        what=f"AttnLRP by lxt {_version()}",
        baseline=question.baseline,
        total=float(value.detach()),
        parts={name: share for name, share in shares.items() if name == ANOTHER},
    )


def _monkey_patch() -> Callable[[Any], None]:
    if find_spec("lxt") is None:
        raise MissingExtraError(
            "regard.experiment.attn_lrp needs the package 'lxt', which no extra of regard installs: its method is "
            "patented, and its licence is for you to accept (pip install lxt). cp_lrp and integrated_gradients work "
            "without"
        )
    try:
        from lxt.efficient import monkey_patch
    except ImportError as error:
        raise _does_not_fit(error) from error
    found: Callable[[Any], None] = monkey_patch
    return found


def _does_not_fit(error: Exception) -> RegardError:
    return RegardError(
        f"lxt {_version()} does not work with transformers {version('transformers')} "
        f"({str(error).split(' (/')[0]}), so there is no AttnLRP here; a later lxt may work. cp_lrp and "
        "integrated_gradients do"
    )


def _applied(apply: Callable[[Any], None], home: Any) -> None:
    """Let lxt put its rules into the family's classes; raises for families without, and where it skips a part."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            apply(home)
        except ValueError as error:
            raise NoAttentionError(f"lxt {_version()} has no AttnLRP rules for {home.__name__}: {error}") from error
        except Warning as error:
            raise _does_not_fit(error) from error


def _run(question: Question) -> Any:
    try:
        return question.passes.output()
    except (AttributeError, TypeError) as error:  # lxt's replacements, called as this transformers does not
        raise _does_not_fit(error) from error


@contextmanager
def _put_back(model: nn.Module, home: Any) -> Iterator[None]:
    """Whatever is changed inside of the family's module, and of the classes of it and of the model, is put back."""
    classes = {base for module in model.modules() for base in type(module).__mro__} - {object}
    classes |= {nn.Dropout, nn.LayerNorm, *(one for one in vars(home).values() if isinstance(one, type))}
    kept = {owner: dict(vars(owner)) for owner in (home, *classes)}
    try:
        yield
    finally:
        for owner, before in kept.items():
            for name, now in [*vars(owner).items()]:
                if name not in before:
                    delattr(owner, name)
                elif now is not before[name]:
                    setattr(owner, name, before[name])


def _version() -> str:
    try:
        return version("lxt")
    except PackageNotFoundError:
        return "(of unknown version)"
