"""bfloat16 without a library for it: two bytes a number, read without loss."""

import numpy as np
import pytest

from regard.errors import ArgumentError
from regard.record import Factored
from regard.record.bfloat16 import Bfloat16
from regard.record.lazy import LazySource


def bits_of(numbers):
    return (np.asarray(numbers, np.float32).view(np.uint32) >> 16).astype(np.uint16)


@pytest.mark.parametrize("number", [0.0, -0.0, 1.0, -2.5, 3.3895314e38, 1e-40, np.inf, -np.inf])
def test_every_kind_of_number_is_read_exactly(number):
    bits = bits_of([number])
    found = Bfloat16(bits)[0:1]
    assert found.dtype == np.float32
    assert found.view(np.uint32)[0] == int(bits[0]) << 16


def test_not_a_number_stays_one():
    assert np.isnan(Bfloat16(bits_of([np.nan]))[0:1]).all()


def test_a_layer_of_them():
    random = np.random.default_rng(0)
    query, key = (bits_of(random.normal(size=(2, 5, 4))) for _ in range(2))
    wide = Factored.of(Bfloat16(query)[:], Bfloat16(key)[:], scale=0.5)
    held = Factored(LazySource({"query": Bfloat16(query), "key": Bfloat16(key)}), scale=0.5)
    whole = (slice(0, 2), slice(0, 5), slice(0, 5))
    assert held.dtype == np.float32
    assert (held.read("weights", whole) == wide.read("weights", whole)).all()
    assert Bfloat16(query).nbytes == query.nbytes


def test_a_lazy_source_names_what_is_missing():
    source = LazySource({"query": np.zeros((2, 3))})
    assert source.arrays() == ("query",)
    with pytest.raises(ArgumentError, match="no array 'key'; there are: 'query'"):
        source.shape("key")
    with pytest.raises(ArgumentError, match="array 'query' has 2 axes; got 1 slices"):
        source.read("query", (slice(0, 1),))
