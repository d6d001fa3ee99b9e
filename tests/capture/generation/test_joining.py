"""Spans and biases of passes, joined."""

import numpy as np
import pytest

from regard.capture.generation.bias import Bias
from regard.capture.generation.spans import Spans, joined
from regard.record import MaskRule


def passes(rule, queries, *, arrays=None):
    """One pass for a prompt of ``queries[0]`` and one for each later number, every one over all keys so far."""
    found, past = [], 0
    for count in queries:
        keys = past + count
        seen = MaskRule(rule.before, rule.after, rule.chunk, keys - count)
        found.append(Spans.of(seen, arrays or {}, past, count, 0, keys))
        past = keys
    return found


@pytest.mark.parametrize(
    "rule", [MaskRule(after=0), MaskRule(before=2, after=0), MaskRule(after=0, chunk=4), MaskRule(before=0, after=0)]
)
@pytest.mark.parametrize("queries", [(9,), (3, 1, 1, 1, 1, 1, 1), (1,) * 9, (2, 4, 3)])
def test_a_rule_is_found_again(rule, queries):
    assert joined(passes(rule, queries), 9, 9) == (rule, {})


def test_a_sliding_cache_that_has_let_go_of_keys():
    spans = [Spans.of(MaskRule(before=2, after=0), {}, 0, 5, 0, 5)]
    spans += [Spans.of(MaskRule(), {}, past, 1, past - 2, 3) for past in range(5, 9)]
    assert joined(spans, 9, 9) == (MaskRule(before=2, after=0), {})


def test_passes_beyond_the_end_are_cut():
    assert joined(passes(MaskRule(after=0), (3, 1, 1, 1)), 4, 4) == (MaskRule(after=0), {})


def test_cross_attention_sees_everything():
    spans = [Spans.of(MaskRule(), {}, past, 1, 0, 6) for past in range(4)]
    assert joined(spans, 4, 6) == (MaskRule(), {})


def test_what_is_no_rule_is_kept_cell_by_cell():
    prefix = [Spans.of(MaskRule(), {}, 0, 3, 0, 3), *passes(MaskRule(after=0), (3, 1, 1))[1:]]
    rule, arrays = joined(prefix, 5, 5)
    expected = np.tril(np.ones((5, 5), bool))
    expected[:3, :3] = True
    assert rule == MaskRule()
    np.testing.assert_array_equal(arrays["visible"], expected[None])


def test_cells_of_some_heads_are_kept_for_all():
    cells = np.array([[[True, False, True]], [[True, True, True]]])
    spans = [*passes(MaskRule(after=0), (2,)), Spans.of(MaskRule(), {"visible": cells}, 2, 1, 0, 3)]
    visible = joined(spans, 3, 3)[1]["visible"]
    np.testing.assert_array_equal(visible[0], [[1, 0, 0], [1, 1, 0], [1, 0, 1]])
    np.testing.assert_array_equal(visible[1], [[1, 0, 0], [1, 1, 0], [1, 1, 1]])


def bias_of(matrix, queries):
    """A bias [head, query, key] handed over pass by pass."""
    bias, row = Bias.none(0), 0
    for spans in passes(MaskRule(after=0), queries):
        stop = row + spans.queries
        bias = bias.extended([{"bias": matrix[:, row:stop, :stop]}], spans)
        row = stop
    return bias.arrays([0] * row, row)


def dense(arrays, count):
    if "distance_bias" in arrays:
        entry = np.arange(count)[None, :] - np.arange(count)[:, None] + count - 1
        return arrays["distance_bias"][:, entry]
    return np.broadcast_to(arrays["bias"], (len(arrays["bias"]), count, count))


DISTANCE = np.random.default_rng(0).normal(size=(2, 8))
KINDS = {
    "distance_bias": DISTANCE[:, np.abs(np.arange(8)[:, None] - np.arange(8)[None, :])],
    "by key": np.broadcast_to(DISTANCE[:, None, :], (2, 8, 8)),
    "rows": np.random.default_rng(1).normal(size=(2, 8, 8)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("queries", [(8,), (3, 1, 1, 1, 1, 1), (1,) * 8, (2, 3, 3)])
def test_biases_are_joined_as_lines_where_they_are(kind, queries):
    matrix = KINDS[kind]
    arrays = bias_of(matrix, queries)
    seen = np.tril(np.ones((8, 8), bool))
    np.testing.assert_array_equal(np.where(seen, dense(arrays, 8), 0), np.where(seen, matrix, 0))
    if kind == "distance_bias":
        assert arrays["distance_bias"].shape == (2, 15)
    else:
        assert arrays["bias"].shape == ((2, 1, 8) if kind == "by key" else (2, 8, 8))


def test_a_bias_that_begins_late_and_breaks_its_line():
    matrix = np.zeros((1, 5, 5))
    matrix[0, 3, :4] = [0, 1, 0, 2]
    seen = np.tril(np.ones((5, 5), bool))
    np.testing.assert_array_equal(dense(bias_of(matrix, (2, 1, 1, 1)), 5)[0] * seen, matrix[0])


def test_no_bias_is_no_array():
    assert bias_of(np.zeros((1, 4, 4)), (3, 1)) == {}


def test_biases_of_single_rows_follow_their_row():
    spans = passes(MaskRule(after=0), (2, 1, 1))
    rows = [[{"bias": np.full((1, 1, count), row)} for row in (1.0, 2.0)] for count in (3, 4)]
    bias = Bias.none(0).extended([{}], spans[0])
    for found, at in zip(rows, spans[1:], strict=True):
        bias = bias.extended(found, at)
    found = bias.arrays([0, 0, 1, 0], 4)["bias"]
    np.testing.assert_array_equal(found[0], [[0, 0, 0, 0], [0, 0, 0, 0], [2, 2, 2, 0], [1, 1, 1, 1]])
