"""Small transformers that have learned the tasks: ``python -m benchmarks.ground_truth.toys`` trains them anew.

Two layers of four heads, d_model 64, built from transformers' own classes: GPT-2 (learned positions, LayerNorm, biases)
for ``mark`` and ``lexicon``; Llama (rotary positions, RMSNorm, gated MLP, two key heads) for ``retrieve``. Their
weights lie beside this file, in float16, one file per task and seed.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn.functional import cross_entropy

from benchmarks.ground_truth.tasks import RETRIEVE, TASKS, Task

WEIGHTS = Path(__file__).parent / "weights"
SEEDS = {"mark": (0, 1, 2), "lexicon": (0, 1, 2), "retrieve": (0, 2, 3)}
"""With seed 1, ``retrieve`` stays at one value in three, so the next one takes its place."""
WIDTH, LAYERS, HEADS = 64, 2, 4
STEPS = {"mark": 800, "lexicon": 600, "retrieve": 500}
BATCH, RATE, WARM = 128, 3e-3, 50
_FIRST_TEST = 1_000_000


def built(task: Task) -> Any:
    """The model of a task, with weights by chance."""
    common = {"vocab_size": task.words, "bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
    if task is RETRIEVE:
        return transformers.LlamaForCausalLM(
            transformers.LlamaConfig(
                **common,
                hidden_size=WIDTH,
                intermediate_size=WIDTH,
                num_hidden_layers=LAYERS,
                num_attention_heads=HEADS,
                num_key_value_heads=HEADS // 2,
                max_position_embeddings=32,
                tie_word_embeddings=True,
            )
        )
    drop = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    shape = {"n_embd": WIDTH, "n_layer": LAYERS, "n_head": HEADS, "n_inner": WIDTH, "n_positions": 16}
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(**common, **drop, **shape))


@cache
def toy(task: Task, seed: int) -> Any:
    """The trained model, in float32 and eval mode."""
    model = built(task)
    model.load_state_dict({name: value.float() for name, value in load_file(_file(task, seed)).items()}, strict=False)
    model.tie_weights()
    return model.eval()


def accuracy(model: Any, task: Task, texts: int = 2000) -> float:
    """The share of new texts whose most probable right answer is the model's first choice."""
    ids, answers = batch(task, np.random.default_rng(_FIRST_TEST), texts)
    with torch.no_grad():
        found = model(input_ids=ids).logits[:, -1]
    return float((found.argmax(-1) == answers.argmax(-1)).double().mean())


def batch(task: Task, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
    """Texts [text, token], and the right distributions at their ends [text, word]."""
    examples = [task.example(rng) for _ in range(size)]
    answers = torch.zeros(size, task.words)
    for row, example in zip(answers, examples, strict=True):
        for word, share in example.answer.items():
            row[word] = share
    return torch.tensor([example.text.ids for example in examples]), answers


def train(task: Task, seed: int) -> Any:
    """A model that has learned the task: AdamW, cross entropy at the last token, a rate that falls to 0.

    ``retrieve`` has a curriculum, without which it stays at one value in three: for the first half of the steps each
    token is to say the one before it, too, by a share that falls from 1 to 0.
    """
    torch.manual_seed(seed)
    model, rng = built(task).train(), np.random.default_rng(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.1)
    steps = STEPS[task.name]
    rates = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / WARM, (steps - step) / (steps - WARM))
    )
    for step in range(steps):
        ids, answers = batch(task, rng, BATCH)
        logits = model(input_ids=ids).logits
        loss = cross_entropy(logits[:, -1], answers)
        if task is RETRIEVE and 2 * step < steps:
            before = cross_entropy(logits[:, 1:-1].flatten(0, 1), ids[:, :-2].flatten())
            loss = loss + (1 - 2 * step / steps) * before
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rates.step()
    return model.eval()


def save(model: Any, task: Task, seed: int) -> None:
    """Write the weights; a tied output matrix is written once."""
    WEIGHTS.mkdir(exist_ok=True)
    kept = {name: value for name, value in model.state_dict().items() if name != "lm_head.weight"}
    save_file({name: value.half().contiguous() for name, value in kept.items()}, _file(task, seed))


def _file(task: Task, seed: int) -> Path:
    return WEIGHTS / f"{task.name}-{seed}.safetensors"


def main(names: list[str]) -> None:
    """Train, save and test the models of these tasks, by default all."""
    for task in TASKS:
        for seed in SEEDS[task.name] if not names or task.name in names else ():
            save(train(task, seed), task, seed)
            toy.cache_clear()
            print(f"{task.name} {seed}: test accuracy {accuracy(toy(task, seed), task):.4f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
