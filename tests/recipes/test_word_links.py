"""Links tested by knock-out: against the same by hand, and on a real model that links one letter wrongly."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from regard import recipes
from regard.errors import ArgumentError
from regard.experiment import KnockOut, editing
from regard.testing import tiny_model

IDS, WRITTEN = torch.arange(10, 15)[None], torch.tensor([[2, 21, 22, 23]])


def log_p(model, row: int) -> float:
    with torch.no_grad():
        logits = model(input_ids=IDS, decoder_input_ids=WRITTEN).logits[0, row].double()
    return float(logits.log_softmax(-1)[WRITTEN[0, row + 1]])


def test_effects_are_those_of_the_same_cut_by_hand() -> None:
    model = tiny_model("bart")
    found = recipes.checked_alignment(model, input_ids=IDS, decoder_input_ids=WRITTEN, words=False, heads=[(0, 1)])
    assert found.hidden.shape == (3, 5)
    for row in range(3):
        before = log_p(model, row)
        for key in (0, 3):
            for effects, how in ((found.hidden, "mask"), (found.zeroed, "value")):
                with editing(model, KnockOut(kind="cross", query=row, key=key, how=how)):
                    assert effects[row, key] == pytest.approx(log_p(model, row) - before, abs=1e-4)
    assert found.alignment.heads == ((0, 1),)


def test_a_link_is_supported_when_its_word_costs_most() -> None:
    model = tiny_model("bart")
    found = recipes.checked_alignment(model, input_ids=IDS, decoder_input_ids=WRITTEN, words=False, heads=[(0, 1)])
    for (source, target), rank in found.ranks.items():
        assert rank == np.argsort(np.argsort(found.hidden[target]))[source]
        assert ((source, target) in found.supported) == (rank == 0 and found.hidden[target, source] < -3 * found.noise)
    assert str(found).splitlines()[0].split() == ["link", "weight", "hidden", "zeroed", "others", "rank"]


def test_a_model_without_cross_attention_is_said() -> None:
    with pytest.raises(ArgumentError, match=r"of one text of an encoder-decoder, whose decoder attends to its encoder"):
        recipes.checked_alignment(tiny_model("llama"), input_ids=IDS)


FOLDER = Path(__file__).parents[3] / "shared" / "models" / "aren-transliteration"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the transliteration model lies beside the repository")
def test_a_letter_that_nothing_in_the_source_asked_for_is_found() -> None:
    from transformers import PegasusForConditionalGeneration

    model = PegasusForConditionalGeneration.from_pretrained(FOLDER).eval()
    names = json.loads((FOLDER / "vocab_pairs.json").read_text(encoding="utf-8"))
    ids = torch.tensor([[names["source"].index(letter) for letter in "كمال"]])
    written = model.generate(ids, num_beams=1, max_new_tokens=20)[:, :-1]
    letters = "".join(names["target"][int(i) - names["target_offset"]] for i in written[0, 1:])
    assert letters == "kammal"
    found = recipes.checked_alignment(model, input_ids=ids, decoder_input_ids=written, words=False)
    assert found.supported == ((0, 0), (0, 1), (1, 2), (2, 4), (3, 5))
    assert found.ranks[2, 3] > 0
