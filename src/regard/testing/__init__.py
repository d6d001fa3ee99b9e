"""Things to test with: tiny models and tokenizers built offline, hypothesis strategies, and assertions.

Names are resolved when first used, so that the assertions need numpy alone, the strategies hypothesis, and only the
models torch and transformers.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regard.errors import missing_extra

if TYPE_CHECKING:
    from regard.testing.asserts import assert_causal, assert_rows_sum_to_one, assert_weights_equal
    from regard.testing.models import FAMILIES, tiny_model
    from regard.testing.strategies import factored_layers, weights
    from regard.testing.tokenizers import KINDS, tiny_tokenizer

__all__ = [
    "FAMILIES",
    "KINDS",
    "assert_causal",
    "assert_rows_sum_to_one",
    "assert_weights_equal",
    "factored_layers",
    "tiny_model",
    "tiny_tokenizer",
    "weights",
]

_HOME = {
    "FAMILIES": "models",
    "KINDS": "tokenizers",
    "assert_causal": "asserts",
    "assert_rows_sum_to_one": "asserts",
    "assert_weights_equal": "asserts",
    "factored_layers": "strategies",
    "tiny_model": "models",
    "tiny_tokenizer": "tokenizers",
    "weights": "strategies",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'regard.testing' has no attribute {name!r}; it has: {', '.join(__all__)}")
    try:
        return getattr(import_module(f"regard.testing.{_HOME[name]}"), name)
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "transformers", "tokenizers"):
            raise
        raise missing_extra(f"regard.testing.{name}", error.name, "models") from error
