"""The coverage sweep: every model type in a process of its own, two at a time; findings go to a file as they come.

Run it with ``make coverage-models``, or for some types with ``PYTHONPATH=tests python -m models.sweep bert gpt2``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import time
import warnings
from collections.abc import Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import torch
import transformers

from models.build import build
from models.catalogue import MODEL_TYPES
from models.edited import edited
from models.examine import examine
from models.finding import CAPTURED, Finding
from models.table import page

ROOT = Path(__file__).parents[2]
FINDINGS = ROOT / ".cache" / f"models-{transformers.__version__}.jsonl"
PAGE = ROOT / "docs" / "models.md"
SECONDS, BYTES, WORKERS = 180, 8 << 30, 2

_processes = multiprocessing.get_context("fork")


def findings(model_types: list[str], workers: int = WORKERS) -> Iterator[Finding]:
    """The finding of each type, in the order in which they are ready."""
    waiting, running = list(reversed(model_types)), {}
    while waiting or running:
        while waiting and len(running) < workers:
            model_type = waiting.pop()
            reader, writer = _processes.Pipe(duplex=False)
            process = _processes.Process(target=_work, args=(model_type, writer), daemon=True)
            process.start()
            writer.close()
            running[reader] = (model_type, process, time.monotonic() + SECONDS)
        for reader in wait(list(running), timeout=1):
            yield _result(reader, *running.pop(reader)[:2])
        for reader, (model_type, process, end) in list(running.items()):
            if time.monotonic() > end:
                process.kill()
                del running[reader]
                yield Finding(model_type, notes=[f"stopped after {SECONDS} s"])


def _result(reader: Any, model_type: str, process: Any) -> Finding:
    try:
        return Finding(**reader.recv())
    except EOFError:
        process.join()
        return Finding(model_type, notes=[f"the process ended with {process.exitcode}"])
    finally:
        reader.close()
        process.join()


def _work(model_type: str, writer: Connection) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (BYTES, BYTES))
    warnings.simplefilter("ignore")
    try:
        found = examine(model_type)
        if found.state == CAPTURED:
            found.edits = edited(build(model_type))
    except BaseException as error:
        found = Finding(model_type, notes=[f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"])
    writer.send(found.line())
    writer.close()


def main() -> None:
    """Examine the types that are not in the file yet, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("types", nargs="*", help="model types to examine and print, instead of all")
    chosen = parser.parse_args().types
    torch.set_num_threads(1)
    transformers.logging.set_verbosity(100)
    if chosen:
        for found in findings(chosen):
            print(json.dumps(found.line(), indent=1))
        return
    FINDINGS.parent.mkdir(exist_ok=True)
    known = (
        {json.loads(line)["model_type"] for line in FINDINGS.read_text().splitlines()} if FINDINGS.exists() else set()
    )
    left = [model_type for model_type in MODEL_TYPES if model_type not in known]
    with FINDINGS.open("a") as file:
        for count, found in enumerate(findings(left), 1):
            file.write(json.dumps(found.line()) + "\n")
            file.flush()
            print(f"\r{count} of {len(left)} {found.model_type:40.40}", end="", flush=True)
    PAGE.write_text(page(Finding(**json.loads(line)) for line in FINDINGS.read_text().splitlines()))
    print(f"\n{PAGE}")


if __name__ == "__main__":
    main()
