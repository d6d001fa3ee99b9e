"""Which experts each token was sent to, in the layers that have several."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from regard.errors import ArgumentError, not_one_of
from regard.record.tokens import Tokens

Experts = Int[np.ndarray, "token k"]
Gates = Float[np.ndarray, "token k"]


@dataclass(frozen=True, eq=False)
class Routed:
    """The choices of one layer's router: for each token ``k`` of ``count`` experts and their gates, largest first.

    A gate is the factor that the model gives this expert for this token (what it is made of, softmax or sigmoid, and
    whether a token's gates sum to one, is the model's own). An expert of -1, with a gate of zero, is a choice that was
    dropped because the expert was full.
    """

    experts: Experts
    gates: Gates
    count: int

    def __post_init__(self) -> None:
        if self.experts.ndim != 2 or self.experts.shape != self.gates.shape:
            raise ArgumentError(
                f"router choices: experts and gates must both be [token, k]; got {list(self.experts.shape)} and "
                f"{list(self.gates.shape)}"
            )

    @property
    def tokens(self) -> int:
        """Number of tokens."""
        return len(self.experts)

    @property
    def k(self) -> int:
        """Experts for each token."""
        return int(self.experts.shape[1])

    @property
    def load(self) -> Float[np.ndarray, " expert"]:
        """Share of the choices that each expert got; they sum to one less the share of dropped choices.

        Raises ``ArgumentError`` for experts that do not exist.

        >>> Routed(np.array([[0], [2], [2], [2]]), np.ones((4, 1)), 3).load
        array([0.25, 0.  , 0.75])
        """
        chosen = self.experts[self.experts != -1]
        if chosen.size and not 0 <= chosen.min() <= chosen.max() < self.count:
            raise ArgumentError(
                f"router choices: experts must be numbers from 0 to {self.count - 1} (-1: none); got "
                f"{chosen.min()} to {chosen.max()}"
            )
        return np.bincount(chosen, minlength=self.count) / max(self.experts.size, 1)


@dataclass(frozen=True, eq=False)
class Routing:
    """Router choices of one token sequence, layer by layer: ``None`` for a dense layer, so that layers keep the model's
    numbers. ``stream`` names an entry of ``Record.streams``."""

    stream: str
    layers: tuple[Routed | None, ...]

    def __post_init__(self) -> None:
        if not self.present:
            raise ArgumentError(f"routing of the {self.stream}: at least one layer must have router choices")

    @property
    def present(self) -> tuple[int, ...]:
        """Numbers of the layers with experts."""
        return tuple(i for i, layer in enumerate(self.layers) if layer is not None)

    def layer(self, number: int) -> Routed:
        """The choices of that layer; raises ``ArgumentError`` when it is dense, was not kept, or does not exist."""
        if not 0 <= number < len(self.layers):
            raise not_one_of(f"layer with experts in the {self.stream}", number, self.present)
        found = self.layers[number]
        if found is None:
            raise ArgumentError(
                f"layer {number} has no router choices (a dense layer?); layers that have some: {list(self.present)}"
            )
        return found

    def check(self, streams: Mapping[str, Tokens]) -> None:
        """Raises ``ArgumentError`` when these are not the choices of one of these token streams."""
        if self.stream not in streams:
            raise not_one_of("token stream", self.stream, streams)
        count = len(streams[self.stream])
        for number in self.present:
            if self.layer(number).tokens != count:
                raise ArgumentError(
                    f"router choices of layer {number} are of {self.layer(number).tokens} tokens; the {self.stream} "
                    f"has {count}"
                )
