"""The things to test with are themselves right."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given

import regard
from regard.errors import ArgumentError
from regard.record import Factored
from regard.testing import (
    FAMILIES,
    KINDS,
    assert_causal,
    assert_rows_sum_to_one,
    assert_weights_equal,
    factored_layers,
    tiny_model,
    tiny_tokenizer,
    weights,
)


@pytest.mark.parametrize("family", FAMILIES)
def test_models_are_fixed_by_their_seed(family):
    state = torch.get_rng_state()
    first, again, other = tiny_model(family), tiny_model(family), tiny_model(family, seed=1)
    assert torch.equal(torch.get_rng_state(), state)
    assert not first.training
    pairs = list(zip(first.parameters(), again.parameters(), strict=True))
    assert all(torch.equal(a, b) for a, b in pairs)
    assert any(not torch.equal(a, b) for a, b in zip(first.parameters(), other.parameters(), strict=True))
    assert sum(a.numel() for a, _ in pairs) < 200_000


def test_model_settings():
    model = tiny_model("llama", dtype=torch.bfloat16, num_hidden_layers=1, attn_implementation="eager")
    assert model.dtype == torch.bfloat16
    assert len(model.model.layers) == 1
    with pytest.raises(ArgumentError, match="no tiny model 'nope'; there are: 'bert', 'gpt2'"):
        tiny_model("nope")


@pytest.mark.parametrize("kind", KINDS)
def test_tokenizers(kind):
    tokenizer = tiny_tokenizer(kind)
    assert len(tokenizer) <= 512
    ids = tokenizer("The cat sat on the mat, 猫")["input_ids"]
    assert tiny_tokenizer(kind)("The cat sat on the mat, 猫")["input_ids"] == ids
    assert "cat sat on the mat" in tokenizer.decode(ids)


@pytest.mark.parametrize("seed", ["0", "17"])
def test_tokenizers_are_the_same_in_every_process(seed):
    code = "from regard.testing import *; print(*[tiny_tokenizer(k).backend_tokenizer.to_str() for k in KINDS])"
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.rstrip("\n") == " ".join(tiny_tokenizer(kind).backend_tokenizer.to_str() for kind in KINDS)


def test_unknown_tokenizer():
    with pytest.raises(ArgumentError, match="no tiny tokenizer 'nope'; there are: 'wordpiece'"):
        tiny_tokenizer("nope")


@given(factored_layers())
def test_drawn_layers_are_attention(layer):
    assert isinstance(layer, Factored)
    tile = layer.read("weights", [slice(0, n) for n in layer.shape("weights")])
    total = tile.sum(-1)
    assert (total <= 1 + 1e-4).all()
    if "sink" not in layer.arrays():
        assert np.allclose(total, 1, atol=1e-4)


@given(weights(causal=True))
def test_drawn_weights_are_causal_rows(drawn):
    assert drawn.dtype == np.float32
    assert_rows_sum_to_one(drawn)
    assert_causal(drawn)


def test_assertions_name_the_worst_cell():
    right = np.full((2, 1, 2, 2), 0.5, np.float32)
    wrong = right.copy()
    wrong[1, 0, 1, 0] = 0.75
    assert_weights_equal(regard.from_weights(right), torch.tensor(right))
    with pytest.raises(AssertionError, match=r"layer 1, head 0, query 1, key 0: weight 0.75 instead of 0.5 .*1 of 4"):
        assert_weights_equal(wrong, right)
    with pytest.raises(AssertionError, match="2 layers instead of 1"):
        assert_weights_equal(right, right[:1])
    with pytest.raises(AssertionError, match=r"layer 0: \[head, query, key\] is \[1, 2, 2\] instead of \[1, 2, 1\]"):
        assert_weights_equal(right, right[..., :1])
    with pytest.raises(AssertionError, match=r"layer 1, head 0, query 1: weights sum to 1.25 instead of 1"):
        assert_rows_sum_to_one(wrong)
    with pytest.raises(AssertionError, match="layer 0, head 0: query 0 sees the later key 1"):
        assert_causal(right)


def test_nan_is_never_equal():
    bad = np.full((1, 1, 1, 1), np.nan)
    with pytest.raises(AssertionError, match="weight nan instead of nan"):
        assert_weights_equal(bad, bad)


def test_importing_loads_nothing_heavy():
    code = "import sys, regard.testing; print(sorted({'torch', 'transformers', 'hypothesis'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_assertions_need_neither_torch_nor_hypothesis():
    code = (
        "import sys\nfor name in ('torch', 'transformers', 'hypothesis'): sys.modules[name] = None\n"
        "from regard.testing import assert_causal\n"
        "try:\n    from regard.testing import tiny_model\nexcept ImportError as error:\n    print(error)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "regard.testing.tiny_model needs the package 'torch'" in found.stdout


def test_unknown_name():
    with pytest.raises(AttributeError, match=r"module 'regard.testing' has no attribute 'nope'; it has: FAMILIES"):
        regard.testing.nope  # noqa: B018
