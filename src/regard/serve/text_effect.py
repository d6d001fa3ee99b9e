"""What a view says of effects and of its own worth as evidence, as text."""

from __future__ import annotations

import numpy as np

from regard.view import View
from regard.view.effect import Effect
from regard.view.trials import lines

UNTESTED = "untested: shows where the head looked, not why"
_ROWS = 12
_QUANTITIES = {"log_p": "Δ log p", "tvd": "share moved", "kl": "KL divergence", "logit": "Δ logit", "loss": "Δ loss"}
_UNITS = {"log_p": ", nats", "kl": ", nats", "loss": ", nats"}
_NOISE_TIMES = 3


def evidence_text(view: View) -> str:
    """One line: that the picture was not tested, or what was."""
    effect = _shown(view)
    if any(test.state == "done" for test in view.tests):
        return f"tested: {len(view.tests)} places in this picture"
    if effect is None:
        return UNTESTED
    if not effect.spec.what:
        return "coloured by numbers that were given"
    return f"{'tested' if effect.spec.tested else 'attributed, not tested'}: {effect.spec.what}"


def effect_text(view: View) -> list[str]:
    """The strongest effects of what the view can show, with their places; nothing while weights are its colours."""
    effect = _shown(view)
    if effect is None:
        return []
    spec, least = effect.spec, view.selection.least
    flat = effect.values.ravel()
    sizes = np.where(np.isnan(flat), -1, np.abs(flat))
    floor = _NOISE_TIMES * spec.noise if spec.noise is not None else -1.0
    order = [int(i) for i in np.argsort(-sizes, kind="stable")[:_ROWS] if sizes[i] > floor and sizes[i] >= least]
    lines = [f"{effect_name(effect)}: the {len(order)} strongest of {spec.measured}", *_rows(view, effect, order)]
    quiet = int(((sizes >= 0) & (sizes <= floor)).sum())
    if quiet:
        lines.append(
            f"{quiet} of {spec.measured} are not measurable: up to {_NOISE_TIMES} × the noise ({spec.noise:.2g})"
        )
    return lines


def tests_text(view: View) -> list[str]:
    """Each test of what was selected in the view, and under it what it found."""
    return ["tests:", *(f"  {line}" for test in view.tests for line in lines(test))] if len(view.tests) else []


def effect_name(effect: Effect) -> str:
    """What was measured, with its unit: ``Δ log p of “ Madrid”, nats``."""
    name, target = effect.spec.name, effect.spec.target
    if not name:
        return "effect"
    said = _QUANTITIES.get(name, f"Δ {name}")
    if not effect.spec.tested:
        said = f"attributed {said.removeprefix('Δ ')}"
    return said + (f" of “{target}”" if target else "") + _UNITS.get(name, "")


def _shown(view: View) -> Effect | None:
    return view.effect() if view.selection.color == "effect" else None


def _rows(view: View, effect: Effect, order: list[int]) -> list[str]:
    attention = view.record.attentions[effect.spec.kind]
    streams = {"query": attention.query_stream, "key": attention.key_stream}
    names = []
    for at in order:
        cell = np.unravel_index(at, effect.values.shape)
        found = []
        for axis, place, i in zip(("layer", "head", "query", "key"), effect.places, cell, strict=True):
            if place is not None:
                number = int(place[i])
                label = f" “{view.record.streams[streams[axis]].labels[number]}”" if axis in streams else ""
                found.append(f"{axis} {number}{label}")
        names.append(", ".join(found))
    values = effect.values.ravel()
    return [f"  {values[at]:+.3g}  {name}".replace("-", "−", 1) for at, name in zip(order, names, strict=True)]
