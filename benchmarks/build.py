"""Builds one page from finished weights, in a process of its own: ``python -m benchmarks.build TOOL VIEW N PATH``."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.material import attention

FRAME = "<!doctype html><meta charset=utf-8><title>BertViz</title><body>"


def bertviz(view: str) -> Callable[[Any, list[str]], str]:
    """BertViz's function that makes its part of a page of weights and tokens."""
    import bertviz as peer

    draw = getattr(peer, f"{view}_view")
    return lambda weights, tokens: draw(weights, tokens, html_action="return").data


def regard(view: str) -> Callable[[Any], str]:
    """regard's function that makes a page of a record."""
    import regard as tool
    from regard.serve.html import page

    draw = getattr(tool, f"{view}_view")
    return lambda record: page(draw(record))


def from_weights(view: str) -> Callable[[Any, list[str]], str]:
    """regard's function that makes a page of weights and tokens."""
    from regard.record import from_weights

    draw = regard(view)
    return lambda weights, tokens: draw(from_weights(weights, tokens=tokens))


def main(tool: str, view: str, count: str, path: str) -> None:
    make = (bertviz if tool == "bertviz" else from_weights)(view)
    weights, tokens = attention(int(count))
    before = time.perf_counter()
    content = make(weights, tokens)
    seconds = time.perf_counter() - before
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    with Path(path).open("w", encoding="utf-8") as file:
        file.write(FRAME if tool == "bertviz" else "")
        file.write(content)
    print(json.dumps({"build_s": seconds, "page_bytes": Path(path).stat().st_size, "peak_bytes": peak}))


if __name__ == "__main__":
    main(*sys.argv[1:])
