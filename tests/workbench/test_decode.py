"""A decoding is what the model's own generate gives, and its tree is that of the search."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from regard import experiment
from regard.errors import ArgumentError
from regard.experiment import DecodingStoppedError, KnockOut, decode
from regard.testing import tiny_model, tiny_tokenizer
from workbench import letters
from workbench.families import FAMILIES, SETTINGS, built, model_and_source, sound, whisper

MOST = 8


def generated(model: Any, source: Any, beams: int, **settings: Any) -> Any:
    """What the model's own generate gives."""
    inputs = source if isinstance(source, dict) else {"input_ids": torch.tensor([source])}
    if type(model).__name__.startswith("Whisper"):
        settings["force_unique_generate_call"] = True
    return model.generate(
        **inputs,
        num_beams=beams,
        max_new_tokens=MOST,
        do_sample=False,
        return_dict_in_generate=True,
        output_scores=True,
        **settings,
    )


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_answer_is_that_of_generate(family, beams):
    model, source = model_and_source(family)
    settings = SETTINGS.get(family, {})
    found = decode(model, None, source, beams=beams, max_new_tokens=MOST, **settings)
    own = generated(model, source, beams, **settings)
    ids = own["sequences"][0].tolist()
    assert ids[: len(found.start)] == found.start.ids.tolist()
    assert ids[len(found.start) :][: len(found.target)] == found.target.ids.tolist()
    assert set(ids[len(found.start) + len(found.target) :]) <= {model.generation_config.pad_token_id, 2}
    if beams > 1:
        assert found.score == float(own["sequences_scores"][0])
        assert found.tree.nodes[found.tree.winner].score == pytest.approx(found.score, abs=1e-5)
    if beams > 1 and family != "Whisper":
        steps = model.compute_transition_scores(
            own["sequences"], own["scores"], own["beam_indices"], normalize_logits=False
        )[0][: len(found.target)]
        np.testing.assert_allclose([step.token.log_p for step in found.steps], steps, atol=1e-5)


@pytest.mark.parametrize("family", ["Bart", "T5", "Whisper", "llama"])
def test_the_tree_holds_all_that_the_search_explored(family):
    model, source = model_and_source(family)
    found = decode(model, None, source, beams=3, k=4, max_new_tokens=6)
    tree = found.tree
    assert [node.id for node in tree.nodes] == list(range(len(tree.nodes)))
    assert tree.nodes[0].status == "start"
    for node in tree.nodes[1:]:
        parent = tree.nodes[node.parent]
        assert parent.id < node.id
        assert parent.status in ("start", "given", "kept")
        assert node.total == pytest.approx(parent.total + node.token.log_p, abs=1e-4)
    for step in range(len(found.steps) - 1):
        at = [node for node in tree.nodes if node.step == step]
        assert sum(node.status == "kept" for node in at) <= 3
        totals = [node.total for node in at]
        assert totals == sorted(totals, reverse=True)
        assert any(node.status == "pruned" for node in at)
    assert max(tree.finished, key=lambda node: node.score).id == tree.winner
    assert all(len(one.predictions.top) == 4 for one in found.steps[1:])


def test_every_step_has_its_likeliest_tokens():
    model, source = model_and_source("Bart")
    found = decode(model, None, source, beams=3, k=5, max_new_tokens=6)
    read = torch.tensor([[*found.start.ids, *found.target.ids[:-1]]])
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([source]), decoder_input_ids=read).logits[0].log_softmax(-1)
    for step, row in zip(found.steps, logits, strict=True):
        best = row.topk(5)
        assert [one.id for one in step.predictions.top] == best.indices.tolist()
        np.testing.assert_allclose([one.log_p for one in step.predictions.top], best.values, atol=1e-4)
        assert step.rank == int((row > row[step.token.id]).sum())
        assert step.predictions.entropy == pytest.approx(float(-(row.exp() * row).sum()), abs=1e-4)


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("family", FAMILIES)
def test_a_forced_beginning_is_kept_and_keeps_its_log_probabilities(family, beams):
    model, source = model_and_source(family)
    settings = SETTINGS.get(family, {})
    forced = [settings.get("forced_bos_token_id", 17), 23, 30]
    found = decode(model, None, source, beams=beams, forced=forced, max_new_tokens=MOST, **settings)
    assert found.target.ids.tolist()[:3] == forced
    assert [step.forced for step in found.steps][:4] == [True, True, True, False]
    assert found.forced == 3
    record = found.record()
    first = len(found.start) - 1
    assert [step.query for step in found.steps] == list(range(first, first + len(found.target)))
    assert all(np.isfinite(step.token.log_p) for step in found.steps)
    assert len(record.streams["decoder"]) == len(found.start) + len(found.target) - 1
    whole = decode(model, None, source, beams=1, forced=found.target.ids.tolist(), max_new_tokens=MOST, **settings)
    if not settings and family != "Whisper":
        assert whole.total == pytest.approx(found.total, abs=1e-4)


def test_a_forced_beginning_is_what_generate_does_with_a_constraint():
    model, source = model_and_source("Bart")
    forced = [17, 23]
    found = decode(model, None, source, beams=3, forced=forced, max_new_tokens=MOST)

    def allowed(_row: int, ids: torch.Tensor) -> list[int]:
        return forced[len(ids) - 1 : len(ids)] or list(range(96))

    own = generated(model, source, 3, prefix_allowed_tokens_fn=allowed)
    assert own["sequences"][0, 1:].tolist()[: len(found.target)] == found.target.ids.tolist()
    assert found.score == pytest.approx(float(own["sequences_scores"][0]), abs=1e-5)


def test_a_token_that_the_settings_rule_out_can_be_forced():
    model = whisper()
    found = decode(model, None, sound(), beams=2, forced=[7], max_new_tokens=5)
    assert found.steps[0].token.id == 7
    assert found.steps[0].token.log_p < 0
    assert np.isfinite(found.total)
    assert 7 not in [one.id for step in decode(model, None, sound(), k=96).steps for one in step.predictions.top]


def test_sound_has_a_time_axis_and_the_heads_that_align():
    found = decode(whisper(), None, sound(), beams=2, max_new_tokens=5)
    assert found.source.times is not None
    assert len(found.source) == found.record().attentions["cross"].keys == 30
    assert found.alignment_heads == ((0, 1), (1, 0))


@pytest.mark.parametrize("family", ["Bart", "T5", "Whisper", "VisionEncoderDecoder", "llama", "gpt2"])
def test_a_decoding_under_edits_is_that_of_runs_over_everything(family):
    """Edits of two steps in a cached beam search: each step's distribution is that of an uncached run."""
    model, source = model_and_source(family)
    encoder_decoder = family not in ("llama", "gpt2")
    start = len(decode(model, None, source, max_new_tokens=1).start)
    kind = "cross" if encoder_decoder else "decoder"
    edits = (
        experiment.MoveWeight(kind=kind, query=start - 1, to=[1]),
        experiment.ScaleWeight(kind=kind, query=start + 1, key=[0, 2], factor=5.0, head=[0], layer=1),
        KnockOut(kind="decoder", query=start + 1, key=start - 1),
    )
    found = decode(model, None, source, beams=3, max_new_tokens=6, edits=edits)
    ids = [*found.start.ids.tolist(), *found.target.ids.tolist()[:-1]]
    inputs = dict(source) if isinstance(source, dict) else {"input_ids": torch.tensor([source])}
    inputs |= {"decoder_input_ids": torch.tensor([ids])} if encoder_decoder else {"input_ids": torch.tensor([ids])}
    with experiment.editing(model, *edits), torch.no_grad():
        logits = model(**inputs, use_cache=False).logits[0, start - 1 :].log_softmax(-1)
    for step, row in zip(found.steps, logits, strict=True):
        if np.isfinite(step.token.log_p) and family != "Whisper":
            assert step.token.log_p == pytest.approx(float(row[step.token.id]), abs=1e-4)
    plain = decode(model, None, source, beams=3, max_new_tokens=6)
    assert plain.total != pytest.approx(found.total, abs=1e-3)
    weights = found.record().attentions[kind].weights
    np.testing.assert_allclose(weights[:, :, start - 1, 1], 1, atol=1e-5)


@pytest.mark.parametrize("kind", ["encoder", "decoder", "cross"])
@pytest.mark.parametrize("family", ["T5", "MT5", "Bart", "Whisper"])
def test_negative_layers_count_from_the_last(family, kind):
    model, source = model_and_source(family)
    query = 1 if kind != "decoder" else 2

    def total(layer: Any) -> float:
        edit = KnockOut(kind=kind, query=query, key=0, layer=layer)
        return decode(model, None, source, max_new_tokens=4, edits=edit).total

    assert [total(-1), total([-2]), total([-2, -1])] == [total(1), total(0), total(None)]
    assert total(0) != total(1)


def test_a_search_under_edits_is_that_of_generate_without_a_cache():
    model, source = model_and_source("Bart")
    edits = (experiment.MoveWeight(kind="cross", query=slice(0, 8), to=[1]),)
    found = decode(model, None, source, beams=3, max_new_tokens=6, edits=edits)
    with experiment.editing(model, *edits):
        own = model.generate(
            torch.tensor([source]), num_beams=3, max_new_tokens=6, do_sample=False, use_cache=False,
            return_dict_in_generate=True, output_scores=True,
        )  # fmt: skip
    assert own["sequences"][0, 1:].tolist()[: len(found.target)] == found.target.ids.tolist()
    assert found.score == pytest.approx(float(own["sequences_scores"][0]), abs=1e-5)


@pytest.mark.parametrize("family", ["Bart", "llama"])
def test_any_hypothesis_has_its_attention(family):
    model, source = model_and_source(family)
    found = decode(model, None, source, beams=3, max_new_tokens=5)
    node = next(node for node in found.tree.nodes if node.status == "pruned" and node.step == 3)
    record = found.record(node.id)
    ids = [one.token.id for one in found.tree.path(node.id)]
    assert record.streams["decoder"].ids.tolist() == [*found.start.ids.tolist(), *ids[:-1]]
    assert found.record(node.id) is record
    assert list(found.looked_at) == [node.id]
    assert [step.token.id for step in found.steps_of(node.id)] == ids


def test_text_goes_in_and_comes_out():
    tokenizer = tiny_tokenizer("unigram")
    model = tiny_model("bart")
    found = decode(model, tokenizer, "The cat sat", forced="the dog", beams=2, max_new_tokens=6)
    assert found.source.pieces == (" The", " cat", " sat", "</s>")
    assert found.target.labels[:2] == ("the", "dog")
    assert found.text.startswith(" the dog")


def test_progress_is_told_and_a_decoding_can_be_stopped():
    model, source = model_and_source("Bart")
    told: list[tuple[int, int]] = []
    decode(model, None, source, beams=2, max_new_tokens=6, progress=lambda *at: told.append(at))
    assert told[0] == (0, 6)
    assert [at for at, _ in told] == list(range(len(told)))
    with pytest.raises(DecodingStoppedError, match=r"the decoding was stopped after 0 tokens"):
        decode(model, None, source, stop=lambda: True)


def test_the_model_s_own_settings_are_used():
    model, source = model_and_source("Bart")
    model.generation_config.update(num_beams=3, max_new_tokens=4)
    found = decode(model, None, source)
    assert found.settings == {"beams": 3, "k": 5, "max_new_tokens": 4, "length_penalty": 1.0}
    assert model.generation_config.num_beams == 3


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"source": []}, r"the source has no tokens left; there must be at least one"),
        ({"source": [5, 400]}, r"source token 400 does not exist; the vocabulary has 96 \(0 to 95\)"),
        ({"forced": [3, -1]}, r"forced token -1 does not exist; the vocabulary has 96"),
        ({"forced": [3, 4, 5], "max_new_tokens": 2}, r"3 tokens are forced but at most 2 are decoded"),
        ({"forced": "text"}, r"the target 'text' is text, which needs a tokenizer"),
        ({"max_new_tokens": 0}, r"max_new_tokens must be a whole number from 1 on; got 0"),
        ({"max_new_tokens": 99}, r"max_new_tokens=99 after 1 tokens is more than the 64 positions there are"),
        ({"beams": 0}, r"beams must be a whole number from 1 on; got 0"),
        ({"k": True}, r"k must be a whole number from 1 on; got True"),
        ({"do_sample": True, "beams": 3}, r"sampling with 3 beams is not followed, only that of one; give beams=1"),
        ({"seed": 3}, r"seed=3 draws nothing: the likeliest tokens are taken\. Give do_sample=True with it"),
        ({"do_sample": True, "seed": -1}, r"seed must be a whole number from 0 on; got -1"),
        ({"prompt_lookup_num_tokens": 3}, r"decode follows a search, and assisted generation has no tree"),
        ({"num_beams": 3}, r"num_beams is decode's own; give beams="),
        ({"source": list(range(3, 90))}, r"the text has 87 tokens but the model has only"),
        ({"edits": [KnockOut(kind="cross", query=0, key=17)]}, r"key 17 does not exist; there are 6"),
        ({"edits": [KnockOut(kind="cross", query=0, key=1, head=9)]}, r"head 9 does not exist; there are 2"),
    ],
)
def test_what_cannot_be_decoded_is_told(arguments, said):
    model = built("Bart")
    given = {"source": [11, 25, 33, 8, 60, 2], **arguments}
    with pytest.raises(ArgumentError, match=said):
        decode(model, None, given.pop("source"), **given)


def test_a_model_in_train_mode_and_one_that_cannot_write_are_told():
    with pytest.raises(ArgumentError, match=r"is in train mode"):
        decode(built("Bart").train(), None, [3, 4])
    with pytest.raises(ArgumentError, match=r"BertModel cannot generate; load the model with its language-model head"):
        decode(tiny_model("bert"), None, [3, 4])


@pytest.mark.skipif(not letters.FOLDER.is_dir(), reason="needs the transliteration model beside the checkout")
def test_a_trained_translator_is_followed_and_changed():
    """Names letter by letter: the tree's readings, another letter forced, another letter read."""
    model, tokenizer = letters.model(), letters.Letters()
    found = decode(model, tokenizer, "آتزمون", beams=4, max_new_tokens=20)
    assert found.text == "atzmon"
    readings = [found.tree.text(node.id) for node in found.tree.finished]
    assert readings[0] == "atzmon</s>"
    assert "atzmun</s>" in readings
    assert decode(model, tokenizer, "آتزمون", beams=4, forced="atzu", max_new_tokens=20).text == "atzumon"
    edited = decode(
        model,
        tokenizer,
        "آتزمون",
        beams=4,
        forced="atz",
        max_new_tokens=20,
        edits=experiment.MoveWeight(kind="cross", query=3, to=0),
    )
    assert edited.text == "atzamon", "step 3 read the first letter, which is an a"
