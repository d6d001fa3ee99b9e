"""``python -m benchmarks.ground_truth [texts] [of toys] [for edges]``: writes results/ground_truth.md."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.ground_truth import circuit_table, edges, toy_table

RESULTS = Path("benchmarks/results/ground_truth.md")


def main(texts: int = 24, toy_texts: int = 60, edge_texts: int = 24) -> None:
    """Print and write what was found."""
    command = f"`python -m benchmarks.ground_truth {texts} {toy_texts} {edge_texts}`"
    parts = [
        f"# Which methods find the causes\n\n{command}, on models whose causes are known.\n",
        circuit_table.section(texts),
        toy_table.section(toy_texts),
        edges.section(edge_texts),
    ]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text("\n".join(parts), encoding="utf-8")
    print("\n".join(parts))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
