"""What can be asked: tokens by text, classes by label, losses, a position in the middle."""

import pytest
import torch
import transformers

from regard import experiment
from regard.errors import ArgumentError
from regard.experiment import Ablate
from regard.testing import tiny_tokenizer

SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}


@pytest.fixture(scope="module")
def tokenizer():
    return tiny_tokenizer()


def bert(cls, **settings):
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=160, initializer_range=0.3, **SMALL, **settings)
    return getattr(transformers, cls)(config).eval()


def test_a_position_in_the_middle_leaves_out_what_comes_after(llama, ids):
    asked = experiment.ask(llama, input_ids=ids, position=4, target=9)
    assert asked.passes.tokens == 5
    with torch.no_grad():
        expected = llama(input_ids=ids).logits[0, 4].log_softmax(-1)[9]
    assert asked.baseline.log_p == pytest.approx(float(expected), abs=1e-5)
    assert asked.baseline.piece == "9"
    with pytest.raises(ArgumentError, match=r"query 7 does not exist; there are 5"):
        experiment.run(asked, Ablate(layer=0, query=7))


def test_the_default_target_is_the_model_s_first_choice(llama, ids):
    baseline = experiment.ask(llama, input_ids=ids).baseline
    assert baseline.rank == 0
    assert baseline.target == int(llama(input_ids=ids).logits[0, -1].argmax())
    assert 0 < baseline.entropy < 6.3


def test_a_token_is_named_by_its_text(tokenizer):
    model = bert("BertForMaskedLM")
    asked = experiment.ask(model, tokenizer, "the cat sat", position=1, target="mat", foil="cat")
    assert asked.baseline.target == tokenizer("mat", add_special_tokens=False)["input_ids"][0]
    assert asked.baseline.piece == "mat"
    with pytest.raises(ArgumentError, match=r"target 'a mat' is not one token of the vocabulary but 2"):
        experiment.ask(model, tokenizer, "the cat sat", position=1, target="a mat")
    with pytest.raises(ArgumentError, match=r"foil '☃' is not one token of the vocabulary but 1"):
        experiment.ask(model, tokenizer, "the cat sat", position=1, foil="☃")


def test_the_logit_effect_is_against_the_foil_or_the_mean(llama, ids):
    edit = Ablate(layer=1, head=2)
    with torch.no_grad():
        before = llama(input_ids=ids).logits[0, -1]
        with experiment.editing(llama, edit):
            change = llama(input_ids=ids).logits[0, -1] - before
    against = experiment.run(experiment.ask(llama, input_ids=ids, target=7, foil=8, effect="logit"), [edit])
    alone = experiment.run(experiment.ask(llama, input_ids=ids, target=7, effect="logit"), [edit])
    assert against.values[0] == pytest.approx(float(change[7] - change[8]), abs=1e-4)
    assert alone.values[0] == pytest.approx(float(change[7] - change.mean()), abs=1e-4)


def test_a_classifier_is_asked_about_a_label():
    model = bert("BertForSequenceClassification", id2label={0: "bad", 1: "good"}, label2id={"bad": 0, "good": 1})
    ids = torch.tensor([[3, 9, 12, 4]])
    asked = experiment.ask(model, input_ids=ids, target="good")
    assert (asked.baseline.target, asked.baseline.piece, asked.position) == (1, "good", None)
    heads = experiment.scan_heads(asked)
    with torch.no_grad(), experiment.editing(model, Ablate(layer=1, head=3)):
        after = model(input_ids=ids).logits[0].log_softmax(-1)[1]
    assert heads.values[1, 3] == pytest.approx(float(after) - asked.baseline.log_p, abs=1e-5)
    with pytest.raises(ArgumentError, match=r"target 'fine' is no class; there are: 'bad', 'good'"):
        experiment.ask(model, input_ids=ids, target="fine")
    with pytest.raises(ArgumentError, match=r"says one thing per text; leave out position=2"):
        experiment.ask(model, input_ids=ids, position=2)


def test_the_loss_is_that_of_the_text_s_own_next_tokens(llama, ids):
    asked = experiment.ask(llama, input_ids=ids, effect="loss")
    edit = Ablate(layer=1, head=2)
    with torch.no_grad():
        before = llama(input_ids=ids, labels=ids).loss
        with experiment.editing(llama, edit):
            after = llama(input_ids=ids, labels=ids).loss
    assert experiment.run(asked, [edit]).values[0] == pytest.approx(float(after - before), abs=1e-5)
    with pytest.raises(ArgumentError, match=r"how='delete' leaves other labels to predict"):
        experiment.scan_tokens(asked, "delete")


def test_a_function_of_the_output(llama, ids):
    asked = experiment.ask(llama, input_ids=ids, effect=lambda output: output.logits[:, 3].logsumexp(-1))
    found = experiment.run(asked, [Ablate(layer=0, head=1), Ablate(layer=0, head=1, query=slice(5, None))])
    assert asked.passes.reused == ("layers",)
    assert list(found.measurable) == [True, False]


def test_a_mask_is_found_or_asked_for(tokenizer):
    model = bert("BertForMaskedLM")
    with pytest.raises(ArgumentError, match=r"position: at which token .* The text has 0 mask tokens"):
        experiment.ask(model, tokenizer, "the cat sat")


def test_bfloat16_has_a_larger_noise(llama, ids):
    edit = Ablate(layer=1, head=2)
    fine = experiment.run(experiment.ask(llama, input_ids=ids), [edit])
    coarse = experiment.run(experiment.ask(llama.to(torch.bfloat16), input_ids=ids), [edit])
    assert coarse.values == pytest.approx(fine.values, abs=0.2)
    assert coarse.noise["log_p"] >= fine.noise["log_p"]
