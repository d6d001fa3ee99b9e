"""From a model type to a configuration of the same shape, small enough to run in milliseconds."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from transformers import PreTrainedConfig

from models.exceptions import SETTINGS
from models.sizes import HEAD_WIDTH, LAYERS, RULES, VOCABULARY

_PER_LAYER = ("layer_types", "mlp_layer_types", "layers_block_type", "indexer_types")
_SPECIAL = ("_token_id", "_token_index")
_SECTIONS = "mrope_section"


def shrunken(config_class: type[PreTrainedConfig], fill: bool = False) -> PreTrainedConfig:
    """A small configuration of this class: its defaults with the sizes of :data:`models.sizes.RULES`.

    ``fill`` also sets the sizes that are ``None`` by default. The settings of :data:`models.exceptions.SETTINGS` win
    over the rules.
    """
    return _shrunken(config_class(), fill)


def _shrunken(config: PreTrainedConfig, fill: bool) -> PreTrainedConfig:
    held = vars(config)
    small = _own_settings(config)
    small |= {n: _shrunken(part, fill) for n, part in held.items() if isinstance(part, PreTrainedConfig)}
    small |= {n: _size(n, v, config) for n, v in held.items() if n in RULES and v not in (None, True, False)}
    if fill:
        empty = [field.name for field in fields(config) if held.get(field.name, 0) is None]
        small |= {name: _size(name, 0, config) for name in empty if name in RULES}
    small |= {n: _special(i, v) for i, (n, v) in enumerate(held.items()) if n.endswith(_SPECIAL) and v is not None}
    small |= _by_layer(config) | _rope(config) | SETTINGS.get(config.model_type, {})
    return type(config)(**small)


def _own_settings(config: PreTrainedConfig) -> dict[str, Any]:
    """What a part of a larger configuration has that its class does not have by default (but for parts of its own)."""
    default, names = vars(type(config)()), {field.name for field in fields(config)}
    own = {n: v for n, v in vars(config).items() if not isinstance(v, PreTrainedConfig)}
    return {n: v for n, v in own.items() if n in names and not n.startswith("_") and v != default.get(n)}


def _size(name: str, value: Any, config: PreTrainedConfig) -> Any:
    rule = RULES[name]
    return rule(value, config) if callable(rule) else rule


def _special(place: int, value: Any) -> Any:
    """A special token's id inside the small vocabulary, above the ids of ordinary text."""
    if isinstance(value, (list, tuple)):
        return [_special(place + i, one) for i, one in enumerate(value)]
    return value if value < 10 else VOCABULARY - 1 - place % (VOCABULARY // 4)


def _by_layer(config: PreTrainedConfig) -> dict[str, Any]:
    """One layer of every type, in the order in which the types come."""
    if not hasattr(config, "num_hidden_layers"):
        return {}
    found = {name: list(vars(config)[name]) for name in _PER_LAYER if vars(config).get(name)}
    kinds = list(dict.fromkeys(zip(*found.values(), strict=False)))
    kinds = (kinds * LAYERS)[: max(LAYERS, len(kinds))]
    small = {name: [kind[i] for kind in kinds] for i, name in enumerate(found)}
    return {**small, "num_hidden_layers": len(kinds)} if small else {}


def _rope(config: PreTrainedConfig) -> dict[str, Any]:
    """Rotary settings with the sections (time, height, width) of a small head."""
    rope = getattr(config, "rope_parameters", None)
    if _SECTIONS not in getattr(config, "ignore_keys_at_rope_validation", ()) or not isinstance(rope, dict):
        return {}
    if any(isinstance(value, dict) for value in rope.values()):
        return {}
    half = int(HEAD_WIDTH * rope.get("partial_rotary_factor", 1.0)) // 2
    return {"rope_parameters": {**rope, _SECTIONS: [half - half // 4 * 2, half // 4, half // 4]}}
