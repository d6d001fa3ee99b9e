"""Head and model views of long texts: runs of tokens, blocks of weights, samples first."""

import numpy as np
import pytest

import regard
from regard.record import Record
from regard.serve.budget import plan
from regard.serve.tiles import Tiles

LONG = 1500


@pytest.fixture(scope="module")
def record() -> Record:
    rng = np.random.default_rng(0)
    query, key = (2 * rng.standard_normal((2, 3, LONG, 8)).astype(np.float32) for _ in range(2))
    return regard.from_qk(query, key, causal=True, name="long")


def test_a_page_of_a_long_text_carries_blocks_and_not_weights(record):
    parts = list(regard.head_view(record).parts())
    assert [array for array, _ in parts] == ["decoder.max@3:0", "decoder.max@3:1", "decoder.max@3:2"] * 2
    assert {tuple((s.start, s.stop) for s in slices) for _, slices in parts} == {
        ((layer, layer + 1), (0, 1), (0, 188), (0, 188)) for layer in (0, 1)
    }
    arrays = {array for array, _ in regard.model_view(record).parts()}
    assert arrays == {"decoder.overview", *(f"decoder.max@3:{head}" for head in range(3))}


def test_blocks_hold_the_largest_weight(record):
    view = regard.head_view(record, layer=1)
    found = view.read("decoder.max@3:2", (slice(1, 2), slice(0, 1), slice(0, 188), slice(0, 188)))
    weights = np.zeros((1504, 1504), np.float32)
    weights[:LONG, :LONG] = record.weights[1, 2]
    np.testing.assert_allclose(found[0, 0], weights.reshape(188, 8, 188, 8).max(axis=(1, 3)), atol=1e-6)


def test_the_first_picture_is_of_the_selected_layer(record):
    assert {slices[0].start for _, slices in regard.head_view(record, layer=1).first_parts()} == {1}
    assert {array for array, _ in regard.model_view(record).first_parts()} == {"decoder.overview"}


def test_overviews_of_a_very_long_text_come_from_a_sample_first():
    rng = np.random.default_rng(0)
    query, key = (rng.standard_normal((1, 2, 6000, 4)).astype(np.float32) for _ in range(2))
    view = regard.model_view(regard.from_qk(query, key, causal=True))
    slices = (slice(0, 1), slice(0, 2), slice(0, 64), slice(0, 64))
    pictures = list(view.refine("decoder.overview", slices))
    assert pictures[0][1] < 1
    assert pictures[-1][1] == 1
    assert all((picture <= pictures[-1][0] + 1e-6).all() for picture, _ in pictures)
    np.testing.assert_array_equal(pictures[-1][0], view.read("decoder.overview", slices))


def test_short_texts_are_as_before():
    view = regard.head_view(regard.from_weights(np.full((1, 2, 5, 5), 0.2)))
    assert {array for array, _ in view.parts()} == {"encoder.weights"}


def test_what_a_page_costs_is_what_its_blocks_pool(record):
    assert Tiles(regard.head_view(record)).cost == 6 * LONG**2
    assert Tiles(regard.head_view(record)).nbytes == 2 * 6 * 188**2


def test_a_given_size_leaves_out_blocks_of_heads(record):
    view = regard.head_view(record, layer=1)
    whole = plan(view, 10**7, {})
    assert not whole.quantised
    assert not whole.left_out
    assert len(whole.parts) == 6
    small = plan(view, 60_000, {})
    assert small.left_out
    assert small.parts[0][1][0] == slice(1, 2)
