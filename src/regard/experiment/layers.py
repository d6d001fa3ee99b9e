"""The model's layers as modules: in which order they ran, what each gave, and runs that leave the first ones out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn

Outputs = Mapping[str, Any]


@dataclass(eq=False)
class LayerOutputs:
    """What each layer gave in one run, in order, by the layer's path; empty when some layer ran more than once."""

    found: dict[str, Any] = field(default_factory=dict)
    repeated: bool = False

    def before(self, path: str) -> Outputs:
        """The outputs of the layers that were complete before the layer ``path`` began."""
        if self.repeated or path not in self.found:
            return {}
        order = list(self.found)
        return {name: self.found[name] for name in order[: order.index(path)]}


_one_at_a_time = threading.RLock()


@contextmanager
def watching_layers(model: nn.Module) -> Iterator[LayerOutputs]:
    """While open, what the layers of ``model`` give in this thread is kept (by reference)."""
    kept, here = LayerOutputs(), threading.get_ident()

    def note(path: str) -> Callable[..., None]:
        def hook(_module: nn.Module, _inputs: Any, output: Any) -> None:
            if threading.get_ident() != here:
                return
            kept.repeated |= path in kept.found or not _can_expand(output)
            kept.found[path] = output

        return hook

    with ExitStack() as stack:
        for path, module in layers_of(model).items():
            stack.enter_context(module.register_forward_hook(note(path)))
        yield kept


@contextmanager
def leaving_out(model: nn.Module, outputs: Outputs, variants: int) -> Iterator[None]:
    """While open, these layers do not run in this thread but answer with what they gave before, for so many variants.

    In other threads the model runs as it is; a second experiment waits for the first.
    """
    modules = layers_of(model)
    with _one_at_a_time, ExitStack() as stack:
        last = next(reversed(list(outputs)), None)
        for path, output in outputs.items():
            stack.enter_context(_answering(modules[path], _expanded(output, variants, copied=path == last)))
        yield


@contextmanager
def _answering(module: nn.Module, output: Any) -> Iterator[None]:
    own = module.__dict__
    had, before = "forward" in own, own.get("forward")
    usual, here = module.forward, threading.get_ident()

    def forward(*args: Any, **kwargs: Any) -> Any:
        return output if threading.get_ident() == here else usual(*args, **kwargs)

    own["forward"] = forward
    try:
        yield
    finally:
        if had:
            own["forward"] = before
        else:
            del own["forward"]


def layers_of(model: nn.Module) -> dict[str, nn.Module]:
    """The members of the outermost lists of modules, by path."""
    lists = [path for path, module in model.named_modules() if isinstance(module, nn.ModuleList)]
    outer = [path for path in lists if not any(path.startswith(f"{other}.") for other in lists)]
    modules = dict(model.named_modules())
    return {f"{path}.{name}": child for path in outer for name, child in modules[path].named_children()}


def layer_with(path: str, layers: Mapping[str, Any]) -> str | None:
    """The layer that the module ``path`` is in."""
    names = path.split(".")
    candidates = (".".join(names[:end]) for end in range(1, len(names) + 1))
    return next((name for name in candidates if name in layers), None)


def _can_expand(output: Any) -> bool:
    if isinstance(output, (tuple, list)):
        return type(output) in (tuple, list) and all(map(_can_expand, output))
    if isinstance(output, Tensor):
        return output.ndim > 0 and output.shape[0] == 1
    return output is None


def _expanded(output: Any, variants: int, *, copied: bool) -> Any:
    """The output for so many variants; ``copied`` where a layer that runs may ask it to be whole in memory."""
    if isinstance(output, (tuple, list)):
        return type(output)(_expanded(each, variants, copied=copied) for each in output)
    if not isinstance(output, Tensor):
        return output
    found = output.expand(variants, *output.shape[1:])
    return found.contiguous() if copied else found
