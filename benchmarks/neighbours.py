"""A corpus of a million states: building it, opening it, asking it: ``python -m benchmarks.neighbours verses``.

Materials: ``verses`` (the last states of the demo's verse translator, d_model 192, on the verses it learned from; those
it has not seen are asked about), ``dates`` (all states of the demo's date normaliser, d_model 64) and
``random`` (vectors around 2,000 centres, of any width). A folder that is there is opened, and finished if it was
interrupted. The floor is numpy: one product with all states in memory and a partial sort.

Queries run in a process of their own; before a cold one the files are put out of the page cache. Beside the wall clock
stands CPU time over all threads, which other programs on the machine do not change much.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

import regard
from regard.corpus.approximate import checked, renew
from regard.corpus.identity import Identity
from regard.corpus.settings import Settings
from regard.corpus.store import Rows, Store, name_of

RESULTS = Path(__file__).parent / "results" / "neighbours.md"
QUERIES, COLD, K = 200, 4, 10


def told(done: int, total: int | None) -> None:
    print(f"\r{done:,} of {total or 0:,} texts, {time.process_time():.0f} CPU s", end="", file=sys.stderr, flush=True)


def build_verses(path: Path, count: int) -> np.ndarray:
    """Index the verse translator's training pairs, the last layer; the queries are states of decoding unseen verses."""
    verses = __import__("regard.demo.verses", fromlist=["load"])
    model, tokenizer = verses.load()
    corpus = regard.corpus.index(model, tokenizer, verses.pairs()[:count], path, batch=64, progress=told)
    print(f"\n{corpus.added}", file=sys.stderr)
    rng, queries = np.random.default_rng(0), []
    for verse in verses.held_out()[:QUERIES]:
        states = corpus.states(model, tokenizer, verse.old, verse.modern).of(*corpus.space())
        queries.append(states[rng.integers(len(states))])
    return np.stack(queries)


def build_dates(path: Path, count: int) -> np.ndarray:
    """Index the date normaliser's training pairs, all layers; the queries are decoder states of others."""
    dates = __import__("regard.demo.dates", fromlist=["load"])
    model, tokenizer = dates.load()
    corpus = regard.corpus.index(
        model, tokenizer, list(dates.pairs(count)), path, layers="all", batch=256, progress=told
    )
    print(f"\n{corpus.added}", file=sys.stderr)
    rng, queries = np.random.default_rng(0), []
    for source, target in dates.pairs(QUERIES, seed=1):
        states = corpus.states(model, tokenizer, source, target).of(*corpus.space())
        queries.append(states[rng.integers(len(states))])
    return np.stack(queries)


def random_states(width: int, count: int, seed: int) -> Iterator[np.ndarray]:
    """Blocks of states around 2,000 centres, most of whose variance is in a quarter of the dimensions."""
    scale = np.exp(-4 * np.arange(width, dtype=np.float32) / width)
    centres = np.random.default_rng(0).standard_normal((2000, width), dtype=np.float32) * scale
    rng = np.random.default_rng(seed)
    for start in range(0, count, 40_000):
        size = min(40_000, count - start)
        noise = rng.standard_normal((size, width), dtype=np.float32) * scale
        yield centres[rng.integers(0, len(centres), size)] + 0.6 * noise


def build_random(path: Path, count: int, width: int) -> np.ndarray:
    """Texts of 20 positions with random states, written as `index` writes them."""
    settings = Settings(Identity("random", "none", "", "", ""), False, {"encoder": (1,)})
    if not (path / "corpus.json").is_file():
        path.mkdir(parents=True)
        settings.write(path)
    store = Store(path, Settings.read(path))
    store.repair()
    for number, block in enumerate(random_states(width, count, 1)):
        first, places = number * 2000, np.arange(len(block))
        if first >= store.count:
            rows = Rows(block, first + places // 20, places % 20)
            store.append([_text(first + i) for i in range(len(block) // 20)], {("encoder", 1): rows})
    table, name = store.states["encoder", 1], name_of(("encoder", 1))
    if renew(table, settings.metric) or name not in Settings.read(path).checks:
        settings.with_check(name, checked(table, settings.metric)).write(path)
    return next(random_states(width, QUERIES, 2))


def _text(number: int) -> dict[str, Any]:
    labels = [f"w{number % 997}"] * 20
    return {
        "id": number,
        "digest": number.to_bytes(16, "little"),
        "source": " ".join(labels).encode(),
        "target": None,
        "generated": False,
        "cut": False,
        "source_ids": list(range(20)),
        "source_labels": labels,
        "target_ids": None,
        "target_labels": None,
    }


def evict(path: Path) -> None:
    """Put a folder's files out of the page cache (the clean pages, which are all after a sync)."""
    os.sync()
    for file in path.rglob("*"):
        if file.is_file():
            handle = os.open(file, os.O_RDONLY)
            os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(handle)


def timed(work: Callable[[np.ndarray], Any], queries: np.ndarray) -> dict[str, float]:
    """Milliseconds of each call: median and 95th percentile by the wall clock, mean by CPU time."""
    cpu, walls = time.process_time(), []
    for query in queries:
        start = time.perf_counter()
        work(query)
        walls.append(1e3 * (time.perf_counter() - start))
    spent = 1e3 * (time.process_time() - cpu) / len(queries)
    return {"p50": float(np.median(walls)), "p95": float(np.percentile(walls, 95)), "cpu": spent}


def memory() -> float:
    """Peak resident memory of this process, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def asked(path: Path) -> dict[str, Any]:
    """Everything about queries, in a process that has done nothing else."""
    queries = np.load(path.parent / f"{path.name}-queries.npy")
    before = memory()
    start = time.perf_counter()
    corpus = regard.corpus.open(path)
    opened = time.perf_counter() - start
    stream, layer = corpus.space()
    out = list(range(100))
    found: dict[str, Any] = {"open_s": opened, "states": corpus.counts[stream, layer], "all": len(corpus)}
    found["warming"] = timed(lambda q: corpus.nearest(q, K, stream=stream, layer=layer), queries[:20])
    found["warm"] = timed(lambda q: corpus.nearest(q, K, stream=stream, layer=layer), queries)
    found["hundred"] = timed(lambda q: corpus.nearest(q, 100, stream=stream, layer=layer), queries)
    found["filter"] = timed(lambda q: corpus.nearest(q, K, stream=stream, layer=layer, without=out), queries)
    found["rss"], found["rss_before"] = memory(), before
    found |= brute(corpus, queries)
    return found


def brute(corpus: Any, queries: np.ndarray) -> dict[str, Any]:
    """The floor, and the share of the true ten nearest that the corpus finds."""
    space = corpus.space()
    column = corpus._store.states[space].to_arrow()["vector"].combine_chunks()
    states = column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), -1).astype(np.float32)
    states /= np.linalg.norm(states, axis=1, keepdims=True)

    def nearest(query: np.ndarray) -> np.ndarray:
        far = 1 - states @ (query / np.linalg.norm(query))
        return np.asarray(far[np.argpartition(far, K)[:K]])

    floor = timed(nearest, queries[:15])
    limits = _tenth(states, queries) + 1e-5
    hits = 0
    for query, limit in zip(queries, limits, strict=True):
        near = corpus.nearest(query, K, stream=space[0], layer=space[1])
        hits += sum(one.distance <= limit for one in near)
    check = corpus.checks.get(space)
    return {
        "floor": floor,
        "recall": hits / K / len(queries),
        "width": states.shape[1],
        "check": "exact" if check is None else f"{check.recall:.1%} with {check.probes} probes",
    }


def _tenth(states: np.ndarray, queries: np.ndarray) -> np.ndarray:
    """The K-th smallest cosine distance of each query to states of length one, block by block."""
    directions = queries / np.linalg.norm(queries, axis=1, keepdims=True)
    best = np.full((len(queries), K), np.inf, dtype=np.float32)
    for start in range(0, len(states), 50_000):
        found = np.concatenate([best, 1 - directions @ states[start : start + 50_000].T], axis=1)
        best = np.partition(found, K - 1, axis=1)[:, :K]
    return np.asarray(best.max(axis=1))


def cold(path: Path) -> dict[str, float]:
    """Seconds until the first answer, of a process that opens a corpus which is not in the page cache."""
    walls = []
    for number in range(COLD):
        evict(path)
        code = (
            "import sys, time, numpy as np, regard; regard.corpus; q = np.load(sys.argv[2])[int(sys.argv[3])]\n"
            "t = time.perf_counter(); c = regard.corpus.open(sys.argv[1]); o = time.perf_counter()\n"
            "s, l = c.space(); c.nearest(q, 10, stream=s, layer=l); print(time.perf_counter() - o)"
        )
        given = [str(path), str(path.parent / f"{path.name}-queries.npy"), str(number)]
        done = subprocess.run([sys.executable, "-c", code, *given], capture_output=True, text=True, timeout=300)
        walls.append(1e3 * float(done.stdout))
    return {"p50": float(np.median(walls)), "p95": float(np.percentile(walls, 95))}


def line(name: str, found: dict[str, Any], built: dict[str, float], first: dict[str, float], size: float) -> str:
    cells = [
        f"{name}, d_model {found['width']}",
        f"{found['states']:,}" + (f" of {found['all']:,}" if found["all"] > found["states"] else ""),
        f"{built['wall']:.0f} s ({built['cpu']:.0f})" if built else "opened",
        f"{size:.2f} GB",
        f"{found['rss']:.0f} MB ({found['rss_before']:.0f} before)",
        f"{first['p50']:.0f} / {first['p95']:.0f}",
        *(
            f"{found[k]['p50']:.1f} / {found[k]['p95']:.1f} ({found[k]['cpu']:.1f})"
            for k in ("warm", "filter", "hundred")
        ),
        f"{found['floor']['p50']:.0f} / {found['floor']['p95']:.0f} ({found['floor']['cpu']:.0f})",
        f"{found['recall']:.1%}",
        found["check"],
    ]
    return f"| {' | '.join(cells)} |"


def _times(found: dict[str, float]) -> str:
    return f"{found['p50']:.1f} / {found['p95']:.1f} ({found['cpu']:.1f})"


HEAD = (
    "| material | states searched | build, s (CPU) | disk | peak memory | open and first query, cold | "
    "10 nearest, warm | leaving out 100 texts | 100 nearest | floor: numpy in memory | recall@10 | own check |"
)


def main() -> None:
    asks = argparse.ArgumentParser(description=__doc__)
    asks.add_argument("material", choices=["verses", "dates", "random", "queries"])
    asks.add_argument("--folder", type=Path, default=Path("build/neighbours"))
    asks.add_argument("--states", type=int, default=1_000_000, help="of random material")
    asks.add_argument("--texts", type=int, default=100_000, help="at most, of the others")
    asks.add_argument("--width", type=int, default=384, help="of random material")
    chosen = asks.parse_args()
    if chosen.material == "queries":
        print(json.dumps(asked(chosen.folder)))
        return
    name = f"random-{chosen.width}" if chosen.material == "random" else chosen.material
    path = chosen.folder / name
    fresh, start, cpu = not path.exists(), time.perf_counter(), time.process_time()
    path.parent.mkdir(parents=True, exist_ok=True)
    queries = {
        "verses": lambda: build_verses(path, chosen.texts),
        "dates": lambda: build_dates(path, chosen.texts),
        "random": lambda: build_random(path, chosen.states, chosen.width),
    }[chosen.material]()
    built = {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu} if fresh else {}
    np.save(path.parent / f"{name}-queries.npy", queries)
    again = [sys.executable, "-m", "benchmarks.neighbours", "queries", "--folder", str(path)]
    done = subprocess.run(again, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stderr
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file()) / 1e9
    write(line(name, json.loads(done.stdout), built, cold(path), size), sys.argv[1:])


def write(row: str, arguments: list[str]) -> None:
    """Add a row to the page, with the command, the machine and its load."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    about = (
        f"`python -m benchmarks.neighbours {' '.join(arguments)}`, {time.strftime('%Y-%m-%d')}: Python "
        f"{platform.python_version()}, lancedb {version('lancedb')}, numpy {np.__version__}, {os.cpu_count()} cores, "
        f"load average (1, 5, 15 minutes) at the end {load}. Milliseconds are median / 95th percentile (mean CPU)."
    )
    print(about, HEAD, row, sep="\n")
    old = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "# Neighbours among a million states\n"
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(f"{old}\n{about}\n\n{HEAD}\n{'|---' * 12}|\n{row}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
