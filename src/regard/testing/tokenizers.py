"""Tiny tokenizers of the kinds in use, trained here on a few lines of text: no download, always the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Any

import transformers
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors, trainers
from tokenizers.models import BPE, Unigram, WordPiece

from regard.errors import not_one_of

KINDS = ("wordpiece", "byte_level", "unigram")
_SPECIAL = ["<pad>", "<s>", "</s>", "<unk>"]
_TEXT = (
    "The cat sat on the mat and looked at the dog.",
    "The dog was walking when the cats were sleeping.",
    "Is it raining in the morning? It is not raining now.",
    "She said that he had read the longest book of the year.",
    "One two three four five six seven eight nine ten.",
    "Attention weights are what a model reads, not why it answers.",
)
_CHAT = (
    "{% for m in messages %}<s>{{ m['role'] }}: {{ m['content'] }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<s>assistant:{% endif %}"
)


@cache
def _trained(kind: str) -> str:
    return {"wordpiece": _wordpiece, "byte_level": _byte_level, "unigram": _unigram}[kind]().to_str()


def tiny_tokenizer(kind: str = "wordpiece") -> Any:
    """A fast Hugging Face tokenizer of at most 512 tokens, of a kind in :data:`KINDS`.

    ``wordpiece`` is BERT's (lower case, [CLS] and [SEP], pairs with token_type_ids), ``byte_level`` GPT-2's with a
    chat template, ``unigram`` SentencePiece's with byte fallback. Raises ``ArgumentError`` for another kind.
    """
    if kind not in KINDS:
        raise not_one_of("tiny tokenizer", kind, KINDS)
    tokenizer = Tokenizer.from_str(_trained(kind))
    wrapper: Any = transformers.PreTrainedTokenizerFast
    names = ["input_ids", "attention_mask"]
    if kind == "wordpiece":
        special = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
        return wrapper(tokenizer_object=tokenizer, model_input_names=[*names, "token_type_ids"], **special)
    special = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    found = wrapper(tokenizer_object=tokenizer, model_input_names=names, **special)
    found.chat_template = _CHAT if kind == "byte_level" else None
    return found


def _wordpiece() -> Tokenizer:
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    lines = [tokenizer.normalizer.normalize_str(line) for line in _TEXT]
    words = Counter(word for line in lines for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(line))
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *_wordpieces(words, 164)]
    tokenizer.model = WordPiece({piece: n for n, piece in enumerate(pieces)}, unk_token="[UNK]")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")],
    )
    return tokenizer


def _wordpieces(words: Mapping[str, int], size: int) -> list[str]:
    """The letters, then what comes of joining the most frequent pair again and again, of equals the first by letter.

    The library's own trainer takes equals in another order in every process.
    """
    parts = {word: [word[0], *(f"##{letter}" for letter in word[1:])] for word in words}
    letters = sorted({letter for word in words for letter in word})
    pieces = [*letters, *(f"##{letter}" for letter in letters)]
    while len(pieces) < size:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, split in parts.items():
            for pair in pairwise(split):
                pairs[pair] += words[word]
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        joined = best[0] + best[1].removeprefix("##")
        pieces.append(joined)
        for split in parts.values():
            for n in reversed(range(len(split) - 1)):
                if tuple(split[n : n + 2]) == best:
                    split[n : n + 2] = [joined]
    return pieces


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=_SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(_TEXT, trainer)
    return tokenizer


def _unigram() -> Tokenizer:
    """A unigram model whose pieces are the words and characters of the text, with a token for every byte."""
    words = sorted({word for line in _TEXT for word in line.split()})
    letters = sorted({char for word in words for char in word})
    pieces = [(token, 0.0) for token in _SPECIAL] + [(f"<0x{byte:02X}>", -20.0) for byte in range(256)]
    pieces += [("▁" + word, -3.0) for word in words] + [("▁", -4.0)] + [(letter, -6.0) for letter in letters]
    tokenizer = Tokenizer(Unigram(pieces, unk_id=3, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", tokenizer.token_to_id("</s>"))]
    )
    return tokenizer
