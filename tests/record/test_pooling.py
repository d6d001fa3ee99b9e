import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.record import Dense, overview
from regard.record.pooling import edges


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 12), st.sampled_from(["max", "mean"]))
def test_each_cell_is_the_pool_of_its_block(queries, keys, cells, pool):
    weights = np.random.default_rng(queries * 41 + keys).random((3, queries, keys)).astype(np.float32)
    found = overview(Dense.of(weights), slice(1, 3), cells, pool)
    rows, columns = edges(queries, cells), edges(keys, cells)
    for i in range(len(rows) - 1):
        for j in range(len(columns) - 1):
            block = weights[1:3, rows[i] : rows[i + 1], columns[j] : columns[j + 1]]
            expected = block.max((1, 2)) if pool == "max" else block.mean((1, 2))
            np.testing.assert_allclose(found[:, i, j], expected, rtol=1e-5)


@pytest.mark.parametrize(("size", "cells"), [(1, 64), (64, 64), (65, 64), (1000, 64), (7, 3)])
def test_edges_cover_everything_with_no_empty_block(size, cells):
    found = edges(size, cells)
    assert found[0] == 0
    assert found[-1] == size
    assert (np.diff(found) >= 1).all()
    assert np.diff(found).max() - np.diff(found).min() <= 1
