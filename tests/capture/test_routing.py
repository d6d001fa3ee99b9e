"""Router choices: equal to what the model's own router logits mean, for the record's own tokens."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import transformers

import regard
from regard.errors import ArgumentError
from regard.testing import tiny_model

DECODER = {
    "vocab_size": 64,
    "hidden_size": 32,
    "intermediate_size": 24,
    "moe_intermediate_size": 24,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 64,
    "initializer_range": 0.3,
    "num_experts_per_tok": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
DEEPSEEK = {
    **{name: value for name, value in DECODER.items() if name != "head_dim"},
    "num_key_value_heads": 4,
    "n_routed_experts": 8,
    "num_experts_per_tok": 3,
    "first_k_dense_replace": 1,
    "n_group": 2,
    "topk_group": 1,
    "kv_lora_rank": 8,
    "q_lora_rank": 8,
    "qk_nope_head_dim": 8,
    "qk_rope_head_dim": 4,
    "v_head_dim": 8,
}
T5_LIKE = {
    "vocab_size": 64,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 24,
    "num_heads": 4,
    "num_layers": 2,
    "num_decoder_layers": 2,
    "num_sparse_encoder_layers": 1,
    "num_sparse_decoder_layers": 1,
    "num_experts": 4,
    "decoder_start_token_id": 0,
}
NLLB = {
    "vocab_size": 64,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 24,
    "decoder_ffn_dim": 24,
    "encoder_sparse_step": 2,
    "decoder_sparse_step": 2,
    "num_experts": 4,
    "max_position_embeddings": 64,
}
MODELS = {
    "mixtral": ("MixtralForCausalLM", {**DECODER, "num_local_experts": 4}),
    "qwen3_moe": ("Qwen3MoeForCausalLM", {**DECODER, "num_experts": 4, "norm_topk_prob": True, "mlp_only_layers": [1]}),
    "qwen2_moe": ("Qwen2MoeForCausalLM", {**DECODER, "num_experts": 4, "shared_expert_intermediate_size": 8}),
    "olmoe": ("OlmoeForCausalLM", {**DECODER, "num_experts": 4}),
    "gpt_oss": ("GptOssForCausalLM", {**DECODER, "num_local_experts": 4, "sliding_window": 4}),
    "deepseek_v3": ("DeepseekV3ForCausalLM", DEEPSEEK),
    "deepseek_v2": ("DeepseekV2ForCausalLM", {**DEEPSEEK, "n_group": 1, "topk_method": "greedy"}),
    "granitemoe": ("GraniteMoeForCausalLM", {**DECODER, "num_local_experts": 4}),
    "llama4_text": ("Llama4ForCausalLM", {**DECODER, "num_local_experts": 4, "intermediate_size_mlp": 24}),
    "dbrx": (
        "DbrxForCausalLM",
        {
            "vocab_size": 64,
            "d_model": 32,
            "n_heads": 4,
            "n_layers": 2,
            "max_seq_len": 64,
            "attn_config": {"kv_n_heads": 2, "rope_theta": 1e4, "clip_qkv": 8},
            "ffn_config": {"ffn_hidden_size": 24, "moe_num_experts": 4, "moe_top_k": 2},
        },
    ),
    "jetmoe": (
        "JetMoeForCausalLM",
        {**DECODER, "num_key_value_heads": 2, "kv_channels": 8, "num_local_experts": 4, "num_attention_heads": 4},
    ),
    "switch_transformers": ("SwitchTransformersForConditionalGeneration", T5_LIKE),
    "nllb-moe": ("NllbMoeForConditionalGeneration", NLLB),
}
IDS = torch.tensor([[5, 9, 33, 7, 7, 21, 40, 3]])


def model_of(name: str, **settings):
    """A small model with experts, weights fixed, routers as far from uniform as the rest."""
    architecture, config = MODELS[name]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        cls = getattr(transformers, architecture)
        model = cls(cls.config_class(**{**config, **settings}))
        for path, parameter in model.named_parameters():
            if parameter.ndim > 1 and any(word in path for word in ("gate.weight", "router")):
                torch.nn.init.normal_(parameter, std=0.5)
    return model.eval()


def softmax_first(logits, k, *, renormalised):
    gates, experts = logits.float().softmax(-1).topk(k)
    return experts, gates / gates.sum(-1, keepdim=True) if renormalised else gates


def softmax_last(logits, k):
    gates, experts = logits.topk(k)
    return experts, gates.softmax(-1)


def of_groups(logits, k, *, groups, kept, factor):
    """DeepSeek V3: sigmoid gates, the best experts of the best groups, renormalised and scaled."""
    gates = logits.sigmoid()
    by_group = gates.reshape(len(gates), groups, -1)
    best = by_group.topk(2).values.sum(-1).topk(kept).indices
    allowed = torch.zeros(len(gates), groups).scatter_(1, best, 1.0).bool()[..., None].expand(by_group.shape)
    experts = gates.masked_fill(~allowed.reshape(gates.shape), -1).topk(k).indices
    found = gates.gather(1, experts)
    return experts, factor * found / found.sum(-1, keepdim=True)


EXPECTED = {
    "mixtral": lambda logits: softmax_first(logits, 2, renormalised=True),
    "qwen3_moe": lambda logits: softmax_first(logits, 2, renormalised=True),
    "qwen2_moe": lambda logits: softmax_first(logits, 2, renormalised=False),
    "olmoe": lambda logits: softmax_first(logits, 2, renormalised=False),
    "gpt_oss": lambda logits: softmax_last(logits, 2),
    "granitemoe": lambda logits: softmax_last(logits, 2),
    "deepseek_v3": lambda logits: of_groups(logits, 3, groups=2, kept=1, factor=2.5),
    "deepseek_v2": lambda logits: softmax_first(logits, 3, renormalised=False),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_choices_are_what_the_router_logits_mean(name):
    model = model_of(name)
    record = regard.capture(model, input_ids=IDS)
    with torch.no_grad():
        logits = model(input_ids=IDS, output_router_logits=True).router_logits
    routing = record.routing
    assert len(logits) == len(routing.present) >= 2
    for number, found in zip(routing.present, logits, strict=True):
        experts, gates = EXPECTED[name](found)
        layer = routing.layer(number)
        order = gates.argsort(-1, descending=True)
        np.testing.assert_array_equal(layer.experts, experts.gather(1, order).numpy())
        np.testing.assert_allclose(layer.gates, gates.gather(1, order).numpy(), atol=1e-6)
        assert layer.count == found.shape[-1]
        assert layer.load.sum() == pytest.approx(1)


def test_dense_layers_say_so():
    routing = regard.capture(model_of("deepseek_v3"), input_ids=IDS).routing
    assert routing.present == (1, 2)
    with pytest.raises(ArgumentError, match=r"layer 0 has no router choices .*\[1, 2\]"):
        routing.layer(0)
    with pytest.raises(ArgumentError, match=r"no layer with experts in the decoder 7; there are: 1, 2"):
        routing.layer(7)


@pytest.mark.parametrize("name", ["llama4_text", "dbrx", "jetmoe"])
def test_routers_that_return_no_choices(name):
    model = model_of(name)
    record = regard.capture(model, input_ids=IDS)
    router = next(m for m in model.modules() if type(m).__name__ in ("Llama4Router", "DbrxRouter", "JetMoeTopKGating"))
    assert record.routing.present == tuple(range(len(record.routing.layers)))
    for number in record.routing.present:
        layer = record.routing.layer(number)
        assert (np.diff(layer.gates) <= 0).all()
        assert (layer.gates > 0).all()
        assert all(len(set(row)) == len(row) for row in layer.experts.tolist())
    assert not router._forward_hooks


def test_an_encoder_decoder_with_full_experts():
    record = regard.capture(
        model_of("switch_transformers", expert_capacity=1), input_ids=IDS, decoder_input_ids=IDS[:, :5]
    )
    assert set(record.routings) == {"encoder", "decoder"}
    layer = record.routings["encoder"].layer(1)
    assert layer.experts.shape == (8, 1)
    kept = layer.experts[:, 0][layer.experts[:, 0] >= 0]
    assert len(set(kept.tolist())) == len(kept) < 8
    assert (layer.gates[layer.experts < 0] == 0).all()
    assert layer.load.sum() == pytest.approx(len(kept) / 8)
    with pytest.raises(ArgumentError, match="several sequences"):
        record.routing  # noqa: B018


def test_two_experts_of_a_translation_model():
    record = regard.capture(model_of("nllb-moe"), input_ids=IDS, decoder_input_ids=IDS[:, :5])
    layer = record.routings["decoder"].layer(1)
    assert layer.experts.shape == (5, 2)
    seen = layer.experts[:, 0] >= 0
    assert seen.any()
    np.testing.assert_allclose(layer.gates[seen & (layer.experts[:, 1] >= 0)].sum(1), 1, atol=1e-5)


def test_rows_and_padding():
    model = model_of("mixtral")
    padded = torch.cat([torch.zeros(1, 3, dtype=torch.long), IDS[:, :5]], dim=1)
    mask = (padded != 0).long()
    both = regard.capture(
        model, input_ids=torch.cat([IDS, padded]), attention_mask=torch.cat([torch.ones_like(IDS), mask])
    )
    alone = regard.capture(model, input_ids=IDS[:, :5])
    for number in range(3):
        np.testing.assert_array_equal(both[1].routing.layer(number).experts, alone.routing.layer(number).experts)
        np.testing.assert_allclose(both[1].routing.layer(number).gates, alone.routing.layer(number).gates, atol=1e-5)
    assert both[0].routing.layer(0).tokens == 8


def test_only_the_layers_asked_for():
    record = regard.capture(model_of("mixtral"), input_ids=IDS, layers=[1], positions=slice(2, 4))
    assert record.routing.present == (1,)
    assert record.routing.layer(1).tokens == 8


def test_a_router_that_cannot_be_read_is_named():
    config = transformers.DogeConfig(**{**DECODER, "is_moe": True, "num_experts": 16, "num_hidden_layers": 1})
    model = transformers.DogeForCausalLM(config).eval()
    with pytest.warns(UserWarning, match="router choices of DogeCDMoE are not in the record"):
        record = regard.capture(model, input_ids=IDS)
    assert record.routings == {}


def test_a_model_without_experts():
    record = regard.capture(tiny_model("llama"), input_ids=IDS)
    assert record.routings == {}
    with pytest.raises(ArgumentError, match="no router choices: the model has no layers with experts"):
        record.routing  # noqa: B018


def test_the_model_is_left_as_it_was():
    model = model_of("mixtral")
    with torch.no_grad():
        before = model(input_ids=IDS).logits
    kept = []
    with model.register_forward_hook(lambda _module, _args, output: kept.append(output.logits)):
        regard.capture(model, input_ids=IDS)
    assert torch.equal(kept[0], before)
    assert not any(module._forward_hooks for module in model.modules())


@pytest.mark.parametrize("settings", [{}, {"num_beams": 3}])
@pytest.mark.parametrize("name", ["mixtral", "gpt_oss"])
def test_generation_equals_one_full_pass(name, settings):
    model = model_of(name, eos_token_id=None)
    record = regard.capture_generation(
        model, input_ids=IDS, attention_mask=torch.ones_like(IDS), max_new_tokens=6, do_sample=False, **settings
    )
    assert not record.generation.rerun
    ids = torch.tensor(record.tokens.ids)[None]
    whole = regard.capture(model, input_ids=ids)
    for number in whole.routing.present:
        found, expected = record.routing.layer(number), whole.routing.layer(number)
        assert found.tokens == len(record.tokens) == 13
        np.testing.assert_array_equal(found.experts, expected.experts)
        np.testing.assert_allclose(found.gates, expected.gates, atol=1e-5)


def test_generation_of_a_padded_batch():
    model = model_of("mixtral", eos_token_id=None)
    ids = torch.cat([IDS, torch.cat([torch.zeros(1, 3, dtype=torch.long), IDS[:, :5]], dim=1)])
    records = regard.capture_generation(model, input_ids=ids, attention_mask=(ids != 0).long(), max_new_tokens=4)
    whole = regard.capture(model, input_ids=torch.tensor(records[1].tokens.ids)[None])
    assert len(records[1].tokens) == 8
    np.testing.assert_array_equal(records[1].routing.layer(2).experts, whole.routing.layer(2).experts)


def test_saved_and_reopened(tmp_path):
    record = regard.capture(model_of("deepseek_v3"), input_ids=IDS)
    found = regard.open(record.save(tmp_path / "x.regard"))
    assert found.routing.present == (1, 2)
    for number in (1, 2):
        np.testing.assert_array_equal(found.routing.layer(number).experts, record.routing.layer(number).experts)
        np.testing.assert_array_equal(found.routing.layer(number).gates, record.routing.layer(number).gates)
        assert found.routing.layer(number).count == 8


def test_the_summary_says_how_many_experts():
    shown = regard.capture(model_of("deepseek_v3"), input_ids=IDS)
    line = next(line for line in repr(shown).splitlines() if "experts" in line)
    assert line.startswith("  decoder experts: 3 of 8 for each token in layers 1–2; none in layer 0; busiest: layer ")


def test_exported_with_the_record(tmp_path):
    record = regard.capture(model_of("mixtral"), input_ids=IDS)
    with np.load(record.export(tmp_path / "x.npz")) as found:
        np.testing.assert_array_equal(found["routing.decoder.2.experts"], record.routing.layer(2).experts)
        np.testing.assert_array_equal(found["routing.decoder.2.gates"], record.routing.layer(2).gates)


def test_half_precision_gates_are_readable():
    record = regard.capture(model_of("mixtral").to(torch.bfloat16), input_ids=IDS)
    assert record.routing.layer(0).gates.dtype == np.float32
