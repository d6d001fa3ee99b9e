"""Queries and keys on disk while the model runs: the same record, no memory, and nothing half-written, ever."""

import errno
import gc
import os
import subprocess
import sys
import tempfile

import numpy as np
import pytest
import torch

import regard
from regard.capture import capture
from regard.capture.any_module import capture_calls
from regard.capture.disk import DiskStore
from regard.errors import ArgumentError
from regard.testing import FAMILIES, assert_weights_equal, tiny_model


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where files may appear."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def open_files():
    return {os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd") if _is_link(name)}


def _is_link(name):
    return os.path.islink(f"/proc/self/fd/{name}")


def held_in(folder):
    gc.collect()
    return sorted(name for name in open_files() if name.startswith(str(folder)))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_the_same_record(family, dtype, inputs_for):
    model = tiny_model(family, dtype=dtype)
    expected = capture(model, **inputs_for(family))
    found = capture(model, **inputs_for(family), store="disk")
    for kind, attention in expected.attentions.items():
        assert_weights_equal(found.attentions[kind], attention, atol=0)


def test_the_same_record_of_any_module():
    model, states = torch.nn.MultiheadAttention(32, 4), torch.randn(5, 1, 32)
    one, other = (capture_calls(model, states, states, states, store=store) for store in ("disk", "memory"))
    assert (np.asarray(one.weights) == np.asarray(other.weights)).all()


def test_the_file_has_no_name_and_goes_with_the_record(folder, llama, inputs_for):
    record = capture(llama, **inputs_for("llama"), store="disk")
    assert not list(folder.iterdir())
    assert len(held_in(folder)) == 1
    layer = record.attention().layers[1]
    del record
    assert len(held_in(folder)) == 1, "a layer needs it still"
    assert np.isfinite(layer.read("weights", (slice(0, 1),) * 3)).all()
    del layer
    assert not held_in(folder)


def test_rows_of_a_batch_share_one_file(folder, llama, inputs_for):
    records = capture(llama, **inputs_for("llama", rows=3), store="disk")
    assert len(held_in(folder)) == 1
    assert [record.weights.shape for record in records] == [(3, 4, 13, 13)] * 3


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_path_makes_a_record_file(dtype, folder, inputs_for):
    model = tiny_model("llama", dtype=dtype)
    path = folder / "cats.regard"
    record = capture(model, **inputs_for("llama"), store=path)
    assert list(folder.iterdir()) == [path]
    assert not [name for name in held_in(folder) if "deleted" in name]
    assert_weights_equal(record, capture(model, **inputs_for("llama")), atol=0)
    assert_weights_equal(regard.open(path, verify=True), record, atol=0)


def test_a_saved_record_needs_the_stream_no_more(folder, llama, inputs_for):
    record = capture(llama, **inputs_for("llama"), store="disk")
    expected = np.asarray(record.weights)
    record.save(folder / "cats.regard")
    del record
    assert (np.asarray(regard.open(folder / "cats.regard").weights) == expected).all()


@pytest.mark.parametrize(
    ("store", "message"),
    [
        ("tape", "store must be 'memory', 'disk' or the path of a .regard file; got 'tape'"),
        ("nowhere/cats.regard", "store: there is no folder 'nowhere' for 'cats.regard'"),
        ("cats.json", "store must be .* got 'cats.json'"),
    ],
)
def test_places_that_cannot_be_used_are_known_before_the_run(store, message, llama, inputs_for):
    with llama.register_forward_pre_hook(pytest.fail), pytest.raises(ArgumentError, match=message):
        capture(llama, **inputs_for("llama"), store=store)


def test_one_file_holds_one_record(folder, llama, inputs_for):
    message = r"holds one record; for a batch use store='disk' and save each record"
    with llama.register_forward_pre_hook(pytest.fail), pytest.raises(ArgumentError, match=message):
        capture(llama, **inputs_for("llama", rows=2), store=folder / "cats.regard")


@pytest.mark.parametrize("store", ["disk", "cats.regard"])
@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyboardInterrupt()])
def test_whatever_is_raised_nothing_is_left(store, error, folder, llama, inputs_for, monkeypatch):
    monkeypatch.chdir(folder)

    def fail(*_):
        raise error

    with llama.model.layers[2].mlp.register_forward_hook(fail), pytest.raises(type(error)):
        capture(llama, **inputs_for("llama"), store=store)
    assert not list(folder.iterdir())
    assert not held_in(folder)


def test_an_older_file_survives_a_failed_run(folder, llama, inputs_for):
    path = folder / "cats.regard"
    before = capture(llama, **inputs_for("llama"), store=path)

    def fail(*_):
        raise KeyboardInterrupt

    with llama.lm_head.register_forward_hook(fail), pytest.raises(KeyboardInterrupt):
        capture(llama, **inputs_for("llama", tokens=5), store=path)
    assert_weights_equal(regard.open(path), before, atol=0)


class Full:
    """A file on a disk that takes so many bytes and no more."""

    def __init__(self, file, room):
        self._file, self._room = file, room

    def write(self, data):
        self._room -= len(data)
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._file.write(data)

    def close(self):
        self._file.close()
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk(folder, llama, inputs_for, monkeypatch):
    original = tempfile.TemporaryFile
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **options: Full(original(**options), 5000))
    message = r"store: no space left on the disk of .* after 0\.0 GB of queries and keys; nothing is left behind\."
    with pytest.raises(OSError, match=message) as raised:
        capture(llama, **inputs_for("llama"), store="disk")
    assert raised.value.errno == errno.ENOSPC
    assert not held_in(folder)
    monkeypatch.undo()
    assert capture(llama, **inputs_for("llama")).weights.shape == (3, 4, 13, 13)


def test_a_disk_that_is_full_when_the_record_is_written(folder, llama, inputs_for, monkeypatch):
    path = folder / "cats.regard"
    before = capture(llama, **inputs_for("llama"), store=path)

    def full(_file):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        capture(llama, **inputs_for("llama", tokens=5), store=path)
    assert list(folder.iterdir()) == [path]
    assert not [name for name in held_in(folder) if "deleted" in name]
    assert_weights_equal(regard.open(path, verify=True), before, atol=0)


def test_a_limit_of_the_system(folder):
    code = (
        "import resource, sys, torch\n"
        "from regard.capture import capture\n"
        "from regard.testing import tiny_model\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))\n"
        "try:\n    capture(tiny_model('llama'), input_ids=torch.arange(5, 205)[None], store=sys.argv[1])\n"
        "except OSError as error:\n    print(error)\n"
    )
    command = [sys.executable, "-c", code, str(folder / "cats.regard")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "store: File too large" in done.stdout
    assert not list(folder.iterdir())


def test_memory_is_not_what_grows():
    store = DiskStore()
    kept = [store.keep(torch.full((4, 1000, 64), float(i))) for i in range(5)]
    assert [float(array[3:4, 999:1000, 63:64][0, 0, 0]) for array in kept] == [0, 1, 2, 3, 4]
    assert kept[0][0:0].shape == (0, 1000, 64)
    assert store.keep(torch.zeros(0, 3))[:, 0:2].shape == (0, 2)
    later = store.keep(torch.ones(2, 3))
    assert (later[0:2, 0:3] == 1).all(), "what is added after a read is read too"
