"""Edits of single steps while a model generates: with caches and beams as in one run over the whole sequence."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError, NoAttentionError
from regard.experiment import Ablate, KnockOut, MoveWeight, PinRow, ReplaceRows, ScaleWeight
from regard.testing import tiny_model

STEPS = 6
FAMILIES = ("bart", "t5", "llama", "mistral", "gemma2", "gpt_oss", "gpt2")


def edits_for(family: str) -> tuple[Any, ...]:
    """Edits of three rows of different steps, in some layers and heads."""
    kind, first = ("cross", 0) if family in ("bart", "t5") else ("decoder", 9)
    return (
        KnockOut(kind=kind, query=first + 1, key=max(0, first - 1)),
        MoveWeight(kind=kind, query=first + 2, to=[first + 1] if kind == "decoder" else [3], layer=1, share=0.7),
        ScaleWeight(kind=kind, query=[first + 3, first + 4], key=first + 2, factor=3.0, head=[0, 2]),
        Ablate(kind="decoder", query=first + 4, layer=0, head=1),
    )


def arguments(family: str, ids: torch.Tensor, chosen: torch.Tensor) -> dict[str, Any]:
    """The inputs of one run over all that was read."""
    if family in ("bart", "t5"):
        return {"input_ids": ids, "decoder_input_ids": chosen}
    return {"input_ids": chosen}


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("family", FAMILIES)
def test_steps_with_a_cache_are_as_in_a_run_over_everything(family, beams):
    model, ids = tiny_model(family), ids_of(10)
    edits = edits_for(family)
    options = {"max_new_tokens": STEPS, "min_new_tokens": STEPS, "num_beams": beams, "do_sample": False}
    with experiment.editing(model, *edits):
        found = model.generate(ids, **options, return_dict_in_generate=True, output_logits=True)
    chosen = found.sequences[:, :-1]
    with experiment.editing(model, *edits), torch.no_grad():
        whole = model(**arguments(family, ids, chosen), use_cache=False).logits[0, -STEPS:]
    rows = [0] * STEPS if beams == 1 else found.beam_indices[0].tolist()
    for step, row in enumerate(rows):
        torch.testing.assert_close(found.logits[step][row], whole[step], atol=2e-4, rtol=0)
    plain = model(**arguments(family, ids, chosen), use_cache=False).logits[0, -STEPS:]
    assert (plain[1:] - whole[1:]).abs().amax(-1).min() > 2e-3, "the edits change something at every later step"
    torch.testing.assert_close(plain[0], whole[0], atol=1e-5, rtol=0)


def test_rows_that_were_edited_are_kept():
    model, ids = tiny_model("bart"), ids_of(7)
    kept: Any = {}
    row = np.array([0.5, 0, 0, 0.5, 0, 0, 0])
    with experiment.editing(model, PinRow(kind="cross", query=2, row=row, layer=1), keep=kept):
        model.generate(ids, max_new_tokens=4, min_new_tokens=4, num_beams=2, do_sample=False)
    assert list(kept) == [("cross", 1)]
    assert sorted(kept["cross", 1]) == [(head, 2) for head in range(4)]
    np.testing.assert_allclose(kept["cross", 1][3, 2], row)


def test_weight_is_moved_and_the_rest_stays():
    model, ids = tiny_model("bart"), ids_of(7)
    kept: Any = {}
    place = {"kind": "cross", "query": 0, "layer": 0}
    with experiment.editing(model, experiment.Edit(**place), keep=kept):
        model(input_ids=ids, decoder_input_ids=ids[:, :1])
    before = kept["cross", 0][1, 0]

    def after(edit: Any) -> np.ndarray:
        kept.clear()
        with experiment.editing(model, edit, keep=kept):
            model(input_ids=ids, decoder_input_ids=ids[:, :1])
        return kept["cross", 0][1, 0]

    moved = after(MoveWeight(**place, to=[1, 4], key=[0, 1], share=0.5))
    np.testing.assert_allclose(moved[0], before[0] / 2, rtol=1e-5)
    np.testing.assert_allclose(moved[[1, 4]], before[[1, 4]] + before[0] / 4, rtol=1e-5)
    np.testing.assert_allclose(moved[[2, 3, 5, 6]], before[[2, 3, 5, 6]])
    np.testing.assert_allclose(after(MoveWeight(**place, to=2)), np.eye(7)[2], atol=1e-6)
    scaled = after(ScaleWeight(**place, key=3, factor=1e9))
    np.testing.assert_allclose(scaled, np.eye(7)[3], atol=1e-6)
    half = after(ScaleWeight(**place, key=3, factor=0.5))
    np.testing.assert_allclose(half[3], before[3] / 2, rtol=1e-5)
    others = [0, 1, 2, 4, 5, 6]
    np.testing.assert_allclose(half[others] / before[others], (1 - half[3]) / (1 - before[3]), rtol=1e-4)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (MoveWeight(query=2, to=5), r"MoveWeight at .*: the model hides all of these keys from the query"),
        (PinRow(query=1, row=[0.2, 0.2, 0.6]), r"the weights given for query 1 look at key 2, which the model hides"),
        (PinRow(query=1, row=np.ones(12)), r"the row has 12 weights but there are 10 keys"),
    ],
)
def test_weight_where_none_can_be_is_told(llama, ids, edit, said):
    with pytest.raises(ArgumentError, match=said), experiment.editing(llama, edit):
        llama(input_ids=ids)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: MoveWeight(to=0, share=1.5), r"share of the weight that is moved must be from 0 to 1; got 1.5"),
        (lambda: ScaleWeight(key=0, factor=-1.0), r"factor must be a number from 0 on; got -1.0"),
        (lambda: PinRow(row=[-1.0, 2.0]), r"row must be weights \[key\], none below zero; got \[-1.0, 2.0\]"),
        (lambda: MoveWeight(to=[]), r"to is an empty list"),
    ],
)
def test_edits_that_make_no_sense_are_told(make, said):
    with pytest.raises(ArgumentError, match=said):
        make()


def test_an_edit_of_a_step_that_never_came_is_told(llama, ids):
    with (
        pytest.raises(NoAttentionError, match=r"KnockOut at .*query 40.* no run of LlamaForCausalLM"),
        experiment.editing(llama, KnockOut(query=40, key=0)),
    ):
        llama.generate(ids, max_new_tokens=2, do_sample=False)


def test_a_second_answer_is_edited_as_the_first_was(llama, ids):
    edit = ReplaceRows(query=10, weights="uniform")
    with experiment.editing(llama, edit):
        first, second = (llama.generate(ids, max_new_tokens=4, do_sample=False) for _ in range(2))
    assert torch.equal(first, second)
