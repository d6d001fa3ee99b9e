import struct
import zlib

import numpy as np
import pytest

import regard
from regard.record import Record
from regard.serve.thumbnail import caption, cost, png, thumbnail


def pixels(content: bytes) -> np.ndarray:
    """Colours of an indexed PNG [row, column, channel], every checksum tested."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = {}, 8
    while at < len(content):
        (size,) = struct.unpack(">I", content[at : at + 4])
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + size]
        assert struct.unpack(">I", content[at + 8 + size : at + 12 + size]) == (zlib.crc32(kind + body),)
        chunks[kind], at = body, at + 12 + size
    assert list(chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    width, height, depth, colour, *_ = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, colour) == (8, 3)
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, width + 1)
    assert not rows[:, 0].any()
    return np.frombuffer(chunks[b"PLTE"], np.uint8).reshape(256, 3)[rows[:, 1:]]


def test_zero_is_light_and_one_is_dark() -> None:
    (light, dark), *_ = pixels(png(np.array([[0, 255]], np.uint8)))
    assert light.tolist() == [0xFC, 0xFD, 0xBF]
    assert dark.tolist() == [0, 0, 4]


def test_palette_darkens_steadily() -> None:
    ramp = pixels(png(np.arange(256, dtype=np.uint8)[None]))[0]
    assert (np.diff(ramp @ [0.2126, 0.7152, 0.0722]) <= 0.5).all()


def test_a_head_view_shows_the_mean_of_its_selected_heads() -> None:
    weights = np.zeros((1, 2, 4, 4))
    weights[0, 0], weights[0, 1] = np.eye(4), np.eye(4)[::-1]
    record = regard.from_weights(weights)
    one = pixels(thumbnail(regard.head_view(record, heads=[0])))
    assert one.shape == (320, 320, 3)
    assert ((one[::80, ::80].sum(axis=2) < 100) == np.eye(4, dtype=bool)).all()
    both = pixels(thumbnail(regard.head_view(record)))
    assert ((both[::80, ::80].sum(axis=2) < 100) == (np.eye(4) + np.eye(4)[::-1]).astype(bool)).all()


def test_a_model_view_is_a_grid_of_layers_and_heads(record: Record) -> None:
    grid = pixels(thumbnail(regard.model_view(record)))
    assert grid.shape[1] > grid.shape[0]
    assert (grid[:, 64] == [0xFC, 0xFD, 0xBF]).all()


@pytest.mark.parametrize("n", [1, 3, 64, 65, 400])
def test_any_length_makes_a_small_picture(n: int) -> None:
    record = regard.from_qk(np.zeros((1, 2, n, 4), np.float32), np.zeros((1, 1, n, 4), np.float32), causal=True)
    for view in (regard.head_view(record), regard.head_view(record, heads=[]), regard.model_view(record)):
        content = thumbnail(view)
        assert content == thumbnail(view)
        assert max(pixels(content).shape) <= 322
        assert len(content) < 10_000


def test_caption_says_what_is_shown(record: Record) -> None:
    assert caption(regard.head_view(record, layer=1, heads=[2])) == (
        "Attention of tiny: encoder, layer 1, mean of heads 2, 5 query and 5 key tokens. Darker is more."
    )
    assert "2 layers (rows) by 3 heads (columns)" in caption(regard.model_view(record))


def test_cost_counts_what_is_read(record: Record) -> None:
    assert cost(regard.head_view(record, heads=[0, 1])) == 2 * 25
    assert cost(regard.model_view(record)) == 6 * 25
