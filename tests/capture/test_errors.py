"""Bad input: what was asked, what was found, what would work."""

import subprocess
import sys
from importlib import import_module

import pytest
import torch
from torch import nn

import regard
from regard.capture import capture
from regard.errors import ArgumentError
from regard.testing import tiny_model, tiny_tokenizer

IDS = torch.tensor([[5, 6, 7]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), r"nothing to run the model on; pass a tokenizer and text, or .*input_ids=ids"),
        ((None, "The cat"), r"text needs a tokenizer: capture\(model, tokenizer, 'The cat'\)"),
        (("The cat",), r"tokenizer: got the string 'The cat'; call capture\(model, tokenizer, text\)"),
    ],
)
def test_what_is_missing(arguments, message, bert):
    with pytest.raises(ArgumentError, match=message):
        capture(bert, *arguments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "text is empty; there must be at least one token"),
        (["a", ""], "text is empty"),
        ([("a", "")], "text_pair is empty"),
        ([], r"text must be a string, chat messages, or a list .* got list \[\]"),
        (7, "text must be a string.*got int 7"),
        ([7], "a row must be a string, a .text, pair. tuple of strings or chat messages; got int 7"),
        ([("a", "b", "c")], "a row must be a string"),
    ],
)
def test_texts_that_cannot_be_used(text, message, bert):
    with pytest.raises(ArgumentError, match=message):
        capture(bert, tiny_tokenizer(), text)


@pytest.mark.parametrize("text", ["a \ud800 b", ["whole", "a \ud800 b"], ("whole", "a \ud800 b")])
def test_half_a_character(text, bert):
    message = r"half of a character, the lone surrogate U\+D800 at position 2, which this tokenizer cannot read; repla"
    arguments = text if isinstance(text, tuple) else (text,)
    with pytest.raises(ArgumentError, match=message):
        capture(bert, tiny_tokenizer(), *arguments)
    assert capture(bert, tiny_tokenizer(), "a \ud800 b".encode("utf-8", "replace").decode())


def test_half_a_character_elsewhere(llama):
    bart, unigram = tiny_model("bart"), tiny_tokenizer("unigram")
    with pytest.raises(ArgumentError, match=r"lone surrogate U\+D83D at position 4"):
        capture(bart, unigram, "The cat", target="sat \ud83d")
    byte_level = tiny_tokenizer("byte_level")
    with pytest.raises(ArgumentError, match="half of a character"):
        capture(llama, byte_level, [{"role": "user", "content": "\udc80"}])
    with pytest.raises(ArgumentError, match=r"lone surrogate U\+DC80 at position 0"):
        regard.capture_generation(llama, byte_level, "\udc80", max_new_tokens=2)


def test_a_tokenizer_that_reads_half_characters(llama):
    def tokenizer(text, **_):
        return {"input_ids": [5 + ord(char) % 100 for char in text]}

    tokenizer.decode = tokenizer.convert_ids_to_tokens = lambda ids, **_: [str(i) for i in ids]
    tokenizer.all_special_ids = []
    assert len(capture(llama, tokenizer, "a\ud800").tokens) == 2


def test_other_errors_of_a_tokenizer_come_through(llama):
    def tokenizer(*_, **__):
        raise TypeError("out of ink")

    tokenizer.convert_ids_to_tokens = None
    with pytest.raises(TypeError, match="out of ink"):
        capture(llama, tokenizer, "a cat")


def test_text_without_tokens(llama):
    tokenizer = tiny_tokenizer("byte_level")
    tokenizer.backend_tokenizer.normalizer = __import__("tokenizers").normalizers.Strip()
    with pytest.raises(ArgumentError, match="the tokenizer makes no tokens of ' '"):
        capture(llama, tokenizer, " ")


def test_pairs_that_do_not_match(bert):
    with pytest.raises(ArgumentError, match="text_pair must be a list of 2 strings, one per text; got str 'b'"):
        capture(bert, tiny_tokenizer(), ["a", "b"], "b")
    with pytest.raises(ArgumentError, match="text_pair must be a string, as text is; got list"):
        capture(bert, tiny_tokenizer(), "a", ["b"])


@pytest.mark.parametrize("model", ["bert-base-uncased", None, {}])
@pytest.mark.usefixtures("as_users_do")
def test_model_that_is_no_module(model):
    with pytest.raises(ArgumentError, match=r"model must be a torch\.nn\.Module; got"):
        capture(model, input_ids=IDS)


@pytest.mark.usefixtures("as_users_do")
def test_a_models_name_is_not_a_model():
    with pytest.raises(ArgumentError, match="got str 'bert-base-uncased'; load it first with AutoModel"):
        capture("bert-base-uncased", input_ids=IDS)


def test_both_text_and_ids(bert):
    with pytest.raises(ArgumentError, match="got both text and input_ids; pass one of them"):
        capture(bert, tiny_tokenizer(), "The cat", input_ids=IDS)


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ([[5, 6]], r"input_ids must be a torch tensor \[batch, token\]; got list"),
        (IDS[0], r"input_ids must be \[batch, token\].*got shape \[3\]"),
        (IDS[:, :0], r"input_ids is empty: shape \[1, 0\]"),
    ],
)
def test_ids_that_cannot_be_used(ids, message, bert):
    with pytest.raises(ArgumentError, match=message):
        capture(bert, input_ids=ids)


def test_no_tensor_at_all(bert):
    with pytest.raises(ArgumentError, match=r"no tensor among the model inputs \(use_cache\); pass for"):
        capture(bert, use_cache=False)


def test_inputs_on_the_wrong_device(bert):
    with pytest.raises(ArgumentError, match=r"input_ids is on meta but the model is on cpu; pass input_ids\.to"):
        capture(bert, input_ids=IDS.to("meta"))


def test_padding_without_a_mask(bert):
    ids = torch.tensor([[5, 6, 7], [5, 0, 0]])
    with pytest.raises(ArgumentError, match=r"row 1 of input_ids begins or ends with 2 padding tokens \(id 0\) but"):
        capture(bert, input_ids=ids)
    assert len(capture(bert, input_ids=ids, attention_mask=(ids != 0).long())) == 2
    assert capture(bert, input_ids=torch.tensor([[5, 6, 0]])).weights.shape[-1] == 3


def test_a_row_of_padding_only(bert):
    with pytest.raises(ArgumentError, match="attention_mask: row 1 is all padding; drop it from the batch"):
        capture(bert, input_ids=IDS.repeat(2, 1), attention_mask=torch.tensor([[1, 1, 1], [0, 0, 0]]))


def test_text_longer_than_the_positions(bert):
    with pytest.raises(ArgumentError, match=r"the text has \d+ tokens but the model has only 256 positions \(emb"):
        capture(bert, tiny_tokenizer(), "the cat " * 200)


def test_target_of_a_model_without_decoder(bert):
    with pytest.raises(ArgumentError, match="target is the text of a decoder, but BertModel is no encoder-decoder"):
        capture(bert, tiny_tokenizer(), "The cat", target="x")


def test_targets_that_do_not_fit():
    model, tokenizer = tiny_model("bart"), tiny_tokenizer("unigram")
    with pytest.raises(ArgumentError, match=r"target must be one text that is not empty per row \(2\); got 'The'"):
        capture(model, tokenizer, ["The cat", "The dog"], target="The")
    with pytest.raises(ArgumentError, match="target is text, which needs a tokenizer; pass one, or decoder_input_ids"):
        capture(model, input_ids=IDS, target="The")


def test_encoder_decoder_that_cannot_write():
    with pytest.raises(ArgumentError, match=r"BartModel is an encoder-decoder without a language-model head.*target"):
        capture(tiny_model("bart").model, input_ids=IDS)


def test_a_run_that_continues_a_cache(llama):
    cache = llama(IDS).past_key_values
    with pytest.raises(regard.errors.NoAttentionError, match="1 queries see 4 keys, so the run continues a cache"):
        capture(llama, input_ids=IDS[:, :1], past_key_values=cache)


def test_a_models_own_error_comes_through():
    with pytest.raises(TypeError):
        capture(nn.Linear(2, 2), input_ids=IDS)


def test_calling_the_package_is_calling_the_function(bert):
    assert regard.capture(bert, input_ids=IDS).weights.shape == (3, 4, 3, 3)
    import_module("regard.capture.run")
    assert regard.capture(bert, input_ids=IDS).weights.shape == (3, 4, 3, 3)


@pytest.mark.parametrize("package", ["torch", "transformers"])
def test_without_the_extra(package):
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "import regard\n"
        "try:\n    regard.capture\n"
        "except ImportError as error:\n    print(type(error).__name__, error)\n"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.startswith("MissingExtraError regard.capture needs the package")
    assert repr(package) in found.stdout
    assert "pip install 'regard[models]'" in found.stdout
