"""Views of layers that differ in their heads, or of which only some heads are held, offer what there is."""

import numpy as np
import pytest
import torch

import regard
from regard.errors import ArgumentError
from regard.record import Attention, Dense, ModelInfo, Record, Tokens
from regard.testing import tiny_model

VIEWS = [regard.head_view, regard.model_view, regard.map_view, regard.text_view]


def weights(heads, seed):
    found = np.random.default_rng(seed).random((heads, 5, 5), dtype=np.float32)
    return found / found.sum(-1, keepdims=True)


@pytest.fixture
def uneven():
    """Layers of 4, 2 and 3 heads."""
    layers = tuple(Dense.of(weights(heads, heads)) for heads in (4, 2, 3))
    tokens = {"encoder": Tokens(tuple("abcde"))}
    return Record(tokens, {"encoder": Attention("encoder", layers, "encoder", "encoder")}, ModelInfo("uneven"))


def test_the_declaration_says_which_heads_each_layer_has(uneven):
    (offer,) = regard.head_view(uneven).attentions()
    assert offer.heads == [0, 1, 2, 3]
    assert offer.layer_heads == [[0, 1, 2, 3], [0, 1], [0, 1, 2]]
    assert offer.head_count == 4
    (offer,) = regard.head_view(uneven, include_layers=[1, 2]).attentions()
    assert (offer.heads, offer.layer_heads, offer.head_count) == ([0, 1, 2], [[0, 1], [0, 1, 2]], 4)
    (offer,) = regard.model_view(uneven, include_heads=[2]).attentions()
    assert offer.layer_heads == [[2], [], [2]]


@pytest.mark.parametrize("make", VIEWS)
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_every_view_of_every_layer(make, layer, uneven):
    view = make(uneven) if make is regard.model_view else make(uneven, layer=layer)
    for array, slices in view.parts():
        assert np.isfinite(view.read(array, slices)).all()


def test_another_layer_keeps_the_heads_that_it_has(uneven):
    selection = regard.head_view(uneven, layer=0).selection
    selection.layer = 1
    assert selection.heads == [0, 1]
    selection.layer = 0
    assert selection.heads == [0, 1, 2, 3], "all stay all"
    selection.heads = [1, 3]
    selection.layer = 2
    assert selection.heads == [1]
    selection.update(layer=0, heads=[3])
    selection.layer = 1
    assert selection.heads == [0], "something is shown"
    selection.heads = []
    selection.layer = 0
    assert selection.heads == []
    with pytest.raises(ArgumentError, match="no head 3; there are: 0, 1"):
        selection.update(layer=1, heads=[3])


def test_selections_that_are_linked(uneven):
    one, other = regard.head_view(uneven).selection, regard.map_view(uneven).selection
    one.link(other)
    one.update(layer=2, heads=[2])
    assert (other.layer, other.heads) == (2, [2])


@pytest.fixture
def some():
    """Heads 1 and 3 of four, as a capture with heads=[1, 3] holds them."""
    return regard.capture(tiny_model("llama"), input_ids=torch.arange(5, 45)[None], heads=[1, 3], layers=[0, 2])


@pytest.mark.parametrize("make", VIEWS)
def test_views_of_a_part_of_the_heads(make, some):
    view = make(some)
    (offer,) = view.attentions()
    assert (offer.layers, offer.heads, offer.layer_heads, offer.head_count) == ([0, 2], [1, 3], [[1, 3], [1, 3]], 4)
    assert set(view.selection.heads) <= {1, 3}
    with pytest.raises(ArgumentError, match="no head 0; there are: 1, 3"):
        view.selection.heads = [0]


def test_a_map_begins_with_the_first_head_there_is(some):
    assert regard.map_view(some).selection.heads == [1]
    assert regard.map_view(some, include_heads=[3]).selection.heads == [3]
    with pytest.raises(ArgumentError, match="no head 0; there are: 1, 3"):
        regard.map_view(some, head=0)
    view = regard.map_view(some)
    with pytest.raises(ArgumentError, match="no head in this layer 2; there are: 1, 3"):
        view.read("decoder.max@1:2", (slice(0, 1), slice(0, 1), slice(0, 4), slice(0, 4)))
