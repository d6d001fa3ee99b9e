"""Q4: does a position still hold its token? By the shares of the linearised pass, where the picture reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from regard.errors import ArgumentError
from regard.experiment.attribution.token_share import token_share
from regard.experiment.question import Question
from regard.experiment.reliability.bench import Bench
from regard.experiment.reliability.picture import Picture


@dataclass(frozen=True, eq=False)
class Holding:
    """Asks for the share of its own token in the state that enters the picture's last layer, of ``tokens``."""

    question: Question
    picture: Picture
    tokens: tuple[int, ...]

    @property
    def runs(self) -> int:
        """One pass forwards, and one backwards for each token."""
        return 1 + len(self.tokens) if self.tokens else 0

    def run(self, bench: Bench) -> Mapping[int, float] | None:
        """The share by token; ``None`` where it was not measured."""
        if not self.tokens:
            return None
        choice = self.picture.choice

        def shares() -> Any:
            if choice.kind == "cross":
                raise ArgumentError("shares are known of states that are read by their own sequence, not across")
            return token_share(self.question, choice.layers[-1], self.tokens, kind=choice.kind).values[0]

        found = bench.once(self.runs, shares, optional=True)
        return None if found is None else dict(zip(sorted(self.tokens), map(float, found), strict=True))
