"""Tokens that are patches of pictures or frames of sounds."""

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError, FileFormatError
from regard.record import Attention, Dense, Place, Record, Routed, Routing, Time, Tokens, container
from regard.record.places import grid_places


def tokens(**settings) -> Tokens:
    grids = np.array([[1, 2], [2, 1]], np.int32)
    places = np.concatenate([[[-1, -1, -1]], grid_places(grids)]).astype(np.int32)
    return Tokens(("[CLS]", "a", "b", "c", "d"), **{"places": places, "grids": grids, **settings})


def record(streams: Tokens, **settings) -> Record:
    count = len(streams)
    attention = Attention("vision", (Dense.of(np.full((1, count, count), 1 / count)),), "vision", "vision")
    return Record({"vision": streams}, {"vision": attention}, **settings)


def choices(count: int = 4, **settings) -> Routed:
    found = {"experts": np.array([[0, 3]] * 5, np.int32), "gates": np.full((5, 2), 0.5, np.float32)}
    return Routed(**{**found, **settings}, count=count)


def test_places_read_by_token():
    found = tokens()
    assert [found.place(i) for i in range(5)] == [
        None,
        Place(0, 0, 0, 1, 2),
        Place(0, 0, 1, 1, 2),
        Place(1, 0, 0, 2, 1),
        Place(1, 1, 0, 2, 1),
    ]
    assert tokens(places=None).place(1) is None


def test_times_read_by_token():
    found = Tokens(("x", "y"), times=np.array([[np.nan, np.nan], [0.5, 0.75]]))
    assert found.time(0) is None
    assert found.time(1) == Time(0.5, 0.75)
    assert Tokens(("x",)).time(0) is None


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"places": np.zeros((4, 3), np.int32)}, "5 pieces but 4 places"),
        ({"times": np.zeros((2, 2))}, "5 pieces but 2 times"),
        ({"grids": None}, r"places must be \[token, 3\] .* got \[5, 3\] and None"),
        ({"places": np.full((5, 3), 2, np.int32)}, "must name one of 2 pictures"),
        ({"places": np.array([[0, -1, 0]] * 5, np.int32)}, "or be -1, -1, -1 for no place"),
        ({"places": np.array([[0, 0, 2]] * 5, np.int32)}, "outside the rows and columns"),
    ],
)
@pytest.mark.usefixtures("as_users_do")
def test_places_that_cannot_be(settings, message):
    with pytest.raises(ArgumentError, match=message):
        tokens(**settings)


def test_a_pair_keeps_its_places():
    assert tokens().with_segments(2).place(4) == Place(1, 1, 0, 2, 1)


def test_kept_in_a_file(tmp_path):
    times = np.array([[np.nan, np.nan], *[[i, i + 1] for i in range(4)]])
    routing = Routing("vision", (None, choices()))
    kept = record(tokens(times=times), routings={"vision": routing})
    found = regard.open(kept.save(tmp_path / "x.regard"), verify=True)
    assert found.streams["vision"].place(4) == Place(1, 1, 0, 2, 1)
    np.testing.assert_array_equal(found.streams["vision"].times, times)
    assert found.routing.present == (1,)
    np.testing.assert_array_equal(found.routing.layer(1).experts, routing.layer(1).experts)
    assert found.routing.layer(1).load.tolist() == [0.5, 0, 0, 0.5]


def rewritten(path, change):
    """The file with another header or other arrays."""
    header, arrays = container.read(path)
    change(header, arrays)
    with container.writing(path) as writer:
        for name, array in arrays.items():
            writer.add(name, array.dtype.name, array.shape, [np.asarray(array)])
        writer.finish({name: value for name, value in header.items() if name != "version"})
    return path


def test_files_written_before_experts_still_open(tmp_path):
    path = record(tokens()).save(tmp_path / "x.regard")
    rewritten(path, lambda header, _arrays: header.pop("routings"))
    assert regard.open(path).routings == {}


@pytest.mark.parametrize(
    ("name", "array", "message"),
    [
        ("vision/places", np.full((5, 3), 9, np.int32), "must name one of 2 pictures"),
        ("vision/places", np.zeros((5, 2), np.int32), "tokens need whole numbers"),
        ("vision/grids", np.zeros((2, 2), np.float32), "tokens need whole numbers"),
        ("vision/times", np.zeros((5, 2), np.int32), "tokens need seconds"),
        ("routing/vision/1/experts", np.zeros((5, 2), np.float32), "4 experts, numbers float32"),
        ("routing/vision/1/experts", np.zeros((4, 2), np.int32), r"must both be \[token, k\]"),
        ("routing/vision/1/gates", np.zeros((5, 3), np.float32), r"must both be \[token, k\]"),
    ],
)
@pytest.mark.usefixtures("as_users_do")
def test_damaged_arrays(tmp_path, name, array, message):
    times = np.zeros((5, 2))
    kept = record(tokens(times=times), routings={"vision": Routing("vision", (None, choices()))})
    path = rewritten(kept.save(tmp_path / "x.regard"), lambda _header, arrays: arrays.update({name: array}))
    with pytest.raises(FileFormatError, match=message):
        regard.open(path)


def test_a_file_with_more_experts_than_anyone_has(tmp_path):
    path = record(tokens(), routings={"vision": Routing("vision", (choices(),))}).save(tmp_path / "x.regard")
    rewritten(path, lambda header, _arrays: header["routings"][0]["layers"][0].update(count=1 << 40))
    with pytest.raises(FileFormatError, match=f"{1 << 40} experts"):
        regard.open(path)


def test_choices_must_fit_their_stream():
    with pytest.raises(ArgumentError, match="router choices of layer 0 are of 5 tokens; the vision has 2"):
        record(Tokens(("a", "b")), routings={"vision": Routing("vision", (choices(),))})
    with pytest.raises(ArgumentError, match="no token stream 'text'; there are: 'vision'"):
        record(tokens(), routings={"text": Routing("text", (choices(),))})
    with pytest.raises(ArgumentError, match="at least one layer must have router choices"):
        Routing("vision", (None,))


def test_experts_that_do_not_exist():
    with pytest.raises(ArgumentError, match=r"numbers from 0 to 1 \(-1: none\); got 0 to 3"):
        choices(count=2).load  # noqa: B018
    assert choices(experts=np.full((5, 2), -1, np.int32)).load.sum() == 0
