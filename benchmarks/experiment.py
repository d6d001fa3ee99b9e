"""What experiments cost beside their floor: ``python -m benchmarks.experiment``.

The floor is the model's own code alone, running for each variant what that variant changes: of an ablated head, its
layer and those after it; of an edge of the last query, one decode step on cached keys and values; of a replaced token,
that token and those after it, on the cached ones before. One thread, CPU seconds, the least of rounds in which scan and
floor take turns.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

RESULTS = Path("benchmarks/results/experiment.md")
ROUNDS, SAMPLES, LAST = 3, 4, 32
LAYERS, HEADS, WIDTH, WORDS = 8, 8, 512, 8000


def model() -> Any:
    """A Llama with random weights."""
    import torch
    import transformers

    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=WORDS,
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=HEADS // 2,
    )
    return transformers.LlamaForCausalLM(config).eval()


def heads_floor(llama: Any, ids: Any) -> None:
    """Each layer and those after it, for as many variants as it has heads."""
    import torch

    with torch.no_grad():
        places = torch.arange(ids.shape[1])[None]
        states = llama.model.embed_tokens(ids)
        turned = llama.model.rotary_emb(states, places)
        options = {"position_ids": places, "position_embeddings": turned, "attention_mask": None}
        for first in range(LAYERS):
            found = states.expand(HEADS, -1, -1)
            for layer in llama.model.layers[first:]:
                found = layer(found, **options)
            llama.lm_head(llama.model.norm(found)[:, -1:])
            states = llama.model.layers[first](states, **options)


def edges_floor(llama: Any, ids: Any, batch: int) -> None:
    """One decode step for each key, as many at a time as the scan takes."""
    import torch

    from regard.experiment.cache import repeated

    with torch.no_grad():
        cache = llama(ids[:, :-1], use_cache=True, logits_to_keep=1).past_key_values
        for first in range(0, ids.shape[1], batch):
            variants = min(batch, ids.shape[1] - first)
            own = repeated(cache, variants)
            llama(ids[:, -1:].expand(variants, -1), past_key_values=own, use_cache=True, logits_to_keep=1)


def tokens_floor(llama: Any, ids: Any) -> None:
    """Each of the last tokens and those after it, all samples at once, on what one cache holds of those before."""
    import torch

    from regard.experiment.cache import repeated

    with torch.no_grad():
        whole = llama(ids, use_cache=True, logits_to_keep=1).past_key_values
        for first in range(ids.shape[1] - LAST, ids.shape[1]):
            own = repeated(whole, SAMPLES)
            for layer in own.layers:
                layer.keys, layer.values = layer.keys[..., :first, :], layer.values[..., :first, :]
            llama(ids[:, first:].expand(SAMPLES, -1), past_key_values=own, use_cache=True, logits_to_keep=1)


def rounds(count: int) -> dict[str, tuple[int, float, float]]:
    """For each scan: its variants, its CPU seconds and those of its floor."""
    import torch

    from regard.experiment import ask, scan_edges, scan_heads, scan_tokens

    llama, ids = model(), torch.randint(5, WORDS, (1, count), generator=torch.Generator().manual_seed(0))
    asked = ask(llama, input_ids=ids)
    batch = asked.batch_of(1)
    pairs: dict[str, tuple[int, Callable[[], Any], Callable[[], Any]]] = {
        "scan_heads": (LAYERS * HEADS, lambda: scan_heads(asked), lambda: heads_floor(llama, ids)),
        "scan_edges, one head": (
            count,
            lambda: scan_edges(asked, layer=0, head=0),
            lambda: edges_floor(llama, ids, batch),
        ),
        "scan_edges, all layers": (count, lambda: scan_edges(asked), lambda: edges_floor(llama, ids, batch)),
        f"scan_tokens, the last {LAST}": (
            LAST * SAMPLES,
            lambda: scan_tokens(asked, token=slice(-LAST, None), samples=SAMPLES),
            lambda: tokens_floor(llama, ids),
        ),
    }
    found = {}
    for name, (variants, scan, floor) in pairs.items():
        taken = [(_seconds(scan), _seconds(floor)) for _ in range(ROUNDS)]
        found[name] = (variants, min(s for s, _ in taken), min(f for _, f in taken))
    return found


def _seconds(run: Callable[[], Any]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


def main(counts: list[int]) -> None:
    """Measure and write the table."""
    import torch
    import transformers

    lines = [
        "# What experiments cost",
        "",
        f"`python -m benchmarks.experiment`: a Llama of {LAYERS} layers × {HEADS} heads, d_model {WIDTH}, random",
        "weights, float32, CPU, one thread. *floor* is the model's own code running what each variant changes: layers",
        "from the ablated head's on, one decode step on a cache that variants share, or a replaced token and",
        "those after it, on one cache for all. CPU seconds, the least of",
        f"{ROUNDS} rounds in which both take turns; the whole scan counts, with its checks and its noise.",
        "",
        "| scan | tokens | variants | scan s | floor s | scan / floor |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for count in counts:
        for name, (variants, scan, floor) in rounds(count).items():
            lines.append(f"| {name} | {count} | {variants} | {scan:.2f} | {floor:.2f} | {scan / floor:.2f} |")
            print(lines[-1], flush=True)
    lines += [
        "",
        f"torch {torch.__version__}, transformers {transformers.__version__}, Python {platform.python_version()}.",
    ]
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if os.environ.get("OMP_NUM_THREADS") == "1":
        main([int(count) for count in sys.argv[1:]] or [64, 256])
    else:
        command = [sys.executable, "-m", "benchmarks.experiment", *sys.argv[1:]]
        sys.exit(subprocess.run(command, check=False, env={**os.environ, "OMP_NUM_THREADS": "1"}).returncode)
