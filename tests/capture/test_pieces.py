"""The text of tokens, for each way in which vocabularies write it."""

import unicodedata

import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from regard.capture.pieces import scheme_of, text_tokenizer, tokens_from_ids
from regard.errors import ArgumentError
from regard.testing import tiny_tokenizer

HARD = "naïve 猫 🐈‍⬛ \u202eabc é</script>\x00"


class Slow:
    """A tokenizer that has no more than a vocabulary."""

    def __init__(self, tokens, special=()):
        self._tokens, self.all_special_ids = tokens, special

    def convert_ids_to_tokens(self, ids):
        return [self._tokens[i] for i in ids]


def tokens(kind, text):
    tokenizer = tiny_tokenizer(kind)
    return tokens_from_ids(tokenizer, tokenizer(text, add_special_tokens=False)["input_ids"])


def slow(*raw, special=()):
    return tokens_from_ids(Slow(raw, special), range(len(raw)))


def unsplit(found):
    """The text again, split characters put together from their shown bytes."""
    text = b""
    for piece in found.pieces:
        while "<0x" in piece:
            before, _, rest = piece.partition("<0x")
            text += before.encode() + bytes.fromhex(rest[:2])
            piece = rest[3:]
        text += piece.encode()
    return text.decode()


@pytest.mark.parametrize("text", ["The cat sat", " the  cat\n\tsat", HARD])
def test_byte_level_pieces_are_the_text(text):
    found = tokens("byte_level", text)
    assert unsplit(found) == text
    assert all(not unicodedata.category(char).startswith("C") or char in "\u200d" for x in found.labels for char in x)


def test_byte_level_words_keep_their_space():
    found = tokens("byte_level", "The cat sat")
    assert found.pieces == ("The", " cat", " sat")
    assert found.labels == ("The", "cat", "sat")


def test_split_characters_are_shown_as_bytes():
    found = tokens("byte_level", "🐈")
    assert found.pieces == found.labels == ("<0xF0>", "<0x9F>", "<0x90>", "<0x88>")
    assert slow("Ġâ", "Ħ", "ª").pieces == (" <0xE2>", "<0x84>", "<0xAA>")


def test_sentence_piece():
    found = tokens("unigram", "The cat 猫")
    assert found.pieces == (" The", " cat", " ", "<0xE7>", "<0x8C>", "<0xAB>")
    assert found.labels == ("The", "cat", "·", "<0xE7>", "<0x8C>", "<0xAB>")
    assert slow("▁a", "<0x0A>", "▁▁b").pieces == (" a", "\n", "  b")


def test_word_piece_goes_on():
    found = slow("[CLS]", "walk", "##ing", "##", "[SEP]", special=(0, 4))
    assert found.pieces == ("[CLS]", "walk", "ing", "##", "[SEP]")
    assert found.labels == ("[CLS]", "walk", "##ing", "##", "[SEP]")
    assert found.special == (True, False, False, False, True)


def test_words_with_an_end_mark():
    assert slow("ca", "t</w>", "sat</w>").pieces == ("ca", "t", "sat")


def test_clip_is_byte_level_with_an_end_mark():
    vocabulary = {"c": 0, "at</w>": 1, "Ã©</w>": 2, "<unk>": 3}
    inner = Tokenizer(models.BPE(vocabulary, [], unk_token="<unk>", end_of_word_suffix="</w>"))
    inner.pre_tokenizer, inner.decoder = pre_tokenizers.ByteLevel(), decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, unk_token="<unk>")
    assert tokens_from_ids(tokenizer, [0, 1, 2]).pieces == ("c", "at", "é")


def test_special_and_added_tokens_read_as_written():
    tokenizer = tiny_tokenizer("unigram")
    tokenizer.add_tokens(["▁raw"])
    ids = tokenizer.convert_tokens_to_ids(["<s>", "▁raw", "▁The"])
    found = tokens_from_ids(tokenizer, ids)
    assert found.pieces == ("<s>", "▁raw", " The")
    assert found.special == (True, False, False)


def test_hostile_tokens_stay_data():
    found = slow("</script><script>", "<img src=x onerror=alert(1)>", "\x00", "\ud800", "\u202e", "")
    assert found.pieces == ("</script><script>", "<img src=x onerror=alert(1)>", "\x00", "\ud800", "\u202e", "")
    assert found.labels[2:] == ("␀", "<U+D800>", "<U+202E>", "∅")


def test_tokens_that_are_bytes_or_unknown():
    assert slow(b" cat", b"\xe2\x84", None).pieces == (" cat", "<0xE2><0x84>", "<id 2>")


def test_numbers_without_a_tokenizer():
    found = tokens_from_ids(None, [5, 7])
    assert found.pieces == ("5", "7")
    assert list(found.ids) == [5, 7]


def test_the_vocabulary_decides_where_tokens_do_not():
    class WithVocabulary(Slow):
        def get_vocab(self):
            return {"Ġthe": 0, "Ġa": 1, "Ã©": 2}

    assert tokens_from_ids(WithVocabulary(["Ã©"]), [0]).pieces == ("é",)
    assert scheme_of(WithVocabulary([]), []).mark == "^Ġ"
    assert slow("é").pieces == ("é",)


def test_a_processor_lends_its_tokenizer():
    class Processor:
        tokenizer = tiny_tokenizer()

    assert text_tokenizer(Processor()) is Processor.tokenizer
    with pytest.raises(ArgumentError, match=r"tokenizer: expected a Hugging Face tokenizer .* got dict"):
        text_tokenizer({})
