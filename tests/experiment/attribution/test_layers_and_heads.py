"""Value zeroing and head importance, against the same by edits."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
import transformers

from experiment.attribution.made import bert, gpt2, llama
from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError, NoAttentionError
from regard.experiment import Edit, KnockOut
from regard.testing import tiny_model

IDS = {"input_ids": ids_of(8)}


def states(model, layer):
    with torch.no_grad():
        return model(**IDS, output_hidden_states=True).hidden_states[layer + 1][0].double()


@pytest.mark.parametrize(("make", "options"), [(gpt2, {}), (bert, {"position": 3})])
def test_value_zeroing_is_the_turn_of_each_state(make, options):
    model = make()
    question = experiment.ask(model, **IDS, **options, batch=3)
    found = experiment.value_zeroing(question, layer=[0, 1])
    for layer in (0, 1):
        whole = states(model, layer)
        for key in (0, 4):
            with experiment.editing(model, KnockOut(layer=layer, key=key, how="value")):
                changed = states(model, layer)
            expected = 1 - torch.nn.functional.cosine_similarity(whole, changed, dim=-1).numpy()
            seen = np.arange(8) >= (key if make is gpt2 else 0)
            assert found.values[layer][seen, key] == pytest.approx(expected[seen], abs=1e-9)
            assert expected[seen].max() > 1e-3
            assert np.isnan(found.values[layer][~seen, key]).all()
    ones = experiment.value_zeroing(question, layer=1, rows_to_one=True)
    assert np.nansum(ones.values, -1) == pytest.approx(1)
    assert ones.values[0] == pytest.approx(found.values[1] / np.nansum(found.values[1], -1, keepdims=True), nan_ok=True)
    assert (ones.effect, ones.whole.shape) == ("distance", (3, 8, 8))


@pytest.mark.parametrize("name", ["llama", "mistral", "gpt_oss", "t5"])
def test_value_zeroing_runs_for(name):
    inputs = {"decoder_input_ids": ids_of(5, seed=1)} if name == "t5" else {}
    question = experiment.ask(tiny_model(name), **IDS, **inputs)
    found = experiment.value_zeroing(question, layer=1, kind="cross" if inputs else None)
    assert found.values.shape == ((1, 5, 8) if inputs else (1, 8, 8))
    assert np.nanmax(found.values) > 1e-3
    assert question.passes.read(question.passes.output()).detach() == pytest.approx(question.passes.whole, abs=1e-5)
    assert not any(module._forward_hooks for module in question.model.modules())


@pytest.mark.parametrize("name", ["GPTNeo", "Falcon"])
def test_attention_in_a_model_s_own_code(name):
    """GPT-Neo takes its own softmax, Falcon calls torch's function itself."""
    settings = {"hidden_size": 32, "vocab_size": 512, "initializer_range": 0.3, "bos_token_id": 1, "eos_token_id": 2}
    if name == "GPTNeo":
        settings |= {"num_layers": 2, "num_heads": 4, "intermediate_size": 48, "attention_types": [[["global"], 2]]}
    else:
        settings |= {"num_hidden_layers": 2, "num_attention_heads": 4}
    torch.manual_seed(0)
    config = getattr(transformers, f"{name}Config")(**settings)
    model = getattr(transformers, f"{name}ForCausalLM")(config).eval()
    question = experiment.ask(model, **IDS)
    assert abs(experiment.cp_lrp(question).gap) < 1e-4
    heads = experiment.head_importance(question)
    ends = experiment.run(question, [Scaled(layer=1, head=2, factor=1 + step) for step in (1e-2, -1e-2)])
    assert heads.values[1, 2] == pytest.approx(np.subtract(*ends.values) / 2e-2, rel=0.02, abs=1e-4)
    found = experiment.value_zeroing(question, layer=0)
    with experiment.editing(model, KnockOut(layer=0, key=4, how="value")):
        changed = states(model, 0)
    expected = 1 - torch.nn.functional.cosine_similarity(states(model, 0), changed, dim=-1).numpy()
    assert found.values[0, 4:, 4] == pytest.approx(expected[4:], abs=1e-5)
    assert np.nansum(experiment.integrated_rows(question, layer=1, steps=30).values) != 0
    if name == "GPTNeo":
        with pytest.raises(NoAttentionError, match=r"GPTNeoSelfAttention sums values in its own code"):
            experiment.direct_logits(question)
    else:
        assert abs(experiment.direct_logits(question).gap) < 1e-4


@dataclass(frozen=True, eq=False, kw_only=True)
class Scaled(Edit):
    factor: float = 1.0

    @property
    def changes_weights(self):
        return False

    def on_output(self, output, box):
        return output * self.factor


@pytest.mark.parametrize("make", [gpt2, llama])
@pytest.mark.parametrize("effect", ["log_p", "logit"])
def test_head_importance_is_the_slope_of_scaling_a_head(make, effect):
    question = experiment.ask(make(), **IDS, effect=effect)
    found = experiment.head_importance(question)
    for layer, head in ((0, 1), (1, 3), (2, 0)):
        ends = experiment.run(question, [Scaled(layer=layer, head=head, factor=1 + step) for step in (1e-5, -1e-5)])
        assert found.values[layer, head] == pytest.approx(np.subtract(*ends.values) / 2e-5, rel=1e-4, abs=1e-6)
    assert (found.values.shape, found.axes, found.gap) == ((3, 4), ("layer", "head"), None)


def test_head_importance_of_each_kind():
    question = experiment.ask(tiny_model("t5"), **IDS, decoder_input_ids=ids_of(5, seed=1))
    found = {kind: experiment.head_importance(question, kind=kind).values for kind in ("encoder", "decoder", "cross")}
    assert all(np.abs(values).min() > 0 for values in found.values())
    assert not np.allclose(found["decoder"], found["cross"])
    with pytest.raises(ArgumentError, match=r"this model has encoder and decoder and cross attention; say which"):
        experiment.head_importance(question)
    with pytest.raises(ArgumentError, match=r"layer 2 does not exist"):
        experiment.value_zeroing(question, layer=2, kind="cross")
