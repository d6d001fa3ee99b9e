from importlib import import_module

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from regard.record import Dense, Factored, MaskRule, overview, progressive
from regard.record.engine import weights
from regard.record.engine.sample import sample_grid, strata
from regard.record.pooling import grid, per_cell
from regard.testing import factored_layers

HEAD = slice(0, 1)


@pytest.fixture
def patient(monkeypatch):
    """So little time that even short sequences are sampled first."""
    module = import_module("regard.record.progressive")
    monkeypatch.setattr(module, "_FIRST", 1 << 10)
    monkeypatch.setattr(module, "_STEP", 1 << 12)


def planted(tokens: int, offset: int = 1, documents: int = 1, sink: int | None = None, causal: bool = True) -> Factored:
    """A head whose queries look at the key ``offset`` before, else at their document, else at the key ``sink``."""
    rng = np.random.default_rng(tokens)
    code = rng.choice([-1.0, 1.0], size=(tokens + offset, 48)).astype(np.float32)
    document = np.repeat(np.eye(16, dtype=np.float32)[:documents], tokens // documents, axis=0)
    key = np.concatenate([code[offset:], document], axis=1)
    query = np.concatenate([code[:tokens] * (documents == 1) * 0.6, document * (documents > 1) * 12], axis=1)
    if sink is not None:
        query[:, -1], key[:, -1] = 1, 0
        key[sink, -1] = 36
    return Factored.of(query[None], key[None], scale=1.0, mask=MaskRule(after=0 if causal else None))


def first(layer, cells=256, pool="max"):
    pictures = progressive(layer, HEAD, cells, pool)
    picture = next(pictures)
    pictures.close()
    assert not picture.exact
    return picture


@pytest.mark.parametrize("tokens", [8192, 32768])
@pytest.mark.parametrize("pool", ["max", "mean"])
class TestFirstPictureShows:
    def test_a_diagonal(self, tokens, pool):
        shown = first(planted(tokens), pool=pool).weights[0]
        near = np.maximum(np.diag(shown)[1:], np.diag(shown, -1))
        assert (near > (0.5 if pool == "max" else 0.5 * 256 / tokens)).all()
        assert (near > 10 * shown[60:, :32].max()).all()

    def test_an_offset_diagonal(self, tokens, pool):
        cell = tokens // 256
        shown = first(planted(tokens, offset=16 * cell), pool=pool).weights[0]
        shifted = np.maximum(np.diag(shown, -16), np.diag(shown, -17)[0])
        assert (shifted > (0.5 if pool == "max" else 0.5 / cell)).all()

    def test_a_column(self, tokens, pool):
        place = tokens // 3
        shown = first(planted(tokens, sink=place), pool=pool).weights[0]
        column, start = shown[:, place * 256 // tokens], place * 256 // tokens + 1
        assert (column[start:] > 20 * np.median(shown[start:, :80])).all()

    def test_document_borders(self, tokens, pool):
        shown = first(planted(tokens, documents=8, causal=False), pool=pool).weights[0]
        same = np.kron(np.eye(8), np.ones((32, 32))) > 0
        assert shown[same].min() > 100 * shown[~same].max()


def test_the_first_picture_reads_a_bounded_number_of_weights_at_any_length():
    for tokens in (8192, 32768, 65536):
        layer = planted(tokens)
        assert first(layer).share * tokens * tokens / 2 <= 1.1 * (1 << 24)


@pytest.mark.usefixtures("patient")
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layer=factored_layers(max_tokens=60), pool=st.sampled_from(["max", "mean"]), cells=st.integers(1, 20))
def test_the_last_picture_is_exact_and_shares_only_grow(layer, pool, cells):
    heads = slice(0, layer.heads)
    pictures = list(progressive(layer, heads, cells, pool))
    assert [picture.exact for picture in pictures] == [False] * (len(pictures) - 1) + [True]
    assert pictures[-1].share == 1
    again = Factored(layer.source, scale=layer.scale, mask=layer.mask, softcap=layer.softcap)
    np.testing.assert_allclose(pictures[-1].weights, overview(again, heads, cells, pool), atol=1e-6)


@settings(deadline=None, max_examples=20)
@given(layer=factored_layers(max_tokens=60), cells=st.integers(1, 20), count=st.integers(1, 60))
def test_a_sample_never_shows_more_than_there_is(layer, cells, count):
    rows, columns = grid(layer, cells)
    sampled = strata(rows, max(count, len(rows) - 1))
    heads = slice(0, layer.heads)
    found = sample_grid(layer, heads, rows, columns, "max", sampled)
    assert (found <= overview(layer, heads, cells) + 1e-6).all()


@settings(deadline=None, max_examples=20)
@given(layer=factored_layers(max_tokens=40), cells=st.integers(1, 20), pool=st.sampled_from(["max", "mean"]))
def test_a_sample_of_everything_is_exact(layer, cells, pool):
    rows, columns = grid(layer, cells)
    heads = slice(0, layer.heads)
    found = sample_grid(layer, heads, rows, columns, pool, np.arange(layer.queries)) / per_cell(rows, columns, pool)
    np.testing.assert_allclose(found, overview(layer, heads, cells, pool), atol=1e-6)


def test_a_captured_lse_is_used_for_samples(monkeypatch):
    layer = planted(512)
    every = tuple(slice(0, size) for size in layer.shape("weights"))
    held = {name: layer.source.read(name, every) for name in ("query", "key")}
    known = Factored.of(**held, scale=1.0, mask=layer.mask, lse=layer.rows_lse(*every[:2]))
    rows, columns = grid(layer, 16)
    sampled = strata(rows, 16)
    expected = sample_grid(layer, HEAD, rows, columns, "max", sampled)
    monkeypatch.setattr(weights, "rows_lse", lambda *_: pytest.fail("computed again"))
    np.testing.assert_allclose(sample_grid(known, HEAD, rows, columns, "max", sampled), expected, rtol=1e-5)


@pytest.mark.usefixtures("patient")
def test_finished_pictures_are_kept_and_cancelled_ones_are_not():
    layer = planted(512)
    pictures = progressive(layer, HEAD, 16)
    assert not next(pictures).exact
    pictures.close()
    assert len(list(progressive(layer, HEAD, 16))) > 1
    (kept,) = progressive(layer, HEAD, 16)
    assert kept.exact
    kept.weights[:] = 7
    np.testing.assert_array_equal(overview(layer, HEAD, 16), next(progressive(layer, HEAD, 16)).weights)
    assert overview(layer, HEAD, 16).max() <= 1


@pytest.mark.usefixtures("patient")
def test_finished_weights_are_sampled_too():
    finished = np.random.default_rng(0).random((1, 200, 200)).astype(np.float32)
    layer = Dense.of(finished)
    pictures = list(progressive(layer, HEAD, 10, "mean", (slice(50, 150), slice(0, 100))))
    assert len(pictures) > 2
    assert {picture.weights.dtype for picture in pictures} == {np.dtype(np.float32)}
    expected = finished[0, 50:150, :100].reshape(10, 10, 10, 10).mean((1, 3))
    np.testing.assert_allclose(pictures[-1].weights[0], expected, rtol=1e-5)
    np.testing.assert_allclose(pictures[0].weights[0], expected, atol=0.35)


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20), st.integers(1, 60))
def test_strata_are_spread_over_the_rows(sizes, count):
    rows = np.concatenate([[0], np.cumsum(sizes)])
    found = strata(rows, count)
    assert (np.diff(found) > 0).all()
    assert found[0] >= 0
    assert found[-1] < rows[-1]
    touched = np.unique(np.searchsorted(rows, found, side="right"))
    assert len(touched) == min(count, len(sizes))
