"""States of another text, and runs that have them in place of their own: by edits of heads, and by hooks elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, Literal

import torch
from torch import Tensor, nn

from regard.axes import Kind
from regard.capture.compiled import as_written
from regard.capture.inputs import Inputs
from regard.errors import NoAttentionError
from regard.experiment.attribution.streams import layer_paths, replacing
from regard.experiment.edits import Ablate, Edit, HeadOutputs
from regard.experiment.effects import largest, measured, noise_of, values_of
from regard.experiment.outputs import outputs_of
from regard.experiment.question import Question
from regard.experiment.scan import Arrays, Cell

Where = Literal["residual", "heads", "attention", "mlp"]

PLACES: Mapping[str, Literal["token", "head"]] = {
    "residual": "token",
    "heads": "head",
    "attention": "token",
    "mlp": "token",
}
"""What is patched, and by what."""

MLPS = ("mlp", "feed_forward", "ffn", "block_sparse_moe", "intermediate", "DenseReluDense", "fc2")
"""What layers call their MLP, or what of it acts on each token alone up to its last linear map."""

Change = Callable[[Tensor], Tensor]


def mlp_of(model: nn.Module, path: str) -> str:
    """The path of a layer's MLP; raises ``NoAttentionError`` where it has none of a known name."""
    for name, _ in model.get_submodule(path).named_modules():
        if name.rpartition(".")[2] in MLPS:
            return f"{path}.{name}"
    inner = [name for name, _ in model.get_submodule(path).named_children()]
    raise NoAttentionError(f"{path} has no MLP of a known name ({', '.join(MLPS)}); it has {', '.join(inner)}")


class ByEdits:
    """What heads give, before the output map: of one head at all tokens, or of all heads at one token."""

    def __init__(self, question: Question, given: HeadOutputs, kind: Kind, axis: str) -> None:
        self._question, self._given, self._kind, self._axis = question, given, kind, axis

    def _variant(self, cell: Cell) -> list[Edit]:
        layer, place = cell
        if self._axis == "head":
            return [Ablate(layer=layer, head=place, kind=self._kind, by=self._given)]
        return [Ablate(layer=layer, query=place, kind=self._kind, by=self._given)]

    def size(self, cells: Sequence[Cell]) -> int:
        """How many of these one run takes."""
        return self._question.batch_size([self._variant(cell) for cell in cells])

    def measure(self, cells: Sequence[Cell]) -> Arrays:
        """Every effect of each, by name, [cell]; all are of one layer."""
        return measured(self._question, [self._variant(cell) for cell in cells])

    def noise(self, layer: int) -> Mapping[str, float]:
        """The largest effect, by name, of runs that put back what was there."""
        return noise_of(self._question, [self._variant((layer, 0))])


class ByHooks:
    """What enters modules, or leaves them, at one token."""

    def __init__(
        self, question: Question, other: Inputs, kind: Kind, paths: Mapping[int, str], *, enters: bool
    ) -> None:
        self._question, self._paths, self._enters = question, paths, enters
        self._sites = {site.layer: site for site in question.passes.layout.of_kind(kind)}
        self._given = self._states(other.arguments)

    def _states(self, arguments: Mapping[str, Any]) -> Mapping[int, Tensor]:
        """What is there when the other text is run, [token, d_model] by layer."""
        found: dict[int, Tensor] = {}
        model = self._question.model

        def keep(layer: int) -> Change:
            def kept(state: Tensor) -> Tensor:
                found.setdefault(layer, state[0].detach().clone())
                return state

            return kept

        with torch.no_grad(), as_written(model), ExitStack() as stack:
            for layer in self._paths:
                stack.enter_context(self._changing(layer, keep(layer)))
            model(**arguments)
        return found

    @contextmanager
    def _changing(self, layer: int, change: Change) -> Iterator[None]:
        model, path = self._question.model, self._paths[layer]
        if self._enters:
            with replacing(model, {path: path}, lambda _path, state: change(state)):
                yield
            return

        def hook(_module: nn.Module, _args: Any, output: Any) -> Any:
            return (change(output[0]), *output[1:]) if isinstance(output, tuple) else change(output)

        with model.get_submodule(path).register_forward_hook(hook):
            yield

    def size(self, cells: Sequence[Cell]) -> int:
        """How many of these one run takes."""
        return self._question.batch_of(self._question.passes.tokens)

    def measure(self, cells: Sequence[Cell]) -> Arrays:
        """Every effect of each, by name, [cell]; all are of one layer."""
        (layer,) = {layer for layer, _ in cells}
        return values_of(self._question, self._run(layer, [place for _, place in cells], self._given[layer]))

    def noise(self, layer: int) -> Mapping[str, float]:
        """The largest effect, by name, of runs that put back what was there."""
        return largest(self._question, self._run(layer, [0, 0], None))

    def _run(self, layer: int, places: Sequence[int], given: Tensor | None) -> Tensor:
        passes, path = self._question.passes, self._paths[layer]

        def change(state: Tensor) -> Tensor:
            if state.ndim != 3 or state.shape[:2] != (len(places), self._sites[layer].queries):
                raise NoAttentionError(
                    f"{path} works on {list(state.shape)}, not on [variant, token, d_model] = [{len(places)}, "
                    f"{self._sites[layer].queries}, …], so its tokens cannot be patched one by one"
                )
            if given is None:
                return state
            changed, rows = state.clone(), torch.arange(len(places), device=state.device)
            changed[rows, list(places)] = given[list(places)].to(state)
            return changed

        passes.start(0)
        with torch.no_grad(), self._changing(layer, change):
            return passes.answered(lambda _call, run: run(), len(places), self._sites[layer])


Patches = ByEdits | ByHooks
"""``size`` says how many (layer, place) one run takes, ``measure`` every effect of each, by name, [cell]; ``noise`` the
largest effect of runs that put back what was there."""


def patches_of(question: Question, other: Inputs, kind: Kind, where: Where) -> Patches:
    """The other text is run once."""
    if where in ("heads", "attention"):
        return ByEdits(question, HeadOutputs([outputs_of(question.model, other)]), kind, PLACES[where])
    paths = {layer: path for (found, layer), path in layer_paths(question).items() if found == kind}
    if where == "mlp":
        paths = {layer: mlp_of(question.model, path) for layer, path in paths.items()}
    return ByHooks(question, other, kind, paths, enters=where == "residual")
