"""A model and its tokenizer by name: a hub id, a local folder, or one of the demo's models."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from regard.demo import dates, verses
from regard.demo.models import minilm, quiet, smollm2
from regard.demo.whisper import whisper
from regard.errors import ArgumentError, not_one_of

_DEMO = "demo:"
_MODELS: dict[str, Callable[[], tuple[Any, Any]]] = {
    f"{_DEMO}minilm": minilm,
    f"{_DEMO}smollm2": smollm2,
    f"{_DEMO}dates": dates.load,
    f"{_DEMO}verses": verses.load,
    f"{_DEMO}whisper": whisper,
}
_FAILURES = (OSError, ValueError, ImportError, KeyError, AttributeError, TypeError, RuntimeError)
_TOKENIZER_FILE = re.compile(r"tokenizer\.|tokenizer_config|vocab|merges|spiece|sentencepiece|\.model$|tiktoken|tekken")
_CAUSAL = ("ForCausalLM", "LMHeadModel")


def load(name: str) -> tuple[Any, Any]:
    """Model and tokenizer of a demo model (``demo:minilm``), a local folder, or an id on the Hugging Face hub.

    The class follows the ``architectures`` of its configuration: a causal language model or an encoder-decoder keeps
    its head, everything else is loaded as the bare model. Raises ``ArgumentError`` when it cannot be found or read.
    """
    if name.startswith(_DEMO):
        if name not in _MODELS:
            raise not_one_of("demo model", name, _MODELS)
        return _MODELS[name]()
    where = _checked_folder(name) if _is_path(name) else name
    with quiet() as transformers:
        try:
            config = transformers.AutoConfig.from_pretrained(where)
            model = _auto_class(transformers, config).from_pretrained(where, config=config)
        except _FAILURES as error:
            raise ArgumentError(_why_no_model(name, error)) from error
        return model.eval(), _tokenizer(transformers, name, where)


def _tokenizer(transformers: Any, name: str, where: str) -> Any:
    """The tokenizer; of a folder that holds none, transformers would make up one that knows no word."""
    try:
        if _is_path(name) and not any(_TOKENIZER_FILE.search(file.name) for file in Path(where).iterdir()):
            raise OSError("the folder holds no tokenizer files")
        return transformers.AutoTokenizer.from_pretrained(where)
    except _FAILURES as error:
        raise ArgumentError(
            f"MODEL {name!r} was loaded, but not its tokenizer: {_reason(error)}. Put one there with "
            "tokenizer.save_pretrained(...), or in Python pass ids: regard.capture(model, input_ids=ids)"
        ) from error


def _is_path(name: str) -> bool:
    return Path(name).expanduser().exists() or name.startswith((".", "/", "~")) or name.count("/") > 1


def _checked_folder(name: str) -> str:
    path = Path(name).expanduser()
    if not path.is_dir():
        found = "a file" if path.exists() else "nothing"
        raise ArgumentError(
            f"MODEL {name!r}: expected a folder as model.save_pretrained writes it, found {found} there"
        )
    if not (path / "config.json").is_file():
        inside = ", ".join(sorted(child.name for child in path.iterdir())[:5]) or "nothing"
        raise ArgumentError(f"MODEL {name!r}: the folder has no config.json (it holds {inside}); which folder has it?")
    return str(path)


def _auto_class(transformers: Any, config: Any) -> Any:
    architecture = next(iter(config.architectures or ()), "")
    if config.is_encoder_decoder and architecture.endswith("ForConditionalGeneration"):
        return transformers.AutoModelForSeq2SeqLM
    return transformers.AutoModelForCausalLM if architecture.endswith(_CAUSAL) else transformers.AutoModel


def _why_no_model(name: str, error: Exception) -> str:
    if _is_path(name):
        return f"MODEL {name!r}: the folder could not be loaded: {_reason(error)}"
    return (
        f"MODEL {name!r} is not a local folder, and the Hugging Face hub did not give it: {_reason(error)}. "
        "Check the name and the connection, or pass a folder that holds the model. "
        f"Without a network: {', '.join(_MODELS)}"
    )


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".")
