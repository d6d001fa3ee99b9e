"""Files that somebody made to do harm: a clear error or a record, soon, in bounded memory."""

import json
import os
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import regard
from regard.errors import RegardError
from regard.record import Attention, Dense, Factored, MaskRule, Record, Tokens, container


def small_record() -> Record:
    rng = np.random.default_rng(0)
    query = rng.standard_normal((2, 6, 4), dtype=np.float32)
    bias, sink = rng.standard_normal((1, 6, 6), dtype=np.float32), np.zeros(2, np.float32)
    factored = Factored.of(query, query, scale=0.5, mask=MaskRule(after=0, chunk=4), bias=bias, sink=sink, softcap=9.0)
    dense = Dense.of(np.full((2, 6, 6), 1 / 6, np.float32))
    tokens = Tokens(tuple("abcdef"), ids=np.arange(6), offsets=np.zeros((6, 2), np.int64))
    return Record({"decoder": tokens}, {"decoder": Attention("decoder", (factored, dense), "decoder", "decoder")})


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The bytes of a good file's arrays, and its header."""
    path = small_record().save(tmp_path_factory.mktemp("good") / "x.regard", precision="int8")
    data = path.read_bytes()
    _, offset, length, _ = container.START.unpack(data[:64])
    return path, data[:offset], json.loads(data[offset : offset + length])


def write(path, before, header):
    text = json.dumps(header).encode()
    start = container.START.pack(container.MAGIC, len(before), len(text), zlib.crc32(text))
    path.with_name("forged.regard").write_bytes(start + before[64:] + text)
    return path.with_name("forged.regard")


def places(value, path=()):
    """Every place in a tree of lists and dictionaries."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


pytestmark = pytest.mark.usefixtures("as_users_do")

numbers = st.integers(-2, 3) | st.sampled_from([1 << 31, 1 << 47, 1 << 62, 1 << 64, 10**400, -1 << 63])
scalars = (
    st.none() | st.booleans() | numbers | st.floats() | st.sampled_from(["", "dense", "float16", "\u202e", "query"])
)
junk = (
    scalars | st.lists(scalars, max_size=3) | st.dictionaries(st.sampled_from(["query", "arrays"]), scalars, max_size=2)
)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")  # bytes read as numbers may be none
@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")
@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_change_of_the_header_does_worse_than_a_clear_error(parts, data):
    path, before, header = parts
    header = json.loads(json.dumps(header))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from([found for found in places(header) if found]))
        parent = header
        for key in place[:-1]:
            parent = parent[key]
        parent[place[-1]] = data.draw(junk)
    forged = write(path, before, header)
    tracemalloc.start()
    try:
        found = regard.open(forged, verify=data.draw(st.booleans()))
        for attention in found.attentions.values():
            for number in attention.present:
                layer = attention.layer(number)
                layer.read("weights", tuple(slice(0, size) for size in layer.shape("weights")))
    except RegardError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 4e6


def test_a_huge_file_opens_at_once_and_takes_no_memory(tmp_path):
    """2 TB of queries and keys on paper, a few blocks on disk."""
    tokens, heads, width = 1 << 17, 1 << 10, 1 << 11
    pieces = [f"w{i}" for i in range(tokens)]
    size = tokens * heads * width * 2
    array = {"dtype": "float16", "shape": [heads, tokens, width], "crc32": 0}
    layer = {"form": "factored", "arrays": ["query", "key"], "codes": {}, "scale": 1.0, "softcap": None}
    layer["mask"] = {"before": None, "after": 0, "chunk": None, "offset": 0}
    header = {
        "version": 1,
        "model": {"name": "huge"},
        "streams": {"decoder": {"pieces": pieces, "labels": pieces, "special": [], "segments": None, "text": None}},
        "attentions": [{"kind": "decoder", "query_stream": "decoder", "key_stream": "decoder", "layers": [layer]}],
        "arrays": {"decoder/0/query": {**array, "offset": 64}, "decoder/0/key": {**array, "offset": 64 + size}},
    }
    text = json.dumps(header).encode()
    path = tmp_path / "huge.regard"
    with path.open("wb") as file:
        file.write(container.START.pack(container.MAGIC, 64 + 2 * size, len(text), zlib.crc32(text)))
        try:
            os.truncate(file.fileno(), 64 + 2 * size)
        except OSError:
            pytest.skip("this disk holds no sparse file of 1 TB")
        file.seek(64 + 2 * size)
        file.write(text)
    tracemalloc.start()
    start = time.process_time()
    record = regard.open(path)
    seconds, peak = time.process_time() - start, tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert record.nbytes == 2 * size
    assert record.weights[0, 5, 1, 0:4].tolist() == [0.5, 0.5, 0, 0]
    assert peak < 40 * len(text)
    assert seconds < 5


def test_labels_cannot_hide_or_reorder_text(parts):
    path, before, header = parts
    header = json.loads(json.dumps(header))
    header["streams"]["decoder"]["labels"] = ["\u202eevil", "\x00", "", " ", "\ud800", "fine"]
    found = regard.open(write(path, before, header))
    assert found.tokens.labels == ("<U+202E>evil", "␀", "∅", "·", "<U+D800>", "fine")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda h: h["attentions"][0]["layers"][0]["mask"].update(chunk=0), "mask: chunk 0 is not a usable"),
        (lambda h: h["attentions"][0]["layers"][0]["mask"].update(offset=None), "mask: offset None is not"),
        (lambda h: h["attentions"][0]["layers"][0]["mask"].update(after=1.5), "mask: after 1.5 is not a usable"),
        (lambda h: h["attentions"][0]["layers"][0].update(scale=float("nan")), "scale nan .* cannot be used"),
        (lambda h: h["attentions"][0]["layers"][0].update(softcap=0), "soft-cap 0 cannot be used"),
        (lambda h: h["attentions"][0]["layers"][0]["codes"].update(query="zip"), "in the unknown code 'zip'"),
        (lambda h: h["arrays"]["decoder/0/query.scale"].update(shape=[6, 2]), r"has scales \[6, 2\]"),
        (lambda h: h["arrays"]["decoder/0/bias"].update(shape=[1, 4, 9]), r"bias of shape \[1, 4, 9\] does not fit"),
        (lambda h: h["arrays"]["decoder/ids"].update(dtype="float64"), "tokens need whole numbers"),
        (lambda h: h["arrays"]["decoder/offsets"].update(shape=[12, 1]), "tokens need whole numbers"),
        (lambda h: h["streams"]["decoder"].update(text=7), "the text is int, not a string"),
        (lambda h: h["precision"].update(error=-1), "precision .* cannot be used"),
    ],
)
def test_each_lie_is_named(parts, change, message):
    path, before, header = parts
    header = json.loads(json.dumps(header))
    change(header)
    with pytest.raises(RegardError, match=message):
        regard.open(write(path, before, header))
