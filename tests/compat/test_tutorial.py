"""The flow that BertViz's README and every tutorial print, on real weights and today's transformers."""

import pytest

from regard.compat import bertviz as compat
from regard.demo import models
from regard.errors import ArgumentError

transformers = pytest.importorskip("transformers")
pytest.importorskip("IPython")
pytestmark = pytest.mark.skipif(not models.available("minilm"), reason="minilm is not installed")


@pytest.fixture(scope="module")
def path():
    return models.package("minilm") / "model"


@pytest.fixture(scope="module")
def tutorial(path):
    """Everything up to the last line of the tutorial: the model's output and the tokens."""
    model = transformers.AutoModel.from_pretrained(path, output_attentions=True)
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    inputs = tokenizer.encode("The cat sat on the mat", return_tensors="pt")
    return model(inputs), tokenizer.convert_ids_to_tokens(inputs[0])


@pytest.mark.parametrize("function", [compat.head_view, compat.model_view])
def test_the_output_gives_a_picture(monkeypatch, tutorial, function):
    outputs, tokens = tutorial
    views = []
    monkeypatch.setattr(compat, "frame", lambda view: views.append(view) or "")
    function(outputs, tokens, html_action="return")
    function(outputs.attentions, tokens, html_action="return")
    for view in views:
        assert view.record.weights.shape == (6, 12, 8, 8)
        assert view.record.tokens.labels == ("[CLS]", "the", "cat", "sat", "on", "the", "mat", "[SEP]")


def test_the_tutorial_s_own_last_line_says_what_to_pass(tutorial):
    outputs, tokens = tutorial
    assert outputs[-1] == ()
    with pytest.raises(
        ArgumentError, match=r"attention: got an empty tuple\. Pass outputs\.attentions, or outputs itself"
    ):
        compat.model_view(outputs[-1], tokens)


def test_a_model_on_sdpa_says_what_to_pass(path, tutorial):
    model = transformers.AutoModel.from_pretrained(path)
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    outputs = model(**tokenizer("The cat sat on the mat", return_tensors="pt"), output_attentions=True)
    with pytest.raises(ArgumentError, match=r"the model's output holds no attention\. Pass .* attn_implementation"):
        compat.model_view(outputs, tutorial[1])
