"""Makes the weights of the verse translator, in about an hour: ``python -m regard.demo.verses.train [FOLDER]``."""

from __future__ import annotations

import copy
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, pre_tokenizers, processors, trainers
from tokenizers.models import BPE
from torch import Tensor

from regard.demo.verses.texts import held_out, pairs
from regard.demo.verses.weights import FOLDER

VOCABULARY, LONGEST = 4000, 48
STEPS, BATCH, RATE, WARM_UP, SMOOTHING = 4000, 64, 2e-3, 400, 0.05
SPECIAL = ["<pad>", "</s>", "<unk>"]
PAD, END = 0, 1
Coded = tuple[list[int], list[int]]
"""Ids of a source and of its target."""


def tokenizer() -> Any:
    """Pieces of words by byte-pair encoding (Sennrich 2016), one vocabulary for both sides; texts end with ``</s>``."""
    own = Tokenizer(BPE(unk_token="<unk>"))
    own.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
    own.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False)
    own.train_from_iterator((text for pair in pairs() for text in pair), trainer)
    own.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", END)])
    wrapper: Any = transformers.PreTrainedTokenizerFast
    names = {"pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return wrapper(tokenizer_object=own, model_input_names=["input_ids", "attention_mask"], **names)


def model(words: Any) -> Any:
    """The untrained model: a Marian (Junczys-Dowmunt 2018) of 3 + 3 layers × 4 heads, d_model 192."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        f"{side}_{what}": n
        for side in ("encoder", "decoder")
        for what, n in (("layers", 3), ("ffn_dim", 384), ("attention_heads", 4))
    }
    ids = {"pad_token_id": PAD, "eos_token_id": END, "decoder_start_token_id": PAD}
    library: Any = transformers
    config = library.MarianConfig(
        vocab_size=len(words),
        d_model=192,
        max_position_embeddings=256,
        dropout=0.1,
        scale_embedding=True,
        forced_eos_token_id=None,
        **ids,
        **sizes,
    )
    made: Any = library.MarianMTModel(config)
    made.generation_config = library.GenerationConfig(max_new_tokens=80, bad_words_ids=[[PAD]], **ids)
    return made


def batches(examples: list[Coded], chance: random.Random) -> Iterator[list[Coded]]:
    """All examples over and over, in batches of targets about as long as each other."""
    while True:
        chance.shuffle(examples)
        for start in range(0, len(examples) - BATCH * 40, BATCH * 40):
            near = sorted(examples[start : start + BATCH * 40], key=lambda pair: len(pair[1]))
            order = list(range(0, len(near), BATCH))
            chance.shuffle(order)
            yield from (near[i : i + BATCH] for i in order)


def padded(rows: list[list[int]], filler: int) -> Tensor:
    """Rows of ids [example, token], as long as the longest."""
    longest = max(map(len, rows))
    return torch.tensor([row + [filler] * (longest - len(row)) for row in rows])


def train(folder: Path) -> None:
    """Train; print and save every thousand steps, with three verses that it has not seen."""
    words = tokenizer()
    made = model(words).train()
    coded = [(words(old)["input_ids"], words(new)["input_ids"]) for old, new in pairs()]
    coded = [pair for pair in coded if max(map(len, pair)) <= LONGEST]
    print(f"{len(coded)} verses, {made.num_parameters() / 1e6:.2f} million parameters", flush=True)
    optimizer = torch.optim.AdamW(made.parameters(), lr=RATE, weight_decay=0.01)
    schedule = transformers.get_cosine_schedule_with_warmup(optimizer, WARM_UP, STEPS)
    loss_of = torch.nn.CrossEntropyLoss(ignore_index=-100, label_smoothing=SMOOTHING)
    started = time.monotonic()
    for step, batch in zip(range(1, STEPS + 1), batches(coded, random.Random(0)), strict=False):
        ids, labels = padded([old for old, _ in batch], PAD), padded([new for _, new in batch], -100)
        logits = made(input_ids=ids, attention_mask=(ids != PAD).long(), labels=labels).logits
        loss = loss_of(logits.flatten(0, 1), labels.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if step % 100 == 0:
            print(f"step {step} of {STEPS}, loss {loss.item():.3f}, {time.monotonic() - started:.0f} s", flush=True)
        if step % 1000 == 0:
            save(made, words, folder)
            made.train()


def save(made: Any, words: Any, folder: Path) -> None:
    """Write weights of half precision and tokenizer, and show what it makes of unseen verses."""
    made.eval()
    for verse in held_out()[::200]:
        found = made.generate(**words(verse.old, return_tensors="pt"))
        print(f"  {verse.old}\n  → {words.decode(found[0], skip_special_tokens=True)}\n  = {verse.modern}", flush=True)
    copy.deepcopy(made).half().save_pretrained(folder)
    words.save_pretrained(folder)


if __name__ == "__main__":
    train(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
