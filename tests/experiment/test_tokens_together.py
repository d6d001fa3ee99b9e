"""Several tokens changed at once, and the controls that such effects are set beside."""

import numpy as np
import pytest
import torch
import transformers

from experiment.conftest import ids_of
from regard import experiment
from regard.errors import ArgumentError
from regard.experiment.kinds import kinds_of
from regard.record.tokens import Tokens
from regard.testing import tiny_model, tiny_tokenizer


@pytest.fixture
def question(llama, ids):
    return experiment.ask(llama, input_ids=ids)


def log_p(model, ids, question):
    with torch.no_grad():
        after = model(input_ids=ids).logits[0, -1].log_softmax(-1)[question.baseline.target]
    return float(after) - question.baseline.log_p


def test_replacing_tokens_together_is_what_changing_the_text_is(llama, question, ids):
    groups = [[5, 2], [7], [0, 9]]
    scan = experiment.replace_tokens(question, groups, samples=3, proposal=[11])
    changed = [ids.clone() for _ in groups]
    for text, group in zip(changed, groups, strict=True):
        text[0, group] = 11
    assert scan.values == pytest.approx([log_p(llama, text, question) for text in changed], abs=5e-5)
    assert scan.samples["log_p"].shape == (3, 3)
    assert np.ptp(scan.samples["log_p"], axis=1).max() < 1e-5
    assert (scan.axes, scan.groups) == (("group",), ((2, 5), (7,), (0, 9)))
    assert "the tokens of each group together: replaced, mean of 3 samples of 1 proposed" in repr(scan)
    assert question.passes.reused == ("layers", "tokens")


def test_a_token_gets_the_same_samples_alone_and_in_every_group(question):
    together = experiment.replace_tokens(question, [[6], [2, 6], [4]], samples=2, seed=3)
    alone = experiment.scan_tokens(question, token=[4, 6], samples=2, seed=3)
    assert together.samples["log_p"][[2, 0]] == pytest.approx(alone.samples["log_p"], abs=1e-5)
    assert alone.groups is None
    assert abs(together.values[1] - together.values[0]) > 1e-3


def test_deleting_tokens_together(llama, question, ids):
    groups = [[1, 4], [8], [2, 3]]
    scan = experiment.replace_tokens(question, groups, how="delete")
    for value, group in zip(scan.values, groups, strict=True):
        left = [number for number in range(10) if number not in group]
        assert value == pytest.approx(log_p(llama, ids[:, left], question), abs=5e-5)
    assert scan.samples is None
    with pytest.raises(ArgumentError, match=r"token 9 is the one whose prediction is asked about"):
        experiment.replace_tokens(question, [[2, 9]], how="delete")


def test_deleting_tokens_on_both_sides_of_a_mask():
    torch.manual_seed(0)
    settings = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = transformers.BertConfig(vocab_size=500, initializer_range=0.3, type_vocab_size=2, **settings)
    model, ids = transformers.BertForMaskedLM(config).eval(), ids_of(8)
    types = torch.tensor([[0, 0, 0, 0, 1, 1, 1, 1]])
    question = experiment.ask(model, input_ids=ids, token_type_ids=types, position=4, target=7)
    groups = [[0, 2], [1, 6], [5, 7]]
    scan = experiment.replace_tokens(question, groups, how="delete")
    for value, group, row in zip(scan.values, groups, (2, 3, 4), strict=True):
        left = [number for number in range(8) if number not in group]
        with torch.no_grad():
            after = model(input_ids=ids[:, left], token_type_ids=types[:, left]).logits[0, row].log_softmax(-1)[7]
        assert value == pytest.approx(float(after) - question.baseline.log_p, abs=1e-5)


@pytest.mark.usefixtures("as_users_do")
def test_groups_that_cannot_be_changed(question):
    for groups, message in [
        ([3, 4], r"holds 3; to change the tokens 3 and 4 together, give \[\[3, 4\]\]"),
        ([], r"groups must be a list of lists of tokens, such as"),
        ("3, 4", r"groups must be a list of lists of tokens"),
        ([[3, 10]], r"token 10 does not exist; there are 10"),
        ([[]], r"names none of 10"),
    ]:
        with pytest.raises(ArgumentError, match=message):
            experiment.replace_tokens(question, groups)
    with pytest.raises(ArgumentError, match=r"no way to change tokens 'swap'"):
        experiment.replace_tokens(question, [[1]], how="swap")


def test_a_batch_limit_holds_for_samples_too(llama, ids):
    rows = []
    handle = llama.register_forward_pre_hook(
        lambda _m, _a, kwargs: rows.append(len(kwargs["input_ids"])), with_kwargs=True
    )
    limited = experiment.replace_tokens(experiment.ask(llama, input_ids=ids, batch=3), [[2, 4]], samples=8)
    handle.remove()
    assert max(rows) == 3
    free = experiment.replace_tokens(experiment.ask(llama, input_ids=ids), [[2, 4]], samples=8)
    assert limited.samples["log_p"] == pytest.approx(free.samples["log_p"], abs=1e-5)


def test_groups_are_resumed_only_by_the_same_groups(question):
    question = experiment.ask(question.model, input_ids=question.ids[None], batch=2)
    groups = [[1, 2], [3, 4], [5, 6]]
    part = experiment.replace_tokens(question, groups, samples=1, progress=lambda done, _: done < 2)
    assert (part.finished, part.planned) == (2, 3)
    whole = experiment.replace_tokens(question, groups, samples=1, resume=part)
    assert whole.complete
    with pytest.raises(ArgumentError, match=r"resume holds another scan"):
        experiment.replace_tokens(question, [[1, 2], [3, 4], [5, 7]], samples=1, resume=part)


def test_controls_are_alike_in_distance_and_never_the_same_twice():
    question = experiment.ask(tiny_model("llama"), input_ids=ids_of(64))
    found = experiment.controls(question, [50, 20], 5, sinks=[0])
    assert found.tokens == (20, 50)
    assert found.left_out == {0: "attention sink", 63: "its prediction is read"}
    assert not set(found.eligible) & {0, 20, 50, 63}
    assert len(found.eligible) == 60
    assert all(32 <= 63 - number < 64 for number in found.matched[0])
    assert all(8 <= 63 - number < 16 for number in found.matched[1])
    assert all(len(set(group)) == 5 for group in found.matched)
    assert found.together == tuple(sorted({*found.matched[0], *found.matched[1]}))
    assert len(set(found.sets)) == 19
    assert all([(63 - number).bit_length() for number in group] == [6, 4] for group in found.sets)
    assert found.notes == ("the kinds of tokens are not known without a tokenizer, so controls match by distance only",)
    assert experiment.controls(question, [50, 20], 5, sinks=[0]) == found
    assert experiment.controls(question, [50, 20], 5, 1, sinks=[0]) != found


def test_controls_are_of_the_same_kind():
    tokenizer = tiny_tokenizer()
    torch.manual_seed(0)
    settings = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
    model = transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=160, **settings)).eval()
    text = "the cat, sat. on, the. mat, the. cat, sat. on, the mat"
    question = experiment.ask(model, tokenizer, text)
    kinds = kinds_of(question.source)
    commas = [number for number, kind in enumerate(kinds) if kind.sort == "punctuation"]
    found = experiment.controls(question, commas[0], 3, sinks=())
    assert {kinds[number].sort for number in found.matched[0]} == {"punctuation"}
    assert {"special token"} == set(found.left_out.values())
    word = experiment.controls(question, 1, 3, sinks=())
    assert {kinds[number].sort for number in word.matched[0]} == {"word"}


def test_too_few_tokens_are_said_and_none_is_given_twice(llama):
    question = experiment.ask(llama, input_ids=ids_of(6))
    found = experiment.controls(question, [1, 2], 8, sinks=[0])
    assert found.eligible == (3, 4)
    assert [sorted(group) for group in found.matched] == [[3, 4], [3, 4]]
    assert found.sets == ((3, 4),)
    said = " | ".join(found.notes)
    assert "only 2 of 6 tokens are eligible, where 8 controls a token were asked for" in said
    assert "2 eligible tokens make 1 sets of 2, where 19 were asked for" in said
    assert "1 of 1 random sets lie at other distances" in said
    none = experiment.controls(question, [1, 2, 3, 4], sinks=[0])
    assert (none.eligible, none.matched, none.sets) == ((), ((), (), (), ()), ())
    assert "0 eligible tokens make 0 sets of 4" in " | ".join(none.notes)


def test_sinks_are_found_by_capture(llama):
    """Queries and keys set so that every head of every layer looks at the first token."""
    question = experiment.ask(llama, input_ids=ids_of(24))
    assert experiment.controls(question, 5).left_out == {23: "its prediction is read"}
    model = tiny_model("gpt2")
    width = model.config.n_embd
    with torch.no_grad():
        model.transformer.wpe.weight[0, 0] = 100
        for block in model.transformer.h:
            block.attn.c_attn.weight[0, width : 2 * width] = 3
            block.attn.c_attn.bias[:width] = 3
    found = experiment.controls(experiment.ask(model, input_ids=ids_of(24)), 5)
    assert found.left_out == {0: "attention sink", 23: "its prediction is read"}


def test_controls_of_an_encoder_decoder_are_source_tokens():
    question = experiment.ask(tiny_model("t5"), input_ids=ids_of(16), decoder_input_ids=ids_of(4, seed=1))
    found = experiment.controls(question, [14], 3)
    assert all(12 <= number < 16 for number in found.matched[0])
    assert max(found.eligible) == 15
    scan = experiment.replace_tokens(question, [*found.sets[:2], (14,)], samples=2)
    assert scan.values.shape == (3,)
    assert np.abs(scan.values).min() > 0


def test_kinds_are_told_by_text_and_by_marks():
    known = Tokens(
        ("the", "cat", "s", ".", "42"),
        offsets=np.array([[0, 3], [4, 7], [7, 8], [8, 9], [10, 12]]),
        text="the cats. 42",
    )
    assert [str(kind) for kind in kinds_of(known)] == [
        "word, at the beginning of a word",
        "word, at the beginning of a word",
        "word, within a word",
        "punctuation, within a word",
        "number, at the beginning of a word",
    ]
    marked = Tokens(("play", "ing"), labels=("play", "##ing"))
    assert [kind.begins for kind in kinds_of(marked)] == [True, False]
    spaced = Tokens(("The", " cat", "s"))
    assert [kind.begins for kind in kinds_of(spaced)] == [False, True, False]
