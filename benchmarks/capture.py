"""What capture costs beside the forward pass it watches.

``python -m benchmarks.capture`` writes results/capture.md; names of shapes (``bert small``) measure those alone.

Time is CPU seconds of one thread, the median of rounds in which the candidates take turns; unlike wall time it does not
depend on what else the machine does. Memory is by how much one pass, in a process of its own, raises the peak.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path("benchmarks/results/capture.md")
CANDIDATES = ("plain", "regard", "disk", "eager")
EAGER_LIMIT = 6e9
ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": "65536"}
"""One thread, and freed tensors are given back at once, so that memory is what is in use."""


@dataclass(frozen=True)
class Shape:
    """A model with random weights: the layers of a known one, fewer of them."""

    name: str
    d_model: int
    heads: int
    kv_heads: int
    ffn: int
    layers: int
    counts: tuple[int, ...]

    def build(self, kernel: str) -> Any:
        """The model on an attention kernel."""
        import torch
        import transformers

        torch.manual_seed(0)
        common = {
            "vocab_size": 1000,
            "hidden_size": self.d_model,
            "intermediate_size": self.ffn,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "max_position_embeddings": max(self.counts),
            "attn_implementation": kernel,
        }
        if self.name.startswith("BERT"):
            return transformers.BertModel(transformers.BertConfig(**common), add_pooling_layer=False).eval()
        return transformers.LlamaModel(transformers.LlamaConfig(**common, num_key_value_heads=self.kv_heads)).eval()

    def weights_bytes(self, count: int) -> int:
        """Bytes of all attention matrices in float32."""
        return 4 * self.layers * self.heads * count * count

    def factors_bytes(self, count: int) -> int:
        """Bytes of queries, keys and one log-sum-exp per query in float32."""
        d_head = self.d_model // self.heads
        return 4 * self.layers * count * ((self.heads + self.kv_heads) * d_head + self.heads)


SHAPES = {
    "bert": Shape("BERT-base, 2 of 12 layers", 768, 12, 12, 3072, 2, (128, 512, 2048, 8192)),
    "llama": Shape("Llama 3.2 1B, 2 of 16 layers", 2048, 32, 8, 8192, 2, (128, 512, 2048)),
    "llama-1": Shape("Llama 3.2 1B, 1 of 16 layers", 2048, 32, 8, 8192, 1, (8192,)),
    "small": Shape("Llama, small (d_model 128, 2 heads, 1 layer)", 128, 2, 1, 256, 1, (32768,)),
}


def passes(shape: Shape, count: int, names: tuple[str, ...]) -> dict[str, Callable[[], Any]]:
    """One function per candidate that runs the model once."""
    import torch

    import regard

    ids = torch.randint(5, 1000, (1, count), generator=torch.Generator().manual_seed(0))
    sdpa = shape.build("sdpa") if names != ("eager",) else None
    eager = shape.build("eager") if "eager" in names else None
    options = {} if shape.name.startswith("BERT") else {"use_cache": False}

    def plain() -> Any:
        assert sdpa is not None
        with torch.no_grad():
            return sdpa(ids, **options)

    def with_weights() -> Any:
        assert eager is not None
        with torch.no_grad():
            return eager(ids, output_attentions=True, **options)

    every = {
        "plain": plain,
        "regard": lambda: regard.capture(sdpa, input_ids=ids, **options),
        "disk": lambda: regard.capture(sdpa, input_ids=ids, store="disk", **options),
        "eager": with_weights,
    }
    return {name: every[name] for name in names}


def times(key: str, count: int, seconds: float) -> dict[str, float]:
    """CPU seconds of each candidate, in rounds that begin with another one each, for about ``seconds`` in all."""
    shape = SHAPES[key]
    names = tuple(name for name in CANDIDATES if name != "eager" or shape.weights_bytes(count) < EAGER_LIMIT)
    runs = list(passes(shape, count, names).items())
    found: dict[str, list[float]] = {name: [] for name in names}
    for _, run in runs:
        run()
    start = time.perf_counter()
    while len(found["plain"]) < 3 or (time.perf_counter() - start < seconds and len(found["plain"]) < 30):
        runs = runs[1:] + runs[:1]
        for name, run in runs:
            before = time.process_time()
            kept = run()
            found[name].append(time.process_time() - before)
            del kept
    return {name: median(values) for name, values in found.items()}


def memory(key: str, count: int, name: str) -> dict[str, float]:
    """By how many bytes one pass of one candidate raises this process's memory at its highest."""
    small = passes(SHAPES[key], 16, (name,))[name]
    small()
    run = passes(SHAPES[key], count, (name,))[name]
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    kept = run()
    after = _status("VmHWM")
    del kept
    return {name: after - before}


def _status(field: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def main(seconds: float, keys: list[str]) -> None:
    """Measure these shapes (all unless given) and write the table, which grows with every row."""
    rows = []
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    for key in keys or SHAPES:
        shape = SHAPES[key]
        for count in shape.counts:
            found = _apart("times", key, count, seconds)
            peaks = {}
            for name in found:
                peaks.update(_apart("memory", key, count, name))
            rows.append(_row(shape, count, found, peaks))
            print(rows[-1], flush=True)
            RESULTS.write_text(_report(rows), encoding="utf-8")


def _apart(what: str, *arguments: Any) -> dict[str, float]:
    """A measurement in a process of its own, on one thread."""
    command = [sys.executable, "-m", "benchmarks.capture", what, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT})
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _row(shape: Shape, count: int, seconds: dict[str, float], peaks: dict[str, float]) -> str:
    plain, base = seconds["plain"], peaks["plain"]
    cells = [shape.name, f"{count:,}", f"{plain:.2f}"]
    cells += [f"{seconds[name] / plain:.3f}" if name in seconds else "–" for name in CANDIDATES[1:]]
    cells += [f"{base / 1e6:,.0f}"]
    cells += [f"{(peaks[name] - base) / 1e6:+,.0f}" if name in peaks else "–" for name in CANDIDATES[1:]]
    cells += [f"{shape.factors_bytes(count) / 1e6:,.0f}", f"{shape.weights_bytes(count) / 1e6:,.0f}"]
    return f"| {' | '.join(cells)} |"


def _report(rows: list[str]) -> str:
    import torch
    import transformers

    import regard

    heads = [
        "model", "n", "plain s", "regard ×", "disk ×", "eager ×", "plain MB", "regard MB", "disk MB", "eager MB",
        "q + k + lse MB", "matrices MB",
    ]  # fmt: skip
    lines = [
        "# What capture costs",
        "",
        "`python -m benchmarks.capture`: random weights, float32, CPU, one thread. *plain* is the forward pass on the",
        'SDPA kernel without gradients; *regard* is `regard.capture` of it, *disk* the same with `store="disk"`, and',
        "*eager* the pass with `output_attentions=True` on the eager kernel. Times are CPU seconds and their ratio",
        "to plain (median of rounds in which they take turns). Memory is what one pass adds at its highest, in a",
        "process of its own; for all but plain, beyond what plain adds. – : the matrices alone would take over 6 GB.",
        "",
        f"| {' | '.join(heads)} |",
        f"|---|{'---:|' * (len(heads) - 1)}",
        *rows,
        "",
        f"regard {regard.__version__}, torch {torch.__version__}, transformers {transformers.__version__}, Python "
        f"{platform.python_version()}, {platform.machine()}.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["times", key, count, seconds]:
            print(json.dumps(times(key, int(count), float(seconds))))
        case ["memory", key, count, name]:
            print(json.dumps(memory(key, int(count), name)))
        case [*keys]:
            main(20.0, keys)
