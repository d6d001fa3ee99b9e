"""What capture costs beside the forward pass it watches.

``python -m benchmarks.capture`` writes results/capture.md; names of shapes (``bert small``) measure those alone.

Time is CPU seconds of one thread. Candidates take turns; what counts is the ratio of their fastest passes, which other
work on the machine disturbs least. Memory is by how much one pass, in a process of its own, raises the peak.
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
from statistics import quantiles
from typing import Any

RESULTS = Path("benchmarks/results/capture.md")
CANDIDATES = ("plain", "regard", "disk", "eager")
EAGER_LIMIT = 6e9
ENVIRONMENT = {
    "times": {"OMP_NUM_THREADS": "1"},
    "memory": {"OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": "65536"},
}
"""One thread; and for memory, freed tensors are given back at once, so that it is what is in use."""


@dataclass(frozen=True)
class Shape:
    """A model with random weights: layers of a known one. ``once``: a pass takes minutes, so the one that memory is
    measured in gives the time too."""

    name: str
    d_model: int
    heads: int
    kv_heads: int
    ffn: int
    layers: int
    counts: tuple[int, ...]
    once: bool = False

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
    "bert": Shape("BERT-base, 4 of 12 layers", 768, 12, 12, 3072, 4, (128, 512, 2048)),
    "bert-2": Shape("BERT-base, 2 of 12 layers", 768, 12, 12, 3072, 2, (8192,)),
    "llama": Shape("Llama 3.2 1B, 2 of 16 layers", 2048, 32, 8, 8192, 2, (128, 512, 2048)),
    "llama-1": Shape("Llama 3.2 1B, 1 of 16 layers", 2048, 32, 8, 8192, 1, (8192,), once=True),
    "small": Shape("Llama, small (d_model 128, 2 heads, 1 layer)", 128, 2, 1, 256, 1, (32768,)),
    "deep": Shape("Llama, deep (d_model 64, 1 head, 32 layers)", 64, 1, 1, 128, 32, (16384,), once=True),
    "long": Shape("Llama, long (d_model 64, 1 head, 4 layers)", 64, 1, 1, 128, 4, (100_000,), once=True),
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


def candidates(shape: Shape, count: int) -> tuple[str, ...]:
    """What is measured: all but what would not fit in memory."""
    return tuple(name for name in CANDIDATES if name != "eager" or shape.weights_bytes(count) < EAGER_LIMIT)


def times(key: str, count: int, seconds: float) -> dict[str, list[float]]:
    """CPU seconds of each candidate by round, in rounds that begin with another one each, for about ``seconds``."""
    names = candidates(SHAPES[key], count)
    for run in passes(SHAPES[key], 16, names).values():
        run()
    runs = list(passes(SHAPES[key], count, names).items())
    found: dict[str, list[float]] = {name: [] for name in names}
    start = time.perf_counter()
    while len(found["plain"]) < 3 or (time.perf_counter() - start < seconds and len(found["plain"]) < 40):
        for name, run in runs:
            before = time.process_time()
            kept = run()
            found[name].append(time.process_time() - before)
            del kept
        runs = runs[1:] + runs[:1]
    return found


def memory(key: str, count: int, name: str) -> tuple[int, float]:
    """By how many bytes one pass of one candidate raises this process's memory at its highest, and its CPU seconds."""
    passes(SHAPES[key], 16, (name,))[name]()
    run = passes(SHAPES[key], count, (name,))[name]
    Path("/proc/self/clear_refs").write_text("5")
    before, start = _status("VmRSS"), time.process_time()
    kept = run()
    seconds, after = time.process_time() - start, _status("VmHWM")
    del kept
    return after - before, seconds


def _status(field: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def main(seconds: float, keys: list[str]) -> None:
    """Measure these shapes (all unless given) and write the table, in which rows of other shapes stay as they are."""
    rows = _known() if keys else {}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    for key in keys or SHAPES:
        shape = SHAPES[key]
        for count in shape.counts:
            once = {name: _apart("memory", key, count, name) for name in candidates(shape, count)}
            peaks = {name: peak for name, (peak, _) in once.items()}
            found = {name: [took] for name, (_, took) in once.items()}
            if not shape.once:
                found = _apart("times", key, count, seconds)
            rows[shape.name, f"{count:,}"] = _row(shape, count, found, peaks)
            print(rows[shape.name, f"{count:,}"], flush=True)
            RESULTS.write_text(_report(rows), encoding="utf-8")


def _known() -> dict[tuple[str, str], str]:
    """The rows of the table as it is, by shape and count."""
    if not RESULTS.exists():
        return {}
    lines = [line for line in RESULTS.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.split("|")] for line in lines[1:]]
    return {(found[1], found[2]): line for found, line in zip(cells, lines[1:], strict=True)}


def _apart(what: str, *arguments: Any) -> Any:
    """A measurement in a process of its own, on one thread."""
    command = [sys.executable, "-m", "benchmarks.capture", what, *map(str, arguments)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **ENVIRONMENT[what]})
    return json.loads(done.stdout.splitlines()[-1])


def _row(shape: Shape, count: int, seconds: dict[str, list[float]], peaks: dict[str, float]) -> str:
    plain, base = seconds["plain"], peaks["plain"]
    cells = [shape.name, f"{count:,}", str(len(plain)), f"{min(plain):.2f}"]
    cells += [_ratio(seconds[name], plain) if name in seconds else "–" for name in CANDIDATES[1:]]
    cells += [f"{base / 1e6:,.0f}"]
    cells += [f"{(peaks[name] - base) / 1e6:+,.0f}" if name in peaks else "–" for name in CANDIDATES[1:]]
    cells += [f"{shape.factors_bytes(count) / 1e6:,.0f}", f"{shape.weights_bytes(count) / 1e6:,.0f}"]
    return f"| {' | '.join(cells)} |"


def _ratio(seconds: list[float], plain: list[float]) -> str:
    """The ratio of the fastest passes, and the middle half of the ratios within rounds."""
    fastest = f"{min(seconds) / min(plain):.2f}"
    if len(plain) < 4:
        return fastest
    low, _, high = quantiles([one / other for one, other in zip(seconds, plain, strict=True)], n=4)
    return f"{fastest} ({low:.2f}–{high:.2f})"


def _report(rows: dict[tuple[str, str], str]) -> str:
    import torch
    import transformers

    import regard

    heads = [
        "model", "n", "rounds", "plain s", "regard ×", "disk ×", "eager ×", "plain MB", "regard MB", "disk MB",
        "eager MB", "q + k + lse MB", "matrices MB",
    ]  # fmt: skip
    lines = [
        "# What capture costs",
        "",
        "`python -m benchmarks.capture`: random weights, float32, CPU, one thread. *plain* is the forward pass on the",
        'SDPA kernel without gradients; *regard* is `regard.capture` of it, *disk* the same with `store="disk"`, and',
        "*eager* the pass with `output_attentions=True` on the eager kernel. Times are CPU seconds of the fastest",
        "pass; ratios are to plain: of the fastest passes, and in brackets the middle half of those within rounds.",
        "Memory is what one pass adds at its highest, in a process of its own; for all but plain, beyond what plain",
        "adds. *q + k + lse* is the size of what is recorded, *matrices* that of all attention weights.",
        f"– : not run, as the matrices alone would take over {EAGER_LIMIT / 1e9:.0f} GB.",
        "",
        f"| {' | '.join(heads)} |",
        f"|---|{'---:|' * (len(heads) - 1)}",
        *rows.values(),
        "",
        f"regard {regard.__version__}, torch {torch.__version__}, transformers {transformers.__version__}, Python "
        f"{platform.python_version()}, {platform.machine()}, other work on the machine at the same time.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["times", key, count, seconds]:
            print(json.dumps(times(key, int(count), float(seconds))))
        case ["memory", key, count, name]:
            print(json.dumps(memory(key, int(count), name)))
        case [*keys]:
            main(30.0, keys)
