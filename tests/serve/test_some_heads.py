"""Pages, pictures and text of layers that differ in their heads, or of which only some heads are held."""

import numpy as np
import pytest
import torch

import regard
from regard.record import Attention, Dense, ModelInfo, Record, Tokens
from regard.serve.thumbnail import caption, thumbnail
from regard.testing import tiny_model

VIEWS = [regard.head_view, regard.model_view, regard.map_view, regard.text_view]


def uneven():
    """Layers of 4, 2 and 3 heads."""
    shapes = [(heads, 5, 5) for heads in (4, 2, 3)]
    layers = tuple(Dense.of(np.random.default_rng(0).dirichlet(np.ones(5), shape[:2])) for shape in shapes)
    tokens = {"encoder": Tokens(tuple("abcde"))}
    return Record(tokens, {"encoder": Attention("encoder", layers, "encoder", "encoder")}, ModelInfo("uneven"))


def some():
    """Heads 1 and 3 of four, of two of three layers."""
    return regard.capture(tiny_model("llama"), input_ids=torch.arange(5, 45)[None], heads=[1, 3], layers=[0, 2])


@pytest.mark.parametrize("make", VIEWS)
@pytest.mark.parametrize("record", [uneven(), some()], ids=["uneven", "some"])
@pytest.mark.parametrize("layer", [0, 2])
def test_every_view_of_every_layer(make, record, layer, tmp_path):
    view = make(record) if make is regard.model_view else make(record, layer=layer)
    assert view.text()
    assert thumbnail(view).startswith(b"\x89PNG")
    assert caption(view)
    assert view.save(tmp_path / "view.html").stat().st_size
    if make is regard.map_view:
        assert view.save(tmp_path / "small.html", budget="60 kB").stat().st_size < 60_000


def test_the_text_of_a_record_names_the_heads_it_holds():
    assert "2 of 3 layers × 2 of 4 heads (1, 3), 2 key heads, 40 tokens" in repr(some())
    assert "3 layers × 4 heads, 5 tokens" in repr(uneven())
