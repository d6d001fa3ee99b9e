"""Blockwise passes over one head beside the bare matrix product of the same size: ``python -m benchmarks.tiles``.

The floor is ``query @ key.T`` for the same queries and keys, tile by tile into one buffer, on all cores: n × d × n
multiplications and nothing else. Floor and pass alternate; of each the fastest run counts.
"""

from __future__ import annotations

import argparse
import platform
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from regard.record import Factored, MaskRule, overview, progressive, received, span_sums, top_keys
from regard.record.engine.machine import using
from regard.record.engine.threads import workers

HEAD = slice(0, 1)
WIDTH = 64
CELLS = 512
RESULTS = Path(__file__).parent / "results" / "tiles.md"


class Head:
    """One head of random queries and keys, with its log-sum-exp captured and without."""

    def __init__(self, tokens: int, *, causal: bool):
        self.tokens, self.rule = tokens, MaskRule(after=0 if causal else None)
        rng = np.random.default_rng(0)
        self.query, self.key = rng.standard_normal((2, 1, tokens, WIDTH), dtype=np.float32)
        self.lse = self.bare().rows_lse(HEAD, slice(0, tokens))

    def bare(self) -> Factored:
        return Factored.of(self.query, self.key, scale=WIDTH**-0.5, mask=self.rule)

    def whole(self) -> Factored:
        return Factored.of(self.query, self.key, scale=WIDTH**-0.5, mask=self.rule, lse=self.lse)

    def floor(self, queries: slice, keys: slice) -> Callable[[], None]:
        tile = np.empty((1024, 1024), np.float32)

        def run() -> None:
            for i in range(queries.start, queries.stop, 1024):
                for j in range(keys.start, keys.stop, 1024):
                    first, second = self.query[0, i : i + 1024], self.key[0, j : j + 1024]
                    np.matmul(first, second.T, out=tile[: len(first), : len(second)])

        return run


def passes(head: Head) -> Iterator[tuple[str, Callable[[], object], slice, slice]]:
    """Name, pass, and the queries and keys of its floor."""
    every, last = slice(0, head.tokens), slice(head.tokens - 1024, head.tokens)
    spans = [(start, start + 25) for start in range(0, head.tokens - 25, 25)]
    yield (
        "exact tile 1024 × 1024",
        lambda: head.whole().read("weights", (HEAD, last, slice(0, 1024))),
        last,
        slice(0, 1024),
    )
    yield "exact rows, 1024 × n", lambda: head.whole().read("weights", (HEAD, last, every)), last, every
    yield "log-sum-exp", lambda: head.bare().rows_lse(HEAD, every), every, every
    yield "overview, max", lambda: overview(head.whole(), HEAD, CELLS), every, every
    yield "overview, mean", lambda: overview(head.whole(), HEAD, CELLS, "mean"), every, every
    yield "overview, max, and log-sum-exp", lambda: overview(head.bare(), HEAD, CELLS), every, every
    yield "overview, mean, and log-sum-exp", lambda: overview(head.bare(), HEAD, CELLS, "mean"), every, every
    yield "top 8 keys", lambda: top_keys(head.whole(), HEAD, 8), every, every
    yield "received per key", lambda: received(head.whole(), HEAD), every, every
    yield "sums of spans of 25", lambda: span_sums(head.whole(), HEAD, spans, spans), every, every


clock = time.perf_counter


def fastest(first: Callable[[], object], second: Callable[[], object], seconds: float) -> tuple[float, float]:
    """Seconds of the fastest run of each, alternating for about that long."""
    found: list[list[float]] = [[], []]
    until = time.perf_counter() + seconds
    while len(found[0]) < 2 or time.perf_counter() < until:
        for runs, run in zip(found, (first, second), strict=True):
            start = clock()
            run()
            runs.append(clock() - start)
    return min(found[0][1:]), min(found[1][1:])


def per_element() -> str:
    """What else could be the roof: nanoseconds per float32 on one core, in cache."""
    tile = np.random.default_rng(0).standard_normal((128, 1024), dtype=np.float32)
    out, row = np.empty_like(tile), tile[0].copy()
    works = {
        "exp": lambda: np.exp(tile, out=out),
        "subtract a row": lambda: np.subtract(tile, row, out=out),
        "sum of columns": lambda: tile.sum(0),
        "maximum of columns": lambda: tile.max(0),
    }
    return ", ".join(f"{name} {fastest(work, work, 0.1)[0] / tile.size * 1e9:.2f}" for name, work in works.items())


def measured(tokens: int, causal: bool, seconds: float) -> Iterator[str]:
    """A line of the table for each pass."""
    head = Head(tokens, causal=causal)
    mask = "causal" if causal else "full"
    for name, run, queries, keys in passes(head):
        floor, found = fastest(head.floor(queries, keys), run, seconds)
        yield f"| {tokens} | {mask} | {name} | {floor * 1e3:.2f} | {found * 1e3:.2f} | {found / floor:.2f} |"
    first = fastest(lambda: None, lambda: next(progressive(head.bare(), HEAD, CELLS)), seconds)[1]
    share = next(progressive(head.bare(), HEAD, CELLS)).share
    yield f"| {tokens} | {mask} | first picture ({share:.1%} of rows) | – | {first * 1e3:.2f} | – |"


def versions() -> str:
    """What was measured with what."""
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]  # type: ignore[call-overload, index]
    return (
        f"Python {platform.python_version()}, numpy {np.__version__} ({blas['name']} {blas['version']}), "
        f"{workers()} cores, {platform.machine()}, {platform.system()}"
    )


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--tokens", type=int, nargs="+", default=[1024, 4096, 16384])
    asked.add_argument("--seconds", type=float, default=2.0, help="for each pass")
    asked.add_argument("--library", choices=["numpy", "torch"], default="numpy")
    asked.add_argument("--results", type=Path, default=RESULTS)
    asked.add_argument("--cpu", action="store_true", help="count CPU time (for a busy machine; OMP_NUM_THREADS=1)")
    chosen = asked.parse_args()
    global clock
    clock = time.process_time if chosen.cpu else clock
    if chosen.library == "torch":
        __import__("torch")
    lines = [
        "# Blockwise passes beside the bare matrix product",
        "",
        f"`python -m benchmarks.tiles --tokens {' '.join(map(str, chosen.tokens))} --seconds {chosen.seconds:g} "
        f"--library {chosen.library}{' --cpu' * chosen.cpu}`, {time.strftime('%Y-%m-%d')}: {versions()}.",
        "",
        f"One head, d_head {WIDTH}, float32, {CELLS} × {CELLS} cells. The floor is the whole product query @ key.T "
        "of the rectangle, also under a causal mask, where a ratio below one is the work left out.",
        f"Other roofs, ns per element on one core: {per_element()}.",
        "",
        "| tokens | mask | pass | floor, ms | regard, ms | ratio |",
        "|---|---|---|---|---|---|",
    ]
    print(*lines, sep="\n", flush=True)
    with using(chosen.library):
        for tokens in chosen.tokens:
            for causal in (False, True):
                for line in measured(tokens, causal, chosen.seconds):
                    print(line, flush=True)
                    lines.append(line)
    chosen.results.parent.mkdir(exist_ok=True)
    chosen.results.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
