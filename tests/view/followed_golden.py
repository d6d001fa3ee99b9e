"""Writes what selections become when they follow others: ``python tests/view/followed_golden.py``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from regard.errors import ArgumentError
from regard.record import Attention, Dense, Record, Tokens, from_weights
from regard.view import View, head_view

PATH = Path(__file__).parents[2] / "web" / "test" / "golden" / "followed.json"


def dense(heads: int, queries: int, keys: int) -> Dense:
    return Dense.of(np.full((heads, queries, keys), 1 / keys))


def views() -> dict[str, View]:
    """Records that share layers, heads, sizes or kinds, and records that do not."""
    pair = Tokens(tuple("abcd")).with_segments(2)
    streams = {"encoder": Tokens.of(None, 4), "decoder": Tokens.of(None, 3)}
    both = {
        "encoder": Attention("encoder", (dense(2, 4, 4),) * 2, "encoder", "encoder"),
        "cross": Attention("cross", (dense(4, 3, 4),) * 3, "decoder", "encoder"),
    }
    return {
        "large": head_view(from_weights(np.full((3, 4, 4, 4), 0.25), tokens=pair)),
        "small": head_view(from_weights(np.full((2, 2, 4, 4), 0.25))),
        "short": head_view(from_weights(np.full((3, 4, 3, 3), 1 / 3))),
        "both": head_view(Record(streams, both)),
        "same": head_view(Record(streams, both)),
    }


CHANGES: list[dict[str, Any]] = [
    {"layer": 2, "heads": [1, 3], "query": 2, "key": 0},
    {"layer": 1, "heads": [0, 1], "rectangle": [0, 2, 1, 3]},
    {"layer": 1, "heads": [2, 3]},
    {"heads": [], "query": 2},
    {"filter": "ab", "query": 0},
    {"kind": "cross", "layer": 2, "heads": [3], "query": 2, "key": 3},
]


def cases() -> list[dict[str, Any]]:
    """Every change in every view that allows it, followed by each of the others."""
    found = []
    for change in CHANGES:
        for source in views():
            made = views()
            if not allows(made[source], change):
                continue
            made[source].selection.update(**change)
            for name, view in made.items():
                before = asdict(view.selection.state)
                view.selection.follow(made[source].selection)
                after = asdict(view.selection.state)
                theirs = asdict(made[source].selection.state)
                found.append({"view": name, "source": source, "mine": before, "theirs": theirs, "followed": after})
    return found


def allows(view: View, change: dict[str, Any]) -> bool:
    state = view.selection.state
    try:
        view.selection.update(**change)
    except ArgumentError:
        return False
    view.selection.update(**asdict(state))
    return True


def golden() -> str:
    specs = {name: view.spec() for name, view in views().items()}
    return json.dumps({"specs": specs, "cases": cases()}, indent=1) + "\n"


if __name__ == "__main__":
    PATH.write_text(golden(), encoding="utf-8")
