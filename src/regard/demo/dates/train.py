"""Makes the weights of the date normaliser, in some minutes: ``python -m regard.demo.dates.train [FOLDER]``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, pre_tokenizers, processors
from tokenizers.models import WordLevel
from torch import Tensor

from regard.demo.dates.texts import DAYS, MONTHS, pairs
from regard.demo.dates.weights import FOLDER

EXAMPLES, HELD_OUT = 60_000, 2_000
EPOCHS, BATCH, RATE, WARM_UP = 8, 128, 3e-3, 200
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]


def tokenizer() -> Any:
    """One token per character; texts end with ``</s>``."""
    letters = sorted(set("0123456789/.,- thsndrof" + "".join(MONTHS + DAYS)))
    own = Tokenizer(WordLevel({token: i for i, token in enumerate([*SPECIAL, *letters])}, unk_token="<unk>"))
    own.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    own.decoder = decoders.Fuse()
    own.post_processor = processors.TemplateProcessing(single="$A </s>", special_tokens=[("</s>", 2)])
    wrapper: Any = transformers.PreTrainedTokenizerFast
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>"}
    return wrapper(tokenizer_object=own, model_input_names=["input_ids", "attention_mask"], **names)


def model(words: Any) -> Any:
    """The untrained model."""
    torch.manual_seed(0)
    sizes: dict[str, Any] = {
        f"{side}_{what}": n for side in ("encoder", "decoder") for what, n in (("layers", 2), ("ffn_dim", 128))
    }
    sizes |= {"encoder_attention_heads": 4, "decoder_attention_heads": 4}
    library: Any = transformers
    config = library.BartConfig(
        vocab_size=len(words),
        d_model=64,
        max_position_embeddings=48,
        dropout=0.1,
        decoder_start_token_id=0,
        forced_eos_token_id=None,
        **sizes,
    )
    made: Any = library.BartForConditionalGeneration(config)
    made.generation_config = library.GenerationConfig(
        max_new_tokens=13, bos_token_id=0, pad_token_id=1, eos_token_id=2, decoder_start_token_id=0
    )
    return made


def encoded(words: Any, examples: list[tuple[str, str]]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids and mask of the sources, and labels [example, token] that leave padding out."""
    sources, targets = zip(*examples, strict=True)
    given = words(list(sources), padding=True, return_tensors="pt")
    labels = words(list(targets), return_tensors="pt")["input_ids"]
    return given["input_ids"], given["attention_mask"], labels


def accuracy(trained: Any, words: Any, examples: list[tuple[str, str]]) -> float:
    """The share of these dates that greedy decoding gets wholly right."""
    ids, mask, _ = encoded(words, examples)
    found = trained.eval().generate(input_ids=ids, attention_mask=mask)
    said = words.batch_decode(found, skip_special_tokens=True)
    right = [one == target for one, (_, target) in zip(said, examples, strict=True)]
    return float(sum(right) / len(right))


def train() -> tuple[Any, Any]:
    """The trained model and its tokenizer; prints how it goes."""
    words = tokenizer()
    made = model(words).train()
    ids, mask, labels = encoded(words, list(pairs(EXAMPLES)))
    steps = EPOCHS * EXAMPLES // BATCH
    optimizer = torch.optim.AdamW(made.parameters(), lr=RATE, weight_decay=0.01)
    schedule = transformers.get_cosine_schedule_with_warmup(optimizer, WARM_UP, steps)
    chance, started = torch.Generator().manual_seed(0), time.monotonic()
    for step in range(steps):
        if step * BATCH % EXAMPLES < BATCH:
            order = torch.randperm(EXAMPLES, generator=chance)
        first = step * BATCH % (EXAMPLES - BATCH)
        chosen = order[first : first + BATCH]
        longest = int(mask[chosen].sum(1).max())
        given = {"input_ids": ids[chosen, :longest], "attention_mask": mask[chosen, :longest]}
        loss = made(**given, labels=labels[chosen]).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
        if step % 250 == 0:
            print(f"step {step} of {steps}, loss {loss.item():.4f}, {time.monotonic() - started:.0f} s", flush=True)
    return made.eval(), words


def main(folder: Path) -> None:
    """Train, say how well it does on dates it has not seen, and save."""
    trained, words = train()
    print(f"right: {accuracy(trained, words, list(pairs(HELD_OUT, seed=1))):.2%} of {HELD_OUT} unseen")
    trained.half().save_pretrained(folder)
    words.save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
