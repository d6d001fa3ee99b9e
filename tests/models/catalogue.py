"""Every model type of transformers, and the class that is built for it."""

from __future__ import annotations

import importlib
import inspect
from typing import Any

from transformers import CONFIG_MAPPING, PreTrainedConfig, PreTrainedModel
from transformers.models.auto import modeling_auto
from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES

MODEL_TYPES: tuple[str, ...] = tuple(CONFIG_MAPPING_NAMES)

_FIRST = (
    "MODEL_MAPPING",
    "MODEL_FOR_CAUSAL_LM_MAPPING",
    "MODEL_FOR_SEQ_TO_SEQ_CAUSAL_LM_MAPPING",
    "MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING",
    "MODEL_FOR_PRETRAINING_MAPPING",
)
"""Auto mappings in the order in which they are asked; the rest follow."""


def config_class(model_type: str) -> type[PreTrainedConfig]:
    """The configuration class of a model type."""
    return CONFIG_MAPPING[model_type]


def model_classes(config: type[PreTrainedConfig]) -> list[type[PreTrainedModel]]:
    """Classes that take this configuration, the best known first: of the auto mappings, else of its own module."""
    found: list[Any] = []
    rest = sorted(name for name in dir(modeling_auto) if name.endswith("_MAPPING") and name not in _FIRST)
    for name in (*_FIRST, *rest):
        found += _mapped(getattr(modeling_auto, name), config)
    return list(dict.fromkeys([*found, *_in_module(config)]))


def _mapped(mapping: Any, config: type[PreTrainedConfig]) -> list[Any]:
    try:
        classes = mapping[config]
    except (KeyError, ImportError, ValueError):
        return []
    return list(classes) if isinstance(classes, (tuple, list)) else [classes]


def _in_module(config: type[PreTrainedConfig]) -> list[Any]:
    """Model classes of the configuration's own package that name it as theirs."""
    name = config.__module__.replace(".configuration_", ".modeling_")
    try:
        module = importlib.import_module(name)
    except ImportError:
        return []
    classes = [value for value in vars(module).values() if inspect.isclass(value)]
    fits = [c for c in classes if issubclass(c, PreTrainedModel) and getattr(c, "config_class", None) is config]
    return sorted(
        (c for c in fits if c.__module__ == name),
        key=lambda c: ("For" in c.__name__, c.__name__.endswith("PreTrainedModel")),
    )
