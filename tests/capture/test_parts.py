"""The parts of a weight give exactly that weight, the record's and the model's own, for every family."""

from typing import Any

import numpy as np
import pytest
import torch
import transformers

from regard.capture import capture
from regard.record import Factored
from regard.testing import tiny_model

DEEPSEEK = {
    "vocab_size": 512, "hidden_size": 32, "intermediate_size": 48, "moe_intermediate_size": 16, "num_hidden_layers": 2,
    "num_attention_heads": 4, "num_key_value_heads": 4, "n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 1,
    "topk_group": 1, "first_k_dense_replace": 1, "q_lora_rank": 12, "kv_lora_rank": 12, "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 4, "v_head_dim": 8, "initializer_range": 0.3, "pad_token_id": 0,
}  # fmt: skip
BLOOM = {"vocab_size": 512, "hidden_size": 32, "n_layer": 2, "n_head": 4, "initializer_range": 0.3}
ROTARY = {"content", "turned"}
TERMS = {
    ("bert", "encoder"): set(),
    ("gpt2", "decoder"): {"mask"},
    ("llama", "decoder"): {"mask", *ROTARY},
    ("mistral", "decoder"): {"mask", *ROTARY},
    ("deepseek_v3", "decoder"): {"mask", *ROTARY},
    ("gemma2", "decoder"): {"capped", "mask", *ROTARY},
    ("gpt_oss", "decoder"): {"mask", *ROTARY},
    ("t5", "encoder"): {"distance_bias"},
    ("t5", "decoder"): {"distance_bias", "mask"},
    ("t5", "cross"): set(),
    ("bart", "cross"): set(),
    ("bloom", "decoder"): {"bias", "mask"},
}


def model_of(family: str, **settings: Any) -> Any:
    if family not in ("deepseek_v3", "bloom"):
        return tiny_model(family, **settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if family == "bloom":
            return transformers.BloomForCausalLM(transformers.BloomConfig(**BLOOM, **settings)).eval()
        return transformers.DeepseekV3ForCausalLM(transformers.DeepseekV3Config(**DEEPSEEK, **settings)).eval()


@pytest.fixture(scope="module")
def captured():
    """A family's record and its eager weights by kind, made once."""
    known: dict[str, Any] = {}

    def find(family: str) -> Any:
        if family not in known:
            random = torch.Generator().manual_seed(1)
            inputs = {"input_ids": torch.randint(5, 500, (1, 13), generator=random)}
            if family in ("t5", "bart"):
                inputs["decoder_input_ids"] = torch.randint(5, 500, (1, 7), generator=random)
            record = capture(model_of(family), **inputs)
            with torch.no_grad():
                output = model_of(family, attn_implementation="eager")(**inputs, output_attentions=True)
            own = {kind: getattr(output, f"{kind}_attentions", None) or output.attentions for kind in record.kinds}
            known[family] = (record, own)
        return known[family]

    return find


@pytest.mark.parametrize(("family", "kind"), TERMS)
def test_the_parts_give_the_weight(captured, family, kind):
    record, own = captured(family)
    attention = record.attention(kind)
    for number, layer in enumerate(attention.layers):
        assert isinstance(layer, Factored)
        eager = own[kind][number][0].double().numpy()
        for head in range(layer.heads):
            for query in range(layer.queries):
                found = record.parts(number, head, query, kind=kind)
                terms = found.columns()
                total = terms["dot"] * found.scale if found.softcap is None else terms["capped"]
                for name in ("distance_bias", "bias", "mask"):
                    total = total + terms.get(name, 0)
                np.testing.assert_array_equal(terms["scores"], total)
                np.testing.assert_array_equal(terms["dot"], found.products.sum(-1))
                if "content" in terms:
                    np.testing.assert_allclose(terms["content"] + terms["turned"], terms["dot"], atol=1e-12)
                np.testing.assert_allclose(np.exp(total - found.lse), terms["weights"], rtol=1e-12)
                assert terms["weights"].sum() + found.sink_weight == pytest.approx(1, abs=1e-5)
                weights = attention.weights[number, head, query, :]
                np.testing.assert_allclose(terms["weights"], weights, rtol=2e-5, atol=1e-7)
                np.testing.assert_allclose(terms["weights"], eager[head, query], atol=1e-5)
                assert found.kv_head == head // (layer.heads // layer.kv_heads)


@pytest.mark.parametrize(("family", "kind"), TERMS)
def test_every_term_that_a_family_has_is_a_column(captured, family, kind):
    record, _ = captured(family)
    seen = record.parts(0, 0, 2, kind=kind).columns()
    assert set(seen) - {"dot", "scaled", "scores", "weights"} == TERMS[family, kind]


def test_terms_that_are_no_columns(captured):
    sinks = [captured("gpt_oss")[0].parts(0, head, query).sink_weight for head in range(4) for query in range(13)]
    assert max(sinks) > 0.1
    assert captured("gemma2")[0].parts(0, 1, 5).softcap == 2
    assert captured("llama")[0].parts(0, 3, 5).kv_head == 1
    hidden = captured("mistral")[0].parts(0, 0, 9).visible
    assert np.flatnonzero(hidden).tolist() == [6, 7, 8, 9]
    bias = captured("bloom")[0].parts(0, 1, 9).bias
    assert np.ptp(np.diff(bias)) < 1e-6 < np.diff(bias)[0]
