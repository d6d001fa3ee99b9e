from dataclasses import dataclass, field

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Record
from regard.view.effect import Measured


@dataclass(frozen=True)
class Found:
    """What an experiment hands over."""

    values: np.ndarray
    axes: tuple[str, ...]
    numbers: dict[str, tuple[int, ...]]
    sizes: tuple[int, ...]
    what: str = "each edge alone"
    effect: str = "log_p"
    noise: dict[str, float] | None = field(default_factory=lambda: {"log_p": 0.01})
    kind: str | None = None
    fixed: dict[str, tuple[int, ...]] = field(default_factory=dict)


@pytest.fixture
def record() -> Record:
    """Two layers of three heads over five tokens."""
    weights = np.random.default_rng(0).dirichlet(np.ones(5), (2, 3, 5))
    return regard.from_weights(weights, tokens=["the", " cat", " sat", " on", " mats"])


def edges(**more) -> Found:
    """Two queries' edges to three keys, of one head."""
    values = np.array([[-1.0, 0.5, np.nan], [0.02, -3.0, 2.0]])
    numbers = {"query": (2, 4), "key": (0, 1, 3)}
    given = {"fixed": {"layer": (1,), "head": (2,)}, "kind": "encoder"}
    return Found(values, ("query", "key"), numbers, (5, 5), **{**given, **more})


def whole(view, array):
    return view.read(array, tuple(slice(0, size) for size in view.shape(array)))


def test_edges_lie_where_they_were_measured(record):
    assert isinstance(edges(), Measured)
    view = regard.head_view(record, color=edges())
    found = whole(view, "encoder.effect")
    assert found.shape == (1, 1, 5, 5)
    assert np.isfinite(found).sum() == 5
    np.testing.assert_array_equal(found[0, 0, 4], np.float32([0.02, -3, np.nan, 2, np.nan]))
    part = view.read("encoder.effect", (slice(0, 1), slice(0, 1), slice(4, 5), slice(1, 4)))
    np.testing.assert_array_equal(part, found[:, :, 4:5, 1:4])


def test_the_declaration_says_what_of_and_how(record):
    (spec,) = regard.head_view(record, color=edges()).spec()["effects"]
    assert (spec["layers"], spec["heads"], spec["axes"]) == ([1], [2], ["query", "key"])
    assert spec["spans"] == [[0, 1], [0, 1], [2, 5], [0, 4]]
    assert (spec["name"], spec["what"], spec["noise"]) == ("log_p", "each edge alone", 0.01)
    assert (spec["top"], spec["measured"]) == (3.0, 5)


def test_the_strongest_effect_of_a_head_keeps_its_sign(record):
    view = regard.model_view(record, color=edges())
    found = whole(view, "encoder.effect_head")[..., 0, 0]
    assert found[1, 2] == -3
    assert np.isnan(found).sum() == 5
    everywhere = regard.model_view(record, color=edges(fixed={}))
    assert np.isnan(whole(everywhere, "encoder.effect_head")).all()


def test_arrays_by_their_number_of_axes(record):
    heads = np.arange(6).reshape(2, 3) - 3.0
    np.testing.assert_array_equal(whole(regard.heatmap(record, color=heads), "encoder.effect")[..., 0, 0], heads)
    tokens = np.linspace(-1, 1, 5)
    assert regard.map_view(record, color=tokens).shape("encoder.effect") == (1, 1, 1, 5)
    everything = np.random.default_rng(1).standard_normal((2, 3, 5, 5))
    view = regard.explore(record, color=everything)
    np.testing.assert_allclose(whole(view, "encoder.effect"), everything, rtol=1e-6)
    assert view.spec()["effects"][0]["name"] == ""


def test_any_order_of_axes_and_numbers(record):
    values = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    turned = Found(values, ("head", "layer"), {"head": (2, 0, 1), "layer": (1, 0)}, (3, 2))
    found = whole(regard.head_view(record, color=turned), "encoder.effect")[..., 0, 0]
    np.testing.assert_array_equal(found, [[4, 6, 2], [3, 5, 1]])


def test_a_page_carries_what_was_measured_and_no_more(record):
    view = regard.head_view(record, color=edges(), include_layers=[1])
    parts = [slices for array, slices in view.parts() if array == "encoder.effect"]
    assert parts == [(slice(0, 1), slice(0, 1), slice(2, 5), slice(0, 4))]
    heads = regard.head_view(record, color=np.ones((2, 3)), include_layers=[1])
    assert [p[0].start for a, p in heads.parts() if a == "encoder.effect"] == [1, 1, 1]


def test_a_text_is_coloured_by_a_measure_or_by_effects(record):
    measured = regard.text_view(record, color=np.arange(5.0))
    assert (measured.options()["color"], measured.effects) == ("given", ())
    tested = regard.text_view(record, color=np.array([0, -1, np.nan, 2, 3]))
    assert "color" not in tested.options()
    assert tested.selection.color == "effect"


def test_the_switch_can_be_read_set_and_followed(record):
    view, other, plain = (regard.head_view(record, color=color) for color in (edges(), np.ones((2, 3)), None))
    assert (view.selection.color, plain.selection.color) == ("effect", "weight")
    regard.link(view, other, plain)
    view.selection.update(color="weight", least=0.5)
    assert (other.selection.color, other.selection.least) == ("weight", 0.5)
    with pytest.raises(ArgumentError, match=r"no effects to be coloured by; make it with color="):
        plain.selection.color = "effect"
    with pytest.raises(ArgumentError, match="no colour 'red'; there are: 'weight', 'effect'"):
        view.selection.color = "red"
    with pytest.raises(ArgumentError, match="least must be a size of effect, 0 or more; got -1"):
        view.selection.least = -1


@pytest.mark.parametrize(
    ("color", "message"),
    [
        (
            np.ones((5, 5)),
            r"an array of \[layer 5, head 5\] fits no attention.*encoder \[layer 2, head 3, query 5, key 5\]",
        ),
        (
            np.ones((2, 3, 5)),
            r"or an array \[layer, head, query, key\], \[layer, head\] or \[key\]; got shape \[2, 3, 5\]",
        ),
        ("heads", r"expected the result of an experiment \(such as regard.experiment.scan_heads\).*; got str"),
        (np.full((2, 3), np.inf), "color must be finite, or NaN where nothing was measured"),
        (np.full((2, 3), np.nan), "color holds no number, only NaN"),
        (edges(kind="decoder"), r"a Found of \[query 5, key 5\] of decoder attention fits no attention"),
        (Found(np.ones(2), ("group",), {"group": (0, 1)}, (2,)), r"axes must be some of .*; got \('group',\)"),
        (Found(np.ones(2), ("token",), {"token": (0, 1, 2)}, (5,)), r"values of shape \[2\] for numbers of \[3\]"),
    ],
)
def test_what_does_not_fit_is_told(record, color, message):
    with pytest.raises(ArgumentError, match=message):
        regard.head_view(record, color=color)


def test_effects_too_many_for_a_picture_are_told():
    long = regard.from_qk(np.zeros((1, 1, 5000, 2)), np.zeros((1, 1, 5000, 2)))
    sparse = Found(np.ones((2, 2)), ("query", "key"), {"query": (0, 4999), "key": (0, 4999)}, (5000, 5000))
    with pytest.raises(ArgumentError, match="5000 queries × 5000 keys are more than a picture takes"):
        regard.map_view(long, color=sparse)


def test_the_text_form_says_the_effects_and_their_worth(record):
    text = regard.head_view(record, layer=1, heads=[2], color=edges()).text()
    assert "Δ log p, nats: the 4 strongest of 5" in text
    assert "  −3  query 4 “·mats”, key 1 “·cat”" in text or "−3  query 4" in text
    assert "1 of 5 are not measurable: up to 3 × the noise (0.01)" in text
    assert text.endswith("tested: each edge alone")
    view = regard.head_view(record, color=edges())
    view.selection.color = "weight"
    assert view.text().endswith("untested: shows where the head looked, not why")
    view.selection.update(color="effect", least=2.5)
    assert "the 1 strongest of 5" in view.text()
    assert regard.model_view(record, color=np.ones((2, 3))).text().endswith("coloured by numbers that were given")


def test_what_was_attributed_is_not_called_tested(record):
    attributed = edges(noise=None, what="gradient × input")
    text = regard.head_view(record, color=attributed).text()
    assert text.endswith("attributed, not tested: gradient × input")
    assert "attributed log p, nats" in text
