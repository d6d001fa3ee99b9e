"""Writes a workbench as the front end gets it: ``python tests/workbench/golden.py``.

The spec of a view after a few what-ifs, the answer to a request of each kind, the cross attention of two states, and
what differs between sixty pairs of words.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
import regard
from regard.demo import dates
from regard.testing import tiny_model, tiny_tokenizer
from regard.workbench.state import spans

PATH = Path(__file__).parents[2] / "web" / "test" / "golden" / "seq2seq.json"
WRITTEN = PATH.with_name("live_generation.json")
DATE = "Nov 22nd 2026"
REQUESTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("force", {"step": 5, "token": "0"}),
    ("edit_attention", {"edits": [{"step": 8, "change": "move", "to": [9], "layers": [1]}]}),
    ("reset_attention", {"step": None}),
    ("replace_source", {"position": 5, "by": "3"}),
    ("insert_source", {"position": 4, "what": "1"}),
    ("delete_source", {"position": 1}),
    ("undo", {}),
    ("redo", {}),
    ("show", {"state": 0}),
    ("pin", {"state": 2}),
    ("swap", {}),
    ("rename", {"state": 1, "name": "January?"}),
    ("score", {"target": "2026-11-21"}),
    ("begin", {"target": "2025"}),
    ("translate", {"text": "May 1st 1999"}),
    ("settings", {"beams": 2, "k": 3, "max_new_tokens": 12}),
    ("compare", {"first": 0, "second": 2}),
    ("branch", {"state": 0, "node": 5}),
    ("words", {"state": 0, "side": "target", "position": 1, "k": 20}),
    ("links", {"state": 0, "heads": None, "how": "intersection", "words": False}),
    ("replacements", {"state": 0, "position": 0, "heads": [[1, 0], [1, 1]], "k": 5}),
    ("gold", {"state": 0, "links": "11-0 12-1p 0-5", "words": False}),
    ("links", {"state": 0, "heads": None, "how": None, "words": None}),
    ("favourite", {"state": 2, "on": True}),
    ("force", {"step": 99, "token": 3}),
)


def golden() -> dict[str, Any]:
    """The spec before and after the requests, the answers, and weights by array."""
    bench = regard.Workbench(*dates.load(), DATE, beams=4)
    view = bench.view()
    first = view.spec()
    answers = [
        {
            "request": {"id": n, "ask": ask, "fields": fields},
            "answer": bench.handle({"id": n, "ask": ask, "fields": fields}),
        }
        for n, (ask, fields) in enumerate(REQUESTS)
    ]
    random = Random(0)
    words = [("".join(random.choices("abc", k=random.randint(0, 9))) for _ in range(2)) for _ in range(60)]
    diffs = [{"first": a, "second": b, "spans": list(spans(a, b))} for a, b in words]
    weights = {name: _bytes(view, name) for name in ("0:cross.weights", "2:cross.weights")}
    found = {"first": first, "answers": answers, "spec": view.spec(), "weights": weights, "near": near()}
    return {**found, "diffs": diffs}


def near() -> dict[str, Any]:
    """The spec of a view that has a corpus of 60 dates, and what it says of neighbours."""
    with TemporaryDirectory() as folder:
        texts = list(dates.pairs(60))
        states = ("encoder", "decoder", "context")
        corpus = regard.corpus.index(*dates.load(), texts, Path(folder) / "dates", layers="all", streams=states)
        bench = regard.Workbench(*dates.load(), DATE, beams=2, neighbours=corpus)
        place = {"state": 0, "stream": "decoder", "layer": 2}
        requests: list[dict[str, Any]] = [
            {"id": 0, "ask": "neighbours", "fields": {**place, "position": 5, "k": 8}},
            {"id": 1, "ask": "neighbours", "fields": {**place, "stream": "encoder", "position": 0, "k": 8}},
            {"id": 2, "ask": "projection", "fields": {**place, "method": "pca", "k": 4}},
            {"id": 3, "ask": "components", "fields": {**place, "positions": [1, 6], "beside": None, "count": 4}},
        ]
        answers = [{"request": one, "answer": bench.handle(one)} for one in requests]
        return {"spec": bench.view().spec(), "answers": answers}


def written() -> list[dict[str, Any]]:
    """Of a decoder-only model and an encoder-decoder: the spec of a live generation view, and that of each answer."""
    letters = tiny_tokenizer("byte_level")
    model = tiny_model("llama", vocab_size=len(letters))
    llama = regard.Workbench(model, letters, "The cat", beams=2, max_new_tokens=4)
    llama.force(1, "ad")
    llama.insert_source(1, " old")
    benches = [llama, regard.Workbench(*dates.load(), "May 1st 99", beams=2)]
    return [_written(bench) for bench in benches]


def _written(bench: regard.Workbench) -> dict[str, Any]:
    state = bench.states[0]
    node = next(node.id for node in state.decoding.tree.nodes if node.status == "pruned" and node.step == 2)
    branch = bench.handle({"id": 0, "ask": "branch", "fields": {"state": 0, "node": node}})["branch"]
    limits: dict[str, Any] = {"include_layers": [1], "include_heads": [0, 2]}
    own = {str(one.id): bench.record(one.id) for one in bench.states} | {f"0-{node}": bench.record(0, node)}
    return {
        "spec": bench.generation_view(**limits).spec(),
        "branch": branch,
        "views": {name: regard.generation_view(record, **limits).spec() for name, record in own.items()},
    }


def _bytes(view: Any, array: str) -> dict[str, Any]:
    shape = view.shape(array)
    read = view.read(array, tuple(slice(0, size) for size in shape))
    return {"shape": list(shape), "bytes": b64encode(read.astype("<f4").tobytes()).decode()}


def rounded(value: Any) -> Any:
    """The same with numbers of five places."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {name: rounded(one) for name, one in value.items()}
    return [rounded(one) for one in value] if isinstance(value, list) else value


if __name__ == "__main__":
    for path, found in ((PATH, golden()), (WRITTEN, written())):
        path.write_text(json.dumps(rounded(found), ensure_ascii=False) + "\n", encoding="utf-8")
