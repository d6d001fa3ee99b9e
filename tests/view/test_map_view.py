import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Record, from_qk, from_weights
from regard.view import map_view
from regard.view.pyramid import Level, top_level


@pytest.fixture
def record() -> Record:
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, 2, 3, 300, 8)).astype(np.float32)
    return from_qk(query, key, causal=True, window=70, tokens=[f"t{i}" for i in range(300)], name="tiny")


def blocks(weights, level, pool):
    """The same cells by indexing: [head, query, key] → [row, column]."""
    side = 2**level
    rows, columns = (-(-size // side) for size in weights.shape[1:])
    reduce = {"max": np.max, "mean": np.mean}[pool]
    cells = [
        reduce(weights[:, r * side : (r + 1) * side, c * side : (c + 1) * side])
        for r in range(rows)
        for c in range(columns)
    ]
    return np.reshape(cells, (rows, columns))


@pytest.mark.parametrize("pool", ["max", "mean"])
@pytest.mark.parametrize(("level", "heads"), [(0, (1,)), (3, (2,)), (3, (0, 2)), (6, (0, 1, 2)), (9, (0,))])
def test_a_level_is_the_blocks_of_the_weights(record, pool, level, heads):
    view = map_view(record)
    array = Level("decoder", pool, level, heads).name
    shape = view.shape(array)
    found = view.read(array, (slice(1, 2), slice(0, 1), slice(0, shape[2]), slice(0, shape[3])))
    assert found.shape == (1, 1, *shape[2:])
    expected = blocks(record.weights[1][list(heads)], level, pool)
    np.testing.assert_allclose(found[0, 0], expected, atol=1e-6)


def test_a_tile_is_a_rectangle_of_its_level(record):
    view = map_view(record)
    whole = view.read("decoder.max@2:1", (slice(0, 1), slice(0, 1), slice(0, 75), slice(0, 75)))
    tile = view.read("decoder.max@2:1", (slice(0, 1), slice(0, 1), slice(70, 75), slice(40, 75)))
    np.testing.assert_allclose(tile, whole[:, :, 70:, 40:], atol=1e-6)


def test_what_takes_long_comes_first_from_a_sample_and_ends_exact(record, monkeypatch):
    monkeypatch.setattr("regard.view.pyramid._AT_ONCE", 1 << 10)
    monkeypatch.setattr("regard.view.pyramid._STEP", 1 << 12)
    view = map_view(record)
    pictures = list(view.refine("decoder.max@3:0", (slice(0, 1), slice(0, 1), slice(0, 38), slice(0, 38))))
    shares = [share for _, share in pictures]
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert shares[-1] == 1
    exact = pictures[-1][0]
    np.testing.assert_allclose(exact[0, 0], blocks(record.weights[0, 0][None], 3, "max"), atol=1e-6)
    assert (pictures[0][0] <= exact + 1e-6).mean() > 0.9


def test_the_first_picture_is_the_whole_map_in_one_tile(record):
    ((array, slices),) = map_view(record, layer=1, heads=[2, 0], pool="mean").first_parts()
    assert array == "decoder.mean@1:0,2"
    assert [(s.start, s.stop) for s in slices] == [(1, 2), (0, 1), (0, 150), (0, 150)]
    assert [top_level(n, 256) for n in (1, 256, 257, 512, 513, 100_000)] == [0, 0, 1, 1, 2, 9]


def test_the_spec_names_choices_and_mask_rules(record):
    spec = map_view(record, layer=1, scale="log").spec()
    assert spec["view"] == "map_view"
    assert spec["options"] == {"pool": "max", "scale": "log"}
    assert spec["attentions"][0]["masks"][1] == {"before": 69, "after": 0, "chunk": None, "offset": 0}
    assert spec["selection"]["heads"] == [0]
    assert spec["selection"]["rectangle"] is None


def test_sums_of_the_brushed_rectangle(record):
    view = regard.map_view(record, layer=1, heads=[0, 2])
    with pytest.raises(ArgumentError, match=r"no rectangle is selected: drag one on the map with shift held"):
        view.sums()
    view.selection.rectangle = [10, 50, 5, 30]
    expected = record.weights[1][[0, 2], 10:50, 5:30].sum(axis=(1, 2))
    np.testing.assert_allclose(view.sums(), expected, rtol=1e-5)
    view.selection.heads = []
    assert view.sums().shape == (0,)


@pytest.mark.parametrize("rectangle", [[0, 0, 0, 1], [0, 301, 0, 1], [3, 2, 0, 1], [0, 1, 0], [-1, 1, 0, 1]])
def test_a_rectangle_that_is_none_is_refused(record, rectangle):
    view = map_view(record)
    with pytest.raises(ArgumentError, match=r"no rectangle \[.*\]; give \[first query, stop, first key, stop\]"):
        view.selection.rectangle = rectangle


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pool": "median"}, "no pool 'median'; there are: 'max', 'mean'"),
        ({"scale": "linear"}, "no scale 'linear'; there are: 'root', 'log', 'relative'"),
        ({"head": 0, "heads": [1]}, "give head= or heads=, not both"),
        ({"head": 9}, "no head 9; there are: 0, 1, 2"),
    ],
)
def test_what_does_not_exist_is_refused(record, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        map_view(record, **arguments)


def test_arrays_that_are_none(record):
    view = map_view(record)
    with pytest.raises(ArgumentError, match=r"no array 'cross.max@0:0'; there are: 'decoder.weights'"):
        view.shape("cross.max@0:0")
    with pytest.raises(ArgumentError, match="no head in this layer 7; there are: 0, 1, 2"):
        view.read("decoder.max@0:7", (slice(0, 1), slice(0, 1), slice(0, 1), slice(0, 1)))
    with pytest.raises(ArgumentError, match="read one layer at a time; got 0:2"):
        view.read("decoder.max@0:0", (slice(0, 2), slice(0, 1), slice(0, 1), slice(0, 1)))


def test_as_text():
    view = map_view(from_weights(np.eye(4)[None, None]))
    lines = view.text(width=20).splitlines()
    assert lines[1:5] == ["  │█   │", "  │ █  │", "  │  █ │", "  │   █│"]
    assert lines[-3].startswith("  each character")
