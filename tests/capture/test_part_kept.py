"""A record of some layers, heads and positions is a record: it is saved, shown and exported, and says what it holds."""

import json

import numpy as np
import pytest
import torch

import regard
from regard.capture import capture
from regard.errors import ArgumentError, FileFormatError
from regard.testing import tiny_model

IDS = torch.arange(5, 18)[None]
PART = {"layers": [0, 2], "heads": [1, 3], "positions": slice(4, 9)}


@pytest.fixture(params=["memory", "disk"])
def record(request, llama):
    return capture(llama, input_ids=IDS, **PART, store=request.param)


@pytest.fixture
def whole(llama):
    return capture(llama, input_ids=IDS)


def check(record, whole, atol=1e-6):
    assert record.attention().present == (0, 2)
    for layer in (0, 2):
        assert record.attention().layer(layer).present == (1, 3)
        for head in (1, 3):
            assert np.allclose(record.weights[layer, head], whole.weights[layer, head, 4:9], atol=atol)
    with pytest.raises(ArgumentError, match=r"head 0 was not captured; heads that were: \[1, 3\]"):
        record.weights[0, 0]


@pytest.mark.parametrize("precision", ["stored", "float32", "float16", "int8"])
def test_saved_and_opened(precision, record, whole, tmp_path):
    opened = regard.open(record.save(tmp_path / "part.regard", precision=precision), verify=True)
    error = 1e-6 if opened.precision is None else 2 * opened.precision.error + 1e-6
    check(opened, whole, atol=error)
    if precision != "stored":
        assert opened.precision.share == 1
    again = regard.open(opened.save(tmp_path / "again.regard"))
    check(again, whole, atol=error)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_path_as_store(dtype, tmp_path):
    model = tiny_model("llama", dtype=dtype)
    record = capture(model, input_ids=IDS, **PART, store=tmp_path / "part.regard")
    check(record, capture(model, input_ids=IDS))


def test_bytes_are_those_that_are_held(record, whole):
    of_queries = 2 * 2 * 5 * (8 + 1)
    of_keys = 2 * 2 * 13 * 8
    layers = [record.attention().layer(number) for number in (0, 2)]
    beside = sum(layer.source.held(name).nbytes for layer in layers for name in set(layer.arrays()) & {"rotary"})
    assert record.nbytes == 4 * (of_queries + of_keys) + beside
    assert record.nbytes < whole.nbytes


def test_text_says_what_is_there(record):
    assert "2 of 3 layers × 2 of 4 heads (1, 3)" in repr(record)
    assert "5 queries × 13 keys" in repr(record)


def test_files_that_lie_about_their_heads(record, tmp_path):
    path = record.save(tmp_path / "part.regard")
    with pytest.raises(FileFormatError, match="2 heads are held, which cannot be"):
        regard.open(rewritten(path, '"held":[1,3]', '"held":[1,9]'))
    with pytest.raises(FileFormatError):
        regard.open(rewritten(path, '"of":4', '"of":9999999999'))


def rewritten(path, old, new):
    """The same file with its header changed."""
    from zlib import crc32

    from regard.record.container import MAGIC, START

    content = path.read_bytes()
    _, offset, length, _ = START.unpack(content[: START.size])
    header = content[offset : offset + length].decode()
    assert old in header
    changed = header.replace(old, new).encode()
    start = START.pack(MAGIC, offset, len(changed), crc32(changed))
    other = path.with_name("changed.regard")
    other.write_bytes(start + content[START.size : offset] + changed)
    return other


def test_exported_arrays_name_their_heads(record, tmp_path):
    path = record.export(tmp_path / "part.npz")
    with np.load(path) as file:
        assert file["decoder.0.query"].shape == (2, 5, 8)
        layer = json.loads(bytes(file["description"]))["layers"]["decoder.2"]
        assert (layer["heads"], layer["head_count"]) == ([1, 3], 4)
        assert len(layer["kv_heads"]) == len(file["decoder.2.key"])
    with np.load(record.export(tmp_path / "weights.npz", arrays="weights")) as file:
        assert np.allclose(file["decoder.2.weights"][1], record.weights[2, 3])


def test_exported_edges_and_pages(record, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    table = parquet.read_table(record.export(tmp_path / "part.parquet", threshold=0.05)).to_pydict()
    assert set(table["head"]) == {1, 3}
    assert set(table["layer"]) == {0, 2}
    page = json.loads(record.export(tmp_path / "part.json").read_text())
    assert np.shape(page["attention"][0]["attn"]) == (2, 2, 5, 13)


def test_heads_that_are_not_there_cannot_be_exported(record, tmp_path):
    with pytest.raises(ArgumentError, match="no head 0; there are: 1, 3"):
        record.export(tmp_path / "part.npz", arrays="weights", heads=[0])
    assert not list(tmp_path.iterdir())
