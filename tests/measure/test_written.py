"""What heads write, against the same taken from the model's own matrices, and on cases by hand."""

import numpy as np
import pytest
import torch

import regard
from regard import measure
from regard.capture import capture
from regard.errors import ArgumentError
from regard.measure.vectors import writes
from regard.record import Attention, Factored, MaskRule, Record, Tokens
from regard.testing import tiny_model


def record_of(layer: Factored, special: tuple[bool, ...] = ()) -> Record:
    tokens = Tokens(tuple(f"t{i}" for i in range(layer.keys)), special=special)
    return Record({"decoder": tokens}, {"decoder": Attention("decoder", (layer,), "decoder", "decoder")})


def made(keys: int, mask: MaskRule, *, width: int = 3, **arrays: np.ndarray) -> Factored:
    random = np.random.default_rng(5)
    query, key = random.standard_normal((4, keys, 4)), random.standard_normal((2, keys, 4))
    value, root = random.standard_normal((2, keys, width)), random.standard_normal((4, 2, width))
    own = np.einsum("hkd,hed->hke", value.repeat(2, axis=0), root)
    held = {"value": value, "output_root": root, "write_norm": np.linalg.norm(own, axis=-1), **arrays}
    return Factored.of(query, key, scale=0.7, mask=mask, **held)


def test_norm_weighted_attention_is_weight_times_what_is_written() -> None:
    layer = made(9, MaskRule(after=0))
    record, weights = record_of(layer), layer.read("weights", (slice(0, 4), slice(0, 9), slice(0, 9)))
    norms = layer.read("write_norm", (slice(0, 4), slice(0, 9)))
    np.testing.assert_allclose(measure.written(record, 0, 2), weights[2] * norms[2], rtol=1e-12)
    np.testing.assert_allclose(measure.written(record, 0, 2, queries=slice(3, 5)), (weights[2] * norms[2])[3:5])
    flags = np.arange(9) % 2 == 0
    share = (weights * norms[:, None])[..., flags].sum(-1) / (weights * norms[:, None]).sum(-1)
    np.testing.assert_allclose(measure.written_mass(record, flags, per_query=True)[0], share, rtol=1e-9)
    np.testing.assert_allclose(measure.written_mass(record, flags)[0], share.mean(-1), rtol=1e-9)


def test_a_sink_that_passes_nothing_on_has_mass_and_writes_nothing() -> None:
    layer = made(6, MaskRule(after=0), write_norm=np.tile([0.0, 1, 1, 1, 1, 1], (4, 1)))
    first = np.arange(6) == 0
    assert measure.mass(record_of(layer), first).min() > 0.2
    found = measure.written_mass(record_of(layer), first, per_query=True)
    assert np.isnan(found[0, :, 0]).all()
    np.testing.assert_array_equal(found[0, :, 1:], 0)


def test_coherence_is_one_where_parts_agree_and_small_where_they_cancel() -> None:
    zero = np.zeros((2, 4, 1))
    same = Factored.of(
        zero, zero, scale=1.0, value=np.ones((2, 4, 1)), output_root=np.ones((2, 1, 1)), write_norm=np.ones((2, 4))
    )
    np.testing.assert_allclose(measure.coherence(record_of(same)), [[1, 1]])
    signs = np.array([1.0, -1.0, 1.0, -1.0])[None, :, None].repeat(2, axis=0)
    cancel = Factored.of(zero, zero, scale=1.0, value=signs, output_root=np.ones((2, 1, 1)), write_norm=np.ones((2, 4)))
    np.testing.assert_allclose(measure.coherence(record_of(cancel)), [[0, 0]], atol=1e-12)


MASKS = {"full": MaskRule(), "causal": MaskRule(after=0), "window": MaskRule(before=6, after=0)}


@pytest.mark.parametrize("mask", MASKS)
def test_effective_attention_is_the_row_without_the_left_null_space(mask: str) -> None:
    keys = 300 if mask == "causal" else 12
    layer = made(keys, MASKS[mask])
    record, head = record_of(layer), 3
    weights = layer.read("weights", (slice(head, head + 1), slice(0, keys), slice(0, keys)))[0]
    value = layer.read("value", (slice(1, 2), slice(0, keys), slice(0, 3)))[0]
    written = value @ layer.read("output_root", (slice(head, head + 1), slice(0, 2), slice(0, 3)))[0].T
    found = measure.effective_attention(record, 0, head)
    np.testing.assert_allclose(found @ written, weights @ written, atol=1e-10)
    hidden = layer.mask.hidden(np.arange(keys)[:, None], np.arange(keys)[None])
    assert (found[hidden] == 0).all()
    for query in (1, 5, keys - 1):
        seen = ~hidden[query]
        full = np.linalg.svd(written[seen])[0]
        rank = np.linalg.matrix_rank(written[seen])
        null = full[:, rank:]
        expected = weights[query, seen] - null @ (null.T @ weights[query, seen])
        np.testing.assert_allclose(found[query, seen], expected, atol=1e-9)
    share = measure.effective_share(record, per_query=True)[0, head]
    more = (~hidden).sum(-1) > 2
    np.testing.assert_allclose(share[more], ((found**2).sum(-1) / (weights**2).sum(-1))[more], rtol=1e-6)
    assert np.isnan(share[~more]).all()
    np.testing.assert_allclose(
        measure.effective_attention(record, 0, head, queries=range(4, 7)), found[4:7], atol=1e-12
    )


def test_effective_attention_is_attention_where_no_more_keys_are_seen_than_the_rank() -> None:
    layer = made(2, MaskRule())
    weights = layer.read("weights", (slice(0, 1), slice(0, 2), slice(0, 2)))[0]
    np.testing.assert_allclose(measure.effective_attention(record_of(layer), 0, 0), weights, atol=1e-9)


def test_copying_ranks_the_attended_token_and_leaves_the_first_and_added_ones_out() -> None:
    rank = np.array([[0.0, 1.0, 0.5, 0.0, 1.0], [1, 0, 0, 0, 0]])
    query = key = np.zeros((2, 5, 1))
    record = record_of(
        Factored.of(query, key, scale=1.0, mask=MaskRule(after=0), copy_rank=rank), (False,) * 4 + (True,)
    )
    found = measure.copying(record, per_query=True)[0]
    np.testing.assert_allclose(found, [[np.nan, 1, 0.5, 0, 0], [np.nan, -1, -1, -1, -1]], atol=1e-12)
    np.testing.assert_allclose(measure.copying(record, keys=np.arange(5) == 4)[0], [1, -1])
    role = measure.roles(record)["copying"]
    assert role.heads() == [(0, 0)]
    np.testing.assert_array_equal(role.baseline, 0)


PARTS = {
    "llama": ("model.layers.1.self_attn.o_proj", "model.norm"),
    "gpt2": ("transformer.h.1.attn.c_proj", "transformer.ln_f"),
}


@pytest.mark.parametrize("family", PARTS)
def test_captured_ranks_are_those_of_the_direct_path(family: str) -> None:
    model, ids = tiny_model(family), torch.randint(5, 500, (1, 9), generator=torch.Generator().manual_seed(2))
    record = capture(model, input_ids=ids, values="vectors", copying=True)
    layer, head = record.attention().layer(1), 2
    output = model.get_submodule(PARTS[family][0]).weight
    output = (output if family == "llama" else output.T).detach()[:, head * 8 : head * 8 + 8]
    value = torch.tensor(
        layer.read("value", (slice(0, layer.kv_heads), slice(0, 9), slice(0, 8)))[head // (4 // layer.kv_heads)]
    )
    written = value @ output.T
    np.testing.assert_allclose(np.linalg.norm(writes(layer, head), axis=-1), written.norm(dim=-1), rtol=1e-5)
    scale = model.get_submodule(PARTS[family][1]).weight.detach()
    moved = written if family == "llama" else written - written.mean(-1, keepdim=True)
    logits = (moved * scale) @ model.get_output_embeddings().weight.detach().T
    others = np.random.default_rng(0).choice(512, 256, replace=False)
    for key in range(9):
        rest = others[others != int(ids[0, key])]
        expected = (logits[key, rest] < logits[key, ids[0, key]]).float().mean()
        rank = layer.read("copy_rank", (slice(head, head + 1), slice(key, key + 1)))[0, 0]
        assert rank == pytest.approx(float(expected), abs=0.01)


def test_vectors_and_ranks_are_kept_in_files_and_of_some_heads(tmp_path) -> None:
    model, ids = tiny_model("llama"), torch.arange(5, 14)[None]
    whole = capture(model, input_ids=ids, values="vectors", copying=True)
    part = capture(model, input_ids=ids, values="vectors", copying=True, heads=[3], positions=slice(4, 9))
    kept = regard.open(part.save(tmp_path / "part.regard"))
    expected = measure.effective_attention(whole, 1, 3)[4:9]
    np.testing.assert_allclose(measure.effective_attention(part, 1, 3), expected, atol=1e-6)
    np.testing.assert_allclose(measure.effective_attention(kept, 1, 3), expected, atol=1e-6)
    found = measure.copying(kept, per_query=True)[1]
    np.testing.assert_allclose(found[3], measure.copying(whole, per_query=True)[1, 3, 4:9], rtol=1e-5)
    assert np.isnan(found[:3]).all()


@pytest.mark.usefixtures("as_users_do")
def test_what_was_not_captured_is_said() -> None:
    model, ids = tiny_model("llama"), torch.arange(5, 12)[None]
    record = capture(model, input_ids=ids)
    with pytest.raises(ArgumentError, match=r"does not hold what its heads write \(write_norm\); .* values=True"):
        measure.written(record, 0, 0)
    with pytest.raises(ArgumentError, match=r'\(output_root\); capture it with values="vectors"'):
        measure.coherence(record)
    with pytest.raises(ArgumentError, match=r"capture with values='vectors'"):
        measure.effective_share(record)
    with pytest.raises(ArgumentError, match=r"capture a language model with regard.capture\(..., copying=True\)"):
        measure.copying(record)
    with pytest.raises(ArgumentError, match=r"no way to keep values 'all'; there are: True, False, 'vectors'"):
        capture(model, input_ids=ids, values="all")
    whole = capture(model, input_ids=ids, values="vectors")
    with pytest.raises(ArgumentError, match=r"queries must be a run within 0 to 7; got range\(3, 9\)"):
        measure.effective_attention(whole, 0, 0, queries=range(3, 9))


def test_a_model_without_a_vocabulary_copies_nothing() -> None:
    with pytest.warns(
        UserWarning, match="copying=True: BertModel has no vocabulary that its residual stream goes to directly"
    ):
        capture(tiny_model("bert"), input_ids=torch.arange(5, 12)[None], copying=True)
