"""Every row of a batch is recorded as if it had been alone: padding is in no query, key, token or weight."""

import numpy as np
import pytest
import torch

from regard.capture import capture
from regard.errors import NoAttentionError
from regard.record import MaskRule
from regard.testing import FAMILIES, assert_weights_equal, tiny_model, tiny_tokenizer

LENGTHS = (9, 5, 1, 12)


def padded(ids, lengths, side):
    width = max(lengths)
    rows = [torch.cat([ids[i, :n], torch.zeros(width - n, dtype=torch.long)]) for i, n in enumerate(lengths)]
    if side == "left":
        rows = [row.roll(width - n) for row, n in zip(rows, lengths, strict=True)]
    batch = torch.stack(rows)
    return batch, (batch != 0).long()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("side", "kernel"), [("left", "sdpa"), ("right", "sdpa"), ("left", "eager")])
def test_rows_equal_runs_without_padding(family, side, kernel, inputs_for):
    if family in ("gemma2", "gpt_oss") and kernel == "sdpa":
        pytest.skip(f"{family} has no sdpa kernel in transformers: it needs soft-caps or sinks")
    model = tiny_model(family, attn_implementation=kernel)
    given = inputs_for(family, tokens=12, rows=4)
    ids, mask = padded(given.pop("input_ids"), LENGTHS, side)
    extra = dict(given)
    if family in ("bert", "gpt2") and side == "left":
        extra["position_ids"] = (mask.cumsum(-1) - 1).clamp(min=0)
    if family == "bart" and side == "left":
        pytest.skip("bart counts its learned positions from the padding on, so left-padded rows are another input")
    records = capture(model, input_ids=ids, attention_mask=mask, **extra)
    assert isinstance(records, list)
    for number, (record, length) in enumerate(zip(records, LENGTHS, strict=True)):
        row = {name: value[number : number + 1] for name, value in given.items()}
        alone = capture(model, input_ids=ids[number][mask[number].bool()][None], **row)
        for kind in alone.kinds:
            assert_weights_equal(record.attention(kind), alone.attention(kind), atol=1e-4)
            masks = [layer.mask for layer in alone.attention(kind).layers]
            assert [layer.mask for layer in record.attention(kind).layers] == masks
            assert not {"visible", "bias"} & set(record.attention(kind).layers[0].arrays())
        stream = record.attention(record.kinds[0]).key_stream
        assert len(record.streams[stream]) == length


def test_decoder_padding_is_left_out_too(inputs_for):
    model = tiny_model("bart")
    given = inputs_for("bart", tokens=6, target=9, rows=4)
    ids, mask = padded(given["decoder_input_ids"][:, :9], (9, 5, 1, 7), "right")
    records = capture(model, input_ids=given["input_ids"], decoder_input_ids=ids, decoder_attention_mask=mask)
    assert [len(record.streams["decoder"]) for record in records] == [9, 5, 1, 7]
    assert [record.attention("cross").weights.shape for record in records] == [(3, 4, n, 6) for n in (9, 5, 1, 7)]


def test_text_batches_need_no_padding_token():
    tokenizer = tiny_tokenizer("byte_level")
    tokenizer.pad_token = None
    model = tiny_model("gpt2")
    texts = ["The cat sat on the mat and looked.", "The dog"]
    for record, text in zip(capture(model, tokenizer, texts), texts, strict=True):
        alone = capture(model, tokenizer, text)
        assert_weights_equal(record, alone)
        assert record.tokens.pieces == alone.tokens.pieces
        assert "".join(record.tokens.pieces) == text


def test_one_row_is_a_record_and_a_list_of_one_a_list():
    model, tokenizer = tiny_model("bert"), tiny_tokenizer()
    ids = torch.tensor([[2, 30, 31, 3]])
    assert not isinstance(capture(model, input_ids=ids), list)
    assert not isinstance(capture(model, tokenizer, "The cat"), list)
    assert len(capture(model, tokenizer, ["The cat"])) == 1
    assert len(capture(model, input_ids=ids.repeat(3, 1))) == 3


def test_holes_in_the_mask_are_left_out(llama, inputs_for):
    ids = inputs_for("llama")["input_ids"]
    mask = torch.ones_like(ids)
    mask[0, [2, 3, 8]] = 0
    record = capture(llama, input_ids=ids, attention_mask=mask)
    assert record.weights.shape == (3, 4, 10, 10)
    assert record.attention().layer(0).mask == MaskRule(after=0)
    assert np.allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-5)


def test_a_model_that_attends_to_padding_is_not_misreported(bert, inputs_for):
    ids = inputs_for("bert")["input_ids"]
    mask = torch.tensor([[1] * 10 + [0] * 3])

    def ignore_mask(_module, args, kwargs):
        return args, {**kwargs, "attention_mask": torch.ones_like(mask)}

    bert.register_forward_pre_hook(ignore_mask, with_kwargs=True)
    with pytest.raises(NoAttentionError, match=r"attends to padding.*Capture the texts one by one"):
        capture(bert, input_ids=ids, attention_mask=mask)


def test_a_mask_that_is_no_rule_is_kept(llama, inputs_for):
    ids = inputs_for("llama", tokens=6)["input_ids"]
    seen = torch.tril(torch.ones(6, 6, dtype=torch.bool))
    seen[4, 1] = False
    record = capture(llama, input_ids=ids, attention_mask=seen[None, None])
    assert "visible" in record.attention().layer(0).arrays()
    weights = np.asarray(record.weights)
    assert (weights[:, :, ~seen.numpy()] == 0).all()
    assert np.allclose(weights.sum(-1), 1, atol=1e-5)
