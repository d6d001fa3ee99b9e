"""From token ids to a page, the model's run included: ``python -m benchmarks.whole TOOL VIEW N``.

BertViz needs the model's weights, so the model runs eagerly; regard captures it on its own kernel.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks.build import bertviz, regard
from benchmarks.material import model_and_ids


def main(tool: str, view: str, count: str) -> None:
    make = (bertviz_page if tool == "bertviz" else regard_page)(view)
    model, ids, tokens = model_and_ids(int(count), "eager" if tool == "bertviz" else "sdpa")
    with torch.no_grad():
        model(ids)
    before = time.perf_counter()
    make(model, ids, tokens)
    print(json.dumps({"whole_s": time.perf_counter() - before}))


def bertviz_page(view: str) -> Callable[[Any, Any, list[str]], str]:
    draw = bertviz(view)

    def make(model: Any, ids: Any, tokens: list[str]) -> str:
        with torch.no_grad():
            return draw(model(ids, output_attentions=True).attentions, tokens)

    return make


def regard_page(view: str) -> Callable[[Any, Any, list[str]], str]:
    from regard.capture import capture

    draw = regard(view)
    return lambda model, ids, _: draw(capture(model, input_ids=ids))


if __name__ == "__main__":
    main(*sys.argv[1:])
