import json
import os
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import regard
from regard.errors import ArgumentError, FileFormatError, RegardError
from regard.record import Attention, Dense, Factored, MaskRule, ModelInfo, Record, Tokens, container, file


@pytest.fixture
def record() -> Record:
    rng = np.random.default_rng(0)
    tokens = Tokens(
        (" a", "\ud800", "</script>"),
        ids=np.array([5, 6, 7]),
        special=(True, False, False),
        segments=(0, 0, 1),
        text="a…",
    )
    factored = Factored.of(
        rng.normal(size=(4, 3, 2)).astype(np.float16),
        rng.normal(size=(2, 3, 2)).astype(np.float16),
        scale=0.7,
        mask=MaskRule(before=1, after=0),
        softcap=5.0,
        sink=rng.normal(size=4).astype(np.float32),
        visible=rng.random((1, 3, 3)) < 0.9,
    )
    dense = Dense.of(np.full((4, 3, 3), 1 / 3, np.float32))
    attention = Attention("decoder", (factored, None, dense), "decoder", "decoder")
    return Record({"decoder": tokens}, {"decoder": attention}, ModelInfo("tiny", "llama"))


def test_what_is_opened_equals_what_was_saved(record, tmp_path):
    found = regard.open(record.save(tmp_path / "x.regard"), verify=True)
    assert found.model == record.model
    assert found.tokens.pieces == record.tokens.pieces
    assert found.tokens.special == record.tokens.special
    assert found.tokens.segments == record.tokens.segments
    assert found.tokens.text == record.tokens.text
    np.testing.assert_array_equal(found.tokens.ids, record.tokens.ids)
    assert found.attention().layers[1] is None
    for layer in (0, 2):
        np.testing.assert_array_equal(found.weights[layer], record.weights[layer])


def test_arrays_stay_on_disk(record, tmp_path):
    found = regard.open(record.save(tmp_path / "x.regard"))
    query = found.attention().layer(0).source.read("query", (slice(0, 4), slice(0, 3), slice(0, 2)))
    assert isinstance(query.base, np.memmap) or isinstance(query, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        query[0] = 0


def test_a_failed_save_leaves_the_old_file_and_nothing_else(record, tmp_path, monkeypatch):
    path = record.save(tmp_path / "x.regard")
    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", lambda _: (_ for _ in ()).throw(OSError("No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        record.save(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_the_ending_must_say_what_it_is(record, tmp_path):
    with pytest.raises(FileFormatError, match=r"ends in .regard; got 'x.pickle'"):
        record.save(tmp_path / "x.pickle")


def test_damage_in_an_array_is_found_when_asked_for(record, tmp_path):
    path = record.save(tmp_path / "x.regard")
    data = bytearray(path.read_bytes())
    data[70] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(FileFormatError, match="checksums do not match"):
        regard.open(path, verify=True)


def test_every_truncation_is_an_error(record, tmp_path):
    data = record.save(tmp_path / "x.regard").read_bytes()
    cut = tmp_path / "cut.regard"
    for size in range(0, len(data), 37):
        cut.write_bytes(data[:size])
        with pytest.raises(FileFormatError, match=r"truncated|not a record file"):
            regard.open(cut)


def forged(path, size=64, **header):
    text = json.dumps({"version": 1, "model": {}, "streams": {}, "attentions": [], "arrays": {}, **header}).encode()
    start = container.START.pack(container.MAGIC, container.START.size + size, len(text), zlib.crc32(text))
    path.write_bytes(start + b"\0" * size + text)
    return path


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({"version": 2}, "file version 2; this regard reads version 1"),
        ({"arrays": {"q": {"dtype": "object", "shape": [1], "offset": 0}}}, "type 'object'; known are"),
        ({"arrays": {"q": {"dtype": "float32", "shape": [1 << 47, 1 << 47], "offset": 0}}}, "does not fit in a file"),
        ({"arrays": {"q": {"dtype": "int8", "shape": [0, 1 << 40], "offset": 0}}}, "does not fit in a file of"),
        ({"arrays": {"q": {"dtype": "float32", "shape": [9, 9], "offset": 64}}}, "would end at byte 388 of"),
        ({"arrays": {"q": {"dtype": "float32", "shape": [1] * 9, "offset": 64}}}, "no usable shape"),
        ({"arrays": {"q": {"dtype": "float32", "shape": [-1], "offset": 0}}}, "does not fit"),
        ({"arrays": {"q": {"dtype": "float32", "shape": [1], "offset": -64}}}, "no usable shape"),
        ({"arrays": {"q": {"dtype": "float32", "shape": [True], "offset": 0}}}, "does not fit"),
        ({"arrays": {"q": 3}}, "type None"),
        ({"arrays": []}, "lists no arrays"),
        ({"attentions": [{}]}, "does not describe a record"),
        ({"attentions": []}, "at least one kind of attention"),
        ({"model": {"__class__": "os.system"}}, "does not describe a record|at least one"),
        ({"model": [[]] * (1 << 16)}, "the header holds more than 65536 lists"),
        ({"precision": {"numbers": "exact", "error": 0, "share": 1}}, "precision .* cannot be used|at least one"),
    ],
)
def test_forged_headers(tmp_path, header, message):
    with pytest.raises(FileFormatError, match=message):
        regard.open(forged(tmp_path / "x.regard", **header))


@pytest.mark.parametrize(("offset", "length"), [(64, 1 << 60), (1 << 60, 2), ((1 << 64) - 1, 2), (0, 1 << 27)])
def test_headers_that_cannot_be(tmp_path, offset, length):
    path = tmp_path / "x.regard"
    path.write_bytes(container.START.pack(container.MAGIC, offset, length, 0) + b"{}")
    with pytest.raises(FileFormatError, match="the header claims bytes"):
        regard.open(path)


def test_what_is_no_file(tmp_path):
    with pytest.raises(FileFormatError, match="is not a file"):
        regard.open(tmp_path)
    os.mkfifo(tmp_path / "x.regard")
    with pytest.raises(FileFormatError, match="is not a file"):
        regard.open(tmp_path / "x.regard")


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 255)), min_size=1, max_size=8))
def test_random_damage_never_does_worse_than_a_clear_error(record, tmp_path, changes):
    data = bytearray(file.save(record, tmp_path / "x.regard").read_bytes())
    for place, value in changes:
        data[place % len(data)] = value
    broken = tmp_path / "broken.regard"
    broken.write_bytes(data)
    try:
        found = regard.open(broken)
    except RegardError:
        return
    assert found.weights.shape == record.weights.shape


def test_a_missing_file_is_a_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        regard.open(tmp_path / "none.regard")


def test_arrays_of_other_types_are_refused(tmp_path):
    array = np.zeros(2, complex)
    with pytest.raises(FileFormatError, match="a record file holds"), container.writing(tmp_path / "x") as writer:
        writer.add("a", array.dtype.name, array.shape, [array])
    with (
        pytest.raises(FileFormatError, match="takes another number of bytes"),
        container.writing(tmp_path / "x") as writer,
    ):
        writer.add("a", "int8", (3,), [np.zeros(2, np.int8)])
    assert not list(tmp_path.iterdir())


def test_errors_are_value_errors_too():
    assert issubclass(FileFormatError, ValueError)
    assert issubclass(ArgumentError, ValueError)
