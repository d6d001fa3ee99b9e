"""Capture changes neither the model's output nor anything that outlives it."""

import threading

import numpy as np
import pytest
import torch
from torch import nn
from torch.multiprocessing.reductions import StorageWeakRef
from transformers.modeling_utils import AttentionInterface

from regard.capture import capture, recording
from regard.capture.any_module import capture_calls
from regard.capture.assembly import Assembly
from regard.capture.generation import capture_generation
from regard.testing import FAMILIES, assert_weights_equal, tiny_model


def registry():
    return (AttentionInterface.__dict__["get_interface"], dict(AttentionInterface._global_mapping))


@pytest.fixture(autouse=True)
def _registry_stays():
    before = registry()
    yield
    after = registry()
    assert after[0] is before[0]
    assert after[1].keys() == before[1].keys()
    assert all(after[1][name] is function for name, function in before[1].items())


def flat(output):
    found = []
    for value in output.values():
        values = value if isinstance(value, (tuple, list)) else [value]
        found += [item for item in values if isinstance(item, torch.Tensor)]
    return found


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_outputs_are_bit_identical(family, dtype, inputs_for, same_call):
    model = tiny_model(family, dtype=dtype)
    inputs = inputs_for(family)
    with torch.no_grad():
        before = model(**inputs)
    _, during = same_call(model, **inputs)
    with torch.no_grad():
        after = model(**inputs)
    for other in (during, after):
        assert all(torch.equal(a, b) for a, b in zip(flat(before), flat(other), strict=True))
    assert flat(before)


def test_the_kernel_in_use_runs(llama, inputs_for):
    kernels = []
    with torch.no_grad(), recording(llama, lambda call: kernels.append(call.kernel)):
        llama(**inputs_for("llama"))
    assert kernels == ["sdpa"] * 3
    assert llama.config._attn_implementation == "sdpa"


@pytest.mark.parametrize("error", [RuntimeError("boom"), KeyboardInterrupt()])
def test_whatever_is_raised_inside_the_forward_pass(error, llama, inputs_for):
    def fail(*_):
        raise error

    handle = llama.model.layers[1].mlp.register_forward_hook(fail)
    with torch.enable_grad(), pytest.raises(type(error)):
        capture(llama, **inputs_for("llama"))
    assert torch.is_grad_enabled()
    handle.remove()
    capture(llama, **inputs_for("llama"))


def test_an_error_while_recording_leaves_through_the_forward_pass(llama, inputs_for):
    def take(_call):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), recording(llama, take):
        llama(**inputs_for("llama"))


@pytest.mark.parametrize("grad", [True, False])
@pytest.mark.parametrize("train", [True, False])
def test_modes_are_restored(grad, train, inputs_for):
    model = tiny_model("bert").train(train)
    with torch.set_grad_enabled(grad):
        record = capture(model, **inputs_for("bert"))
        assert torch.is_grad_enabled() == grad
    assert model.training == train
    assert np.allclose(np.asarray(record.weights).sum(-1), 1, atol=1e-5)


def test_works_under_inference_mode(llama, inputs_for):
    mask = torch.tensor([[1] * 10 + [0] * 3])
    with torch.inference_mode():
        inside = capture(llama, **inputs_for("llama"), attention_mask=mask)
    assert_weights_equal(inside, capture(llama, **inputs_for("llama"), attention_mask=mask), atol=0)


def test_what_is_held_does_not_alias_the_model(llama, inputs_for):
    taken = []
    record = None

    def spoil(call):
        taken.append(call.query)

    inputs = inputs_for("llama")
    with recording(llama, spoil):
        record = capture(llama, **inputs)
    assert not taken, "the inner recording has the calls"
    before = np.asarray(record.weights).copy()
    with torch.no_grad():
        for parameter in llama.parameters():
            parameter.zero_()
        llama(**inputs)
    assert (np.asarray(record.weights) == before).all()


@pytest.mark.parametrize(("family", "after"), [("bert", "intermediate"), ("llama", "mlp"), ("gpt2", "mlp")])
def test_nothing_of_a_layer_stays_in_memory_longer_than_without(family, after, inputs_for, monkeypatch):
    model, held, left = tiny_model(family), [], []
    take = Assembly.take

    def noting(self, call):
        held[:] = [StorageWeakRef(states.untyped_storage()) for states in (call.query, call.key)]
        take(self, call)

    monkeypatch.setattr(Assembly, "take", noting)
    for path, module in model.named_modules():
        if path.rsplit(".", 1)[-1] == after:
            module.register_forward_hook(lambda *_: left.append([one.expired() for one in held]))
    options = {} if family == "bert" else {"use_cache": False}
    capture(model, **inputs_for(family), **options)
    assert left == [[True, True]] * len(left) != []


def test_nested_captures_each_see_their_own_calls(inputs_for):
    outer, inner = tiny_model("llama"), tiny_model("bert")
    records = []
    alone = capture(outer, **inputs_for("llama")), capture(inner, **inputs_for("bert"))
    hook = outer.model.layers[0].register_forward_hook(
        lambda *_: records.append(capture(inner, **inputs_for("bert"))) if not records else None
    )
    with hook:
        records.insert(1, capture(outer, **inputs_for("llama")))
    assert_weights_equal(records[0], alone[1], atol=0)
    assert_weights_equal(records[1], alone[0], atol=0)


def test_a_capture_of_the_same_model_inside_itself(llama, inputs_for):
    alone = capture(llama, **inputs_for("llama"))
    short = {"input_ids": inputs_for("llama")["input_ids"][:, :4]}
    inside = []

    def again(*_):
        if not inside:
            inside.append(None)
            inside.append(capture(llama, **short))

    with llama.model.layers[0].register_forward_hook(again):
        record = capture(llama, **inputs_for("llama"))
    assert_weights_equal(record, alone, atol=0)
    assert inside[1].weights.shape == (3, 4, 4, 4)


def test_other_models_calls_do_not_count(llama, inputs_for):
    other = tiny_model("llama", seed=1)
    calls = []
    with recording(llama, calls.append):
        other(**inputs_for("llama"))
    assert calls == []


def run_together(jobs):
    barrier, results = threading.Barrier(len(jobs)), [None] * len(jobs)

    def work(number, model, inputs):
        barrier.wait()
        results[number] = [capture(model, **inputs) for _ in range(5)]

    threads = [threading.Thread(target=work, args=(i, *job)) for i, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.parametrize("same_model", [True, False])
def test_threads(same_model, inputs_for):
    first = tiny_model("llama")
    second = first if same_model else tiny_model("mistral")
    jobs = [(first, inputs_for("llama")), (second, inputs_for("llama", tokens=6)), (first, inputs_for("llama"))]
    expected = [capture(model, **inputs) for model, inputs in jobs]
    for found, right in zip(run_together(jobs), expected, strict=True):
        for record in found:
            assert_weights_equal(record, right, atol=1e-6)


def test_threads_of_any_module():
    models = [nn.MultiheadAttention(32, 4, batch_first=True).eval(), tiny_model("t5"), tiny_model("gpt2")]
    states, ids = torch.randn(1, 7, 32), torch.arange(5, 14)[None]
    jobs = [
        lambda: capture_calls(models[0], states, states, states),
        lambda: capture(models[1], input_ids=ids, decoder_input_ids=ids[:, :4]).attentions["cross"],
        lambda: capture_generation(models[2], input_ids=ids, max_new_tokens=3),
    ] * 2
    expected = [job() for job in jobs]
    results, threads = {}, []
    barrier = threading.Barrier(len(jobs))

    def work(number):
        barrier.wait()
        results[number] = [jobs[number]() for _ in range(3)]

    for number in range(len(jobs)):
        threads.append(threading.Thread(target=work, args=(number,)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for number, right in enumerate(expected):
        for found in results[number]:
            assert np.allclose(np.asarray(found.weights), np.asarray(right.weights), atol=1e-6)


def test_a_thread_that_does_not_capture_gets_the_functions_themselves(llama, inputs_for):
    found, original = [], AttentionInterface._global_mapping["sdpa"]

    def look():
        found.append(AttentionInterface().get_interface("sdpa", None))

    def take(_call):
        thread = threading.Thread(target=look)
        thread.start()
        thread.join()

    with recording(llama, take):
        llama(**inputs_for("llama"))
    assert found
    assert all(function is original for function in found)
