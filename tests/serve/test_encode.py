import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from regard.errors import ArgumentError
from regard.serve.encode import Coding, choose, encode
from serve.decode import decode

CODINGS = [Coding("u8", 2), Coding("u8", 4), Coding("u16", 2)]


def whole(weights: np.ndarray) -> tuple[slice, ...]:
    return tuple(slice(0, size) for size in weights.shape)


def weights_of(dtype: str) -> st.SearchStrategy[np.ndarray]:
    elements = st.floats(0, 1, width=np.dtype(dtype).itemsize * 8)
    return arrays(dtype, array_shapes(min_dims=4, max_dims=4, max_side=4), elements=elements)


@pytest.mark.parametrize("coding", CODINGS, ids=str)
@given(weights=st.one_of(weights_of("f2"), weights_of("f4"), weights_of("f8")))
def test_error_is_within_what_the_header_says_and_zero_means_zero(coding: Coding, weights: np.ndarray) -> None:
    header, content = encode(weights, "encoder.weights", whole(weights), coding)
    found = decode(header, content)
    assert np.abs(found - weights.astype(np.float64)).max() <= header.error
    assert ((found == 0) == (weights == 0)).all()


@pytest.mark.parametrize("coding", CODINGS, ids=str)
def test_the_stated_error_is_reached_near_weight_one(coding: Coding) -> None:
    weights = np.linspace(0.98, 1, 1_000_001).reshape(1, 1, 1, -1)
    header, content = encode(weights, "encoder.weights", whole(weights), coding)
    worst = np.abs(decode(header, content) - weights).max()
    assert 0.99 * header.error < worst <= header.error


def test_every_code_is_its_own_code() -> None:
    for coding in CODINGS:
        codes = np.arange(coding.top + 1)
        assert (coding.codes((codes / coding.top) ** coding.root) == codes).all()


def test_header_describes_the_rectangle() -> None:
    slices = (slice(3, 4), slice(0, 2), slice(8, 16), slice(0, 4))
    header, content = encode(np.full((1, 2, 8, 4), 0.25, np.float32), "cross.weights", slices, Coding("u8", 2))
    assert header.array == "cross.weights"
    assert header.slices == [[3, 4], [0, 2], [8, 16], [0, 4]]
    assert (header.dtype, header.root, header.compression) == ("u8", 2, "deflate")
    assert set(zlib.decompress(content)) == {128}


def test_weights_above_one_travel_as_they_are() -> None:
    weights = np.array([0.0, 0.5, 1.5, 1e-30], np.float32).reshape(1, 1, 1, 4)
    header, content = encode(weights, "encoder.weights", whole(weights), Coding())
    assert (header.dtype, header.error) == ("f32", 0.0)
    assert (decode(header, content) == weights).all()


def test_not_a_number_travels_as_such() -> None:
    weights = np.array([0.0, 0.5, np.nan], np.float32).reshape(1, 1, 1, 3)
    header, content = encode(weights, "encoder.weights", whole(weights), Coding())
    assert header.dtype == "f32"
    np.testing.assert_array_equal(decode(header, content), weights)


def test_without_a_coding_nothing_is_lost_but_what_float32_cannot_hold() -> None:
    weights = np.array([0.1, 1 / 3], np.float64).reshape(1, 1, 1, 2)
    header, content = encode(weights, "encoder.exact", whole(weights), None, share=0.25)
    assert (header.dtype, header.share) == ("f32", 0.25)
    assert 0 < header.error < 1e-7
    assert np.abs(decode(header, content) - weights).max() <= header.error


def test_rounding_noise_above_one_is_still_coded() -> None:
    weights = np.full((1, 1, 1, 1), 1 + 1e-6)
    header, content = encode(weights, "encoder.weights", whole(weights), Coding())
    assert header.dtype == "u8"
    assert decode(header, content).item() == 1


def test_an_empty_rectangle_is_a_tile() -> None:
    weights = np.zeros((1, 1, 0, 4))
    assert decode(*encode(weights, "encoder.weights", whole(weights), Coding())).shape == (1, 1, 0, 4)


def test_small_pages_are_fine_large_ones_coarse_long_ones_take_the_fourth_root() -> None:
    assert choose(144 * 45 * 45, 45) == Coding("u16", 2)
    assert choose(144 * 128 * 128, 128) == Coding("u8", 2)
    assert choose(1025 * 1025, 1025) == Coding("u8", 4)
    assert choose(10**9, 4096, "u16") == Coding("u16", 2)
    assert choose(4, 2, "u8") == Coding("u8", 2)


@pytest.mark.usefixtures("as_users_do")
def test_unknown_precision_names_those_there_are() -> None:
    with pytest.raises(ArgumentError, match=r"no precision 'u32'; there are: 'auto', 'u8', 'u16'"):
        choose(4, 2, "u32")  # type: ignore[arg-type]
