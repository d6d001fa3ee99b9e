"""The parts that passes are made of."""

import sys
import threading
import time
import tracemalloc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from regard.errors import ArgumentError
from regard.record import Factored, MaskRule, overview, received, span_sums, top_keys
from regard.record.engine import pictures, threads
from regard.record.engine.blocks import query_blocks
from regard.record.engine.machine import Machine, full_precision, machine, using
from regard.record.engine.pictures import find, keep
from regard.record.engine.reduce import reduce_rows
from regard.record.engine.row_cache import RowCache
from regard.record.engine.scores import ScoreTiles
from regard.testing.strategies import mask_rules

HEAD = slice(0, 1)


def random_layer(tokens: int, **options) -> Factored:
    query, key = np.random.default_rng(0).standard_normal((2, 1, tokens, 8), dtype=np.float32)
    return Factored.of(query, key, scale=0.35, **options)


@given(mask_rules(), st.integers(0, 5), st.data())
def test_bounds_of_a_rule_are_where_it_shows_keys(rule, offset, data):
    rule = MaskRule(rule.before, rule.after, rule.chunk, offset)
    first, start = data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))
    queries = slice(first, data.draw(st.integers(first + 1, 15)))
    keys = slice(start, data.draw(st.integers(start + 1, 15)))
    shown = rule.visible(queries, keys)
    begin, end = rule.bounds(np.arange(queries.start, queries.stop), keys)
    for row, low, high in zip(shown, begin, end, strict=True):
        seen = np.flatnonzero(row) + keys.start
        assert list(range(low, high)) == seen.tolist()
    assert rule.shows_all(queries, keys) == shown.all()
    reach = rule.reach(queries, keys)
    columns = np.flatnonzero(shown.any(0)) + keys.start
    if len(columns):
        assert reach.start <= columns[0]
        assert columns[-1] < reach.stop


@given(st.lists(st.integers(1, 12), min_size=1, max_size=8), st.sampled_from(["max", "mean"]))
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_rows_are_reduced_as_reduceat_does(library, sizes, pool):
    borders = np.concatenate([[0], np.cumsum(sizes)])
    array = np.random.default_rng(0).random((int(borders[-1]), 3)).astype(np.float32)
    expected = (np.maximum if pool == "max" else np.add).reduceat(array, borders[:-1], axis=0)
    with using(library) as chosen:
        found = chosen.back(reduce_rows(chosen.place(array), borders, pool, chosen))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("rule", "most"),
    [(MaskRule(), 1.0), (MaskRule(after=0), 0.57), (MaskRule(before=127, after=0), 0.07), (MaskRule(chunk=128), 0.04)],
)
def test_masked_blocks_are_not_computed(rule, most, monkeypatch):
    computed, product = [], ScoreTiles._product

    def counted(self, first, second, out):
        computed.append(len(first) * second.shape[1])
        return product(self, first, second, out)

    monkeypatch.setattr(ScoreTiles, "_product", counted)
    layer = random_layer(4096, mask=rule)
    for compute in (
        lambda: layer.rows_lse(HEAD, slice(0, 4096)),
        lambda: overview(layer, HEAD, 64),
        lambda: received(layer, HEAD),
        lambda: top_keys(layer, HEAD, 3),
        lambda: layer.read("weights", (HEAD, slice(0, 4096), slice(0, 4096))),
    ):
        computed.clear()
        compute()
        assert sum(computed) <= most * 4096**2


def test_memory_is_some_tiles_and_the_picture():
    layer = random_layer(8192, mask=MaskRule(after=0), distance_bias=np.zeros((1, 2 * 8192 - 1), np.float32))
    overview(layer, HEAD, 8)
    tracemalloc.start()
    overview(layer, HEAD, 64)
    received(layer, HEAD)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8192**2 * 4 / 4


def test_only_rows_that_are_looked_at_get_their_lse(monkeypatch):
    rows = []
    layer = random_layer(4096)
    compute = layer._lse._compute
    monkeypatch.setattr(layer._lse, "_compute", lambda heads, run: rows.append(run) or compute(heads, run))
    layer.read("weights", (HEAD, slice(300, 310), slice(0, 5)))
    layer.read("weights", (HEAD, slice(250, 520), slice(0, 5)))
    assert rows == [slice(256, 384), slice(128, 256), slice(384, 640)]


def row_numbers(heads, run):
    return np.arange(run.start, run.stop)[None] * np.ones((heads.stop - heads.start, 1))


def test_row_caches_compute_a_head_alone_where_others_are_known():
    asked = []
    cache = RowCache(1000, lambda heads, run: asked.append((heads, run)) or row_numbers(heads, run))
    cache.read(slice(0, 1), slice(0, 200))
    assert np.array_equal(cache.read(slice(0, 2), slice(100, 300)), np.tile(np.arange(100, 300), (2, 1)))
    assert asked == [
        (slice(0, 1), slice(0, 256)),
        (slice(0, 1), slice(256, 384)),
        (slice(1, 2), slice(0, 384)),
    ]


def test_row_caches_serve_threads():
    cache = RowCache(1000, row_numbers)
    wrong = []

    def read(seed):
        rng = np.random.default_rng(seed)
        for _ in range(50):
            start, stop = np.sort(rng.integers(0, 1001, 2))
            if not np.array_equal(cache.read(slice(0, 2), slice(start, stop))[1], np.arange(start, stop)):
                wrong.append((start, stop))

    readers = [threading.Thread(target=read, args=(seed,)) for seed in range(4)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    assert not wrong


class TestThreads:
    LARGE = 1 << 30

    @pytest.fixture(autouse=True)
    def cores(self, monkeypatch):
        pytest.importorskip("threadpoolctl")
        monkeypatch.setenv("OMP_NUM_THREADS", "2")
        monkeypatch.setattr(threads, "workers", lambda: 2)

    def test_results_come_in_order(self):
        def slow_first(item):
            time.sleep(0.02 if item == 0 else 0)
            return item * item

        found = list(threads.each(slow_first, range(20), Machine(np), self.LARGE))
        assert found == [(item, item * item) for item in range(20)]

    def test_closing_stops_the_work(self):
        done = []
        pairs = threads.each(done.append, range(1000), Machine(np), self.LARGE)
        next(pairs)
        pairs.close()
        assert len(done) < 20

    def test_what_a_task_raises_comes_out_and_blas_is_as_it_was(self):
        blas = threads._controller()
        before = [library.num_threads for library in blas.lib_controllers]
        with pytest.raises(ZeroDivisionError):
            list(threads.each(lambda item: 1 // item, range(8), Machine(np), self.LARGE))
        assert [library.num_threads for library in blas.lib_controllers] == before

    def test_blas_is_held_until_the_last_of_several_is_done(self):
        blas = threads._controller()
        before = [library.num_threads for library in blas.lib_controllers]
        first = threads.each(abs, range(9), Machine(np), self.LARGE)
        second = threads.each(abs, range(9), Machine(np), self.LARGE)
        next(first), next(second)
        first.close()
        assert {library.num_threads for library in blas.lib_controllers} == {1}
        second.close()
        assert [library.num_threads for library in blas.lib_controllers] == before

    def test_without_threadpoolctl_blas_has_the_cores_to_itself(self, monkeypatch):
        monkeypatch.setattr(threads, "_controller", lambda: None)
        used = {
            thread for _, thread in threads.each(lambda _: threading.get_ident(), range(8), Machine(np), self.LARGE)
        }
        assert used == {threading.get_ident()}


def test_torch_is_found_only_where_it_is_loaded(monkeypatch):
    assert machine().xp is np
    with using("torch") as chosen:
        assert machine() == chosen
        assert chosen.xp is torch
    assert machine().xp is np
    monkeypatch.delitem(sys.modules, "torch")
    with pytest.raises(ArgumentError, match=r"torch is not loaded .* import it first"), using("torch"):
        pass


def test_a_gpu_in_use_is_used(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    assert machine() == Machine(torch, "cuda")


def test_products_have_all_their_digits_and_the_users_choice_comes_back():
    torch.set_float32_matmul_precision("high")
    try:
        with full_precision(Machine(torch)):
            assert torch.get_float32_matmul_precision() == "highest"
        assert torch.get_float32_matmul_precision() == "high"
    finally:
        torch.set_float32_matmul_precision("highest")


def test_blocks_are_short_where_that_saves_work():
    whole = slice(0, 65536)
    assert len(query_blocks(MaskRule(), whole, whole)) == 64
    assert len(query_blocks(MaskRule(before=255, after=0), whole, whole)) == 258
    assert query_blocks(MaskRule(), slice(5, 5), whole) == []
    triangle, past = slice(0, 1024), slice(1024, 2048)
    assert len(query_blocks(MaskRule(after=0), triangle, triangle)) == 8
    assert len(query_blocks(MaskRule(after=0), past, triangle)) == 1


def test_old_pictures_make_room(monkeypatch):
    monkeypatch.setattr(pictures, "_MOST_BYTES", 100)
    layer, picture = random_layer(2), np.zeros((1, 4, 4), np.float32)
    keep(layer, HEAD, "first", picture)
    keep(layer, HEAD, "second", picture)
    assert find(layer, HEAD, "first") is None
    assert find(layer, HEAD, "second") is not None
    assert find(random_layer(2), HEAD, "second") is None


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda layer: top_keys(layer, HEAD, 0), "k must be at least 1; got 0"),
        (lambda layer: overview(layer, HEAD, 0), "at least one cell each way; got 0 × 0"),
        (lambda layer: overview(layer, HEAD, 2, "max", (slice(0, 2), slice(3, 9))), "keys 3:9 are not within 0:4"),
        (lambda layer: overview(layer, HEAD, 2, "max", (slice(-2, 2), slice(0, 4))), "queries -2:2 are not within"),
    ],
)
def test_asking_for_what_is_not_there(ask, message):
    with pytest.raises(ArgumentError, match=message):
        ask(random_layer(4))


def test_spans_must_lie_inside():
    with pytest.raises(ArgumentError, match="key span 2:9 is not within 0:4"):
        span_sums(random_layer(4), HEAD, [(0, 1)], [(2, 9)])
