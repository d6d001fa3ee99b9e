import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import regard
from regard.errors import ArgumentError
from regard.record import Attention, Dense, Factored, MaskRule, Record, Tokens
from regard.record.bfloat16 import Bfloat16
from regard.record.codes import Roots, ScaledRows, roots, scaled_rows
from regard.record.lazy import LazySource
from regard.testing import assert_weights_equal, factored_layers

finite = st.floats(-1e4, 1e4, width=32)


def record_of(layer) -> Record:
    return Record(
        {"decoder": Tokens.of(None, layer.keys)}, {"decoder": Attention("decoder", (layer,), *["decoder"] * 2)}
    )


def random_record(tokens=200, dtype=np.float32) -> Record:
    query, key = np.random.default_rng(0).standard_normal((2, 4, tokens, 32)).astype(dtype)
    layer = Factored.of(query, key[:2], scale=0.3, mask=MaskRule(after=0))
    lse = layer.rows_lse(slice(0, 4), slice(0, tokens))
    return record_of(Factored.of(query, key[:2], scale=0.3, mask=MaskRule(after=0), lse=lse))


@given(arrays(np.float32, (3, 4, 5), elements=finite))
def test_a_code_is_off_by_at_most_half_a_step(array):
    codes, scale = scaled_rows(array)
    found = ScaledRows(codes, scale)[0:3, 0:4, 0:5]
    assert (np.abs(found - array) <= scale[..., None] * 0.5001 + 1e-30).all()


@given(arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32)))
def test_roots_keep_small_weights(weights):
    found = Roots(roots(weights))[0:3, 0:4]
    assert (np.abs(found - weights) <= np.sqrt(weights) / 255 + 0.25 / 255**2 + 1e-7).all()


@pytest.mark.parametrize(("numbers", "most"), [("float32", 1e-6), ("float16", 2e-3), ("int8", 0.05)])
def test_the_error_is_measured_and_read_back(tmp_path, numbers, most):
    record = random_record()
    found = regard.open(record.save(tmp_path / "x.regard", precision=numbers))
    assert found.precision.numbers == numbers
    assert found.precision.share == 1
    worst = np.abs(np.asarray(found.weights) - np.asarray(record.weights)).max()
    assert worst == pytest.approx(found.precision.error, rel=1e-3, abs=1e-7)
    assert found.precision.error <= most
    np.testing.assert_allclose(np.asarray(found.weights).sum(-1), 1, atol=1e-5)


def test_smaller_numbers_make_smaller_files(tmp_path):
    record = random_record(1000)
    sizes = [
        record.save(tmp_path / f"{numbers}.regard", precision=numbers).stat().st_size
        for numbers in ("float32", "float16", "int8")
    ]
    assert sizes[1] < 0.55 * sizes[0]
    assert sizes[2] < 0.32 * sizes[0]


def test_nothing_is_lost_unless_asked_for(tmp_path):
    record = random_record(dtype=np.float16)
    found = regard.open(record.save(tmp_path / "x.regard"))
    assert found.precision is None
    assert_weights_equal(found, record, atol=0)


def test_losses_add_up(tmp_path):
    once = regard.open(random_record().save(tmp_path / "x.regard", precision="int8"))
    kept = regard.open(once.save(tmp_path / "y.regard"))
    assert kept.precision == once.precision
    twice = regard.open(once.save(tmp_path / "z.regard", precision="float16"))
    assert twice.precision.error > once.precision.error


def test_long_records_are_compared_in_part(tmp_path, monkeypatch):
    from regard.record import precision

    monkeypatch.setattr(precision, "_BUDGET", 8000)
    found = regard.open(random_record().save(tmp_path / "x.regard", precision="float16"))
    assert found.precision.share == pytest.approx(10 / 200)


def test_finished_weights_in_a_byte(tmp_path):
    weights = np.random.default_rng(0).dirichlet(np.full(50, 0.1), size=(1, 2, 50)).astype(np.float32)
    record = regard.from_weights(weights)
    found = regard.open(record.save(tmp_path / "x.regard", precision="int8"))
    assert found.precision.error <= 1 / 255 + 1e-5
    assert_weights_equal(found, record, atol=found.precision.error + 1e-6)
    assert (np.asarray(found.weights)[weights == 0] == 0).all()


def test_bfloat16_stays_two_bytes(tmp_path):
    bits = (np.random.default_rng(0).standard_normal((2, 30, 8), dtype=np.float32).view(np.uint32) >> 16).astype(
        np.uint16
    )
    source = LazySource({"query": Bfloat16(bits), "key": Bfloat16(bits)})
    record = record_of(Factored(source, scale=1.0))
    path = record.save(tmp_path / "x.regard")
    assert path.stat().st_size < 2 * bits.nbytes + 2000
    assert_weights_equal(regard.open(path, verify=True), record, atol=0)


@settings(deadline=None, max_examples=25)
@given(layer=factored_layers(max_tokens=10), numbers=st.sampled_from(["stored", "float32", "float16", "int8"]))
def test_every_form_survives_every_precision(layer, numbers, tmp_path_factory):
    record = record_of(layer)
    found = regard.open(record.save(tmp_path_factory.mktemp("x") / "x.regard", precision=numbers), verify=True)
    allowed = found.precision.error if found.precision else 0
    assert_weights_equal(found, record, atol=allowed + 1e-6)


@pytest.mark.usefixtures("as_users_do")
def test_wrong_precision(tmp_path):
    record = random_record(10)
    with pytest.raises(ArgumentError, match="no precision 'int4'; there are: 'stored', 'float32', 'float16', 'int8'"):
        record.save(tmp_path / "x.regard", precision="int4")
    large = np.full((1, 3, 2), 1e5, np.float32)
    with pytest.raises(ArgumentError, match=r"numbers up to 1e\+05 do not fit float16 \(65504\); use precision='int8'"):
        record_of(Factored.of(large, large, scale=1.0)).save(tmp_path / "x.regard", precision="float16")
    assert not list(tmp_path.iterdir())


def test_dense_layers_are_rounded_as_float16(tmp_path):
    record = record_of(Dense.of(np.full((2, 3, 3), 1 / 3, np.float32)))
    found = regard.open(record.save(tmp_path / "x.regard", precision="float16"))
    assert 0 < found.precision.error < 2e-4
