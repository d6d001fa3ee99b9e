from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import regard
from regard.testing import tiny_model, tiny_tokenizer

TEXTS = [
    "The cat sat on the mat and looked at the dog.",
    "The dog was walking when the cats were sleeping.",
    "Is it raining in the morning?",
    "One two three four five six seven eight nine ten.",
]
PAIRS = [(text, " ".join(reversed(text.split()))) for text in TEXTS]


@pytest.fixture(scope="session")
def bert() -> tuple[Any, Any]:
    return tiny_model("bert"), tiny_tokenizer("wordpiece")


@pytest.fixture(scope="session")
def bart() -> tuple[Any, Any]:
    return tiny_model("bart"), tiny_tokenizer("unigram")


@pytest.fixture(scope="session")
def pairs(bart: tuple[Any, Any], tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A corpus of all states of an encoder-decoder on four pairs."""
    path = tmp_path_factory.mktemp("corpus") / "pairs"
    return regard.corpus.index(*bart, PAIRS, path, layers="all", streams=("encoder", "decoder", "context"))


@pytest.fixture
def made(bert: tuple[Any, Any], tmp_path: Path) -> Callable[..., Any]:
    """Makes a corpus of the encoder's last states, or adds to it."""

    def index(texts: Any = TEXTS, **options: Any) -> Any:
        return regard.corpus.index(*bert, texts, tmp_path / "corpus", **options)

    return index
