"""Keys hidden query by query."""

import numpy as np
import pytest

from experiment.conftest import ids_of
from regard.errors import ArgumentError
from regard.experiment import Hide, KnockOut, ask, run
from regard.testing import tiny_model


def seen_without(query: int, key: int) -> np.ndarray:
    found = np.ones((10, 10), dtype=bool)
    found[query, key] = False
    return found


def test_hiding_one_key_from_one_query_is_a_knock_out() -> None:
    asked = ask(tiny_model("llama"), input_ids=ids_of(10), effect="loss")
    seen = seen_without(7, 5)
    heads = np.stack([seen if head == 2 else np.ones_like(seen) for head in range(4)])
    layers = {0: np.ones((10, 10), dtype=bool), 1: heads, 2: np.ones((4, 10, 10), dtype=bool)}
    variants = [Hide(visible=seen), Hide(layer=1, head=2, visible=seen), Hide(visible=layers.__getitem__)]
    found = run(asked, variants)
    expected = run(asked, [KnockOut(query=7, key=5), KnockOut(layer=1, head=2, query=7, key=5)])
    np.testing.assert_allclose(found.values, expected.values[[0, 1, 1]], atol=1e-6)
    assert abs(expected.values).min() > 1e-5


def test_hidden_keys_stay_hidden_and_the_last_row_runs_on_the_cache() -> None:
    asked = ask(tiny_model("mistral"), input_ids=ids_of(10))
    found = run(
        asked, [Hide(query=-1, visible=np.ones((10, 10), dtype=bool)), Hide(query=-1, visible=seen_without(9, 8))]
    )
    assert not found.measurable[0]
    np.testing.assert_allclose(found.values[1], run(asked, KnockOut(query=-1, key=8)).values[0], atol=1e-5)


def test_what_is_no_mask_is_said() -> None:
    with pytest.raises(ArgumentError, match=r"visible must be bool, \[query, key\] or .*; got float64 \[2, 2\]"):
        Hide(visible=np.ones((2, 2)))
    asked = ask(tiny_model("llama"), input_ids=ids_of(10))
    with pytest.raises(ArgumentError, match=r"\[10, 10\] or \[4, 10, 10\] in decoder layer 0; got bool \[9, 10\]"):
        run(asked, Hide(visible=np.ones((9, 10), dtype=bool)))
