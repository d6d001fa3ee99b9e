"""Router choices as a line of text."""

from __future__ import annotations

from collections.abc import Sequence

from regard.record import Routing

_SHOWN = 3


def routing_text(routing: Routing) -> str:
    """How many experts each token is sent to, in which layers, and the experts that get most."""
    layers = [(number, routing.layer(number)) for number in routing.present]
    each = " or ".join(f"{k} of {count}" for k, count in sorted({(layer.k, layer.count) for _, layer in layers}))
    dense = [number for number, layer in enumerate(routing.layers) if layer is None]
    without = f"; none in {_numbers(dense)}" if dense else ""
    loads = sorted(((layer.load.max(), -number, layer.load.argmax()) for number, layer in layers), reverse=True)
    busiest = ", ".join(f"layer {-number} expert {expert} ({share:.0%})" for share, number, expert in loads[:_SHOWN])
    where = f"{_numbers(routing.present)}{without}"
    return f"{routing.stream} experts: {each} for each token in {where}; busiest: {busiest}"


def _numbers(layers: Sequence[int]) -> str:
    """Layer numbers, runs of them as one.

    >>> _numbers([0, 2, 3, 4]), _numbers([7])
    ('layers 0, 2–4', 'layer 7')
    """
    runs: list[list[int]] = []
    for number in layers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    found = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
    return f"layer{'s' * (len(layers) > 1)} {found}"
