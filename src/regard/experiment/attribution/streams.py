"""The residual stream as it enters a layer, as something that gradients can be taken by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from torch import Tensor, nn

from regard.axes import Kind
from regard.errors import NoAttentionError
from regard.experiment.layers import layer_with, layers_of
from regard.experiment.question import Question

ONE, ANOTHER = "tokens", "decoder tokens"
"""What streams are called: that of the tokens that are asked about (an encoder-decoder's encoder), and its decoder."""


def first_layers(question: Question) -> dict[str, str]:
    """The path of each stream's first layer, by the stream's name; raises ``NoAttentionError`` where there is none."""
    lists = list(dict.fromkeys(path.rpartition(".")[0] for path in layer_paths(question).values()))
    if len(lists) > 2 or (len(lists) == 2 and not question.inputs.encoder_decoder):
        raise NoAttentionError(
            f"{type(question.model).__name__} has its layers in {len(lists)} lists ({', '.join(lists)}); what is a "
            "token's own state is known for one list, and for encoder-decoders"
        )
    return {name: f"{path}.0" for name, path in zip((ONE, ANOTHER), lists, strict=False)}


def layer_paths(question: Question) -> dict[tuple[Kind, int], str]:
    """The path of the module of each layer with attention, by kind and number."""
    layers = layers_of(question.model)
    found = {}
    for site in question.passes.layout.sites:
        path = layer_with(site.path, layers)
        if path is None:
            raise NoAttentionError(
                f"{site.path} is in no list of layers (torch.nn.ModuleList) of {type(question.model).__name__}, so "
                "the residual stream between its layers is not known"
            )
        found[site.kind, site.layer] = path
    return found


@contextmanager
def entering(model: nn.Module, paths: Mapping[str, str]) -> Iterator[dict[str, Tensor]]:
    """While open, the state [batch, token, d_model] that enters each of these modules first is a leaf of the graph.

    By the names of ``paths``; gradients are taken by them.
    """
    found: dict[str, Tensor] = {}

    def leaf(name: str, state: Tensor) -> Tensor:
        if name not in found:
            found[name] = state.detach().clone().requires_grad_()
            return found[name]
        return state

    with replacing(model, paths, leaf):
        yield found


@contextmanager
def replacing(model: nn.Module, paths: Mapping[str, str], change: Any) -> Iterator[None]:
    """While open, ``change(name, state)`` makes what enters each of these modules."""

    def hook(name: str) -> Any:
        def replaced(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            if args:
                return (change(name, args[0]), *args[1:]), kwargs
            return args, {**kwargs, "hidden_states": change(name, kwargs["hidden_states"])}

        return replaced

    with ExitStack() as stack:
        for name, path in paths.items():
            handle = model.get_submodule(path).register_forward_pre_hook(hook(name), with_kwargs=True)
            stack.callback(handle.remove)
        yield
