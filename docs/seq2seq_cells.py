"""Pictures of what is no view in docs/guides/from-seq2seq-vis.md: messages, files, an index, another back end, tests.

Each is a cell of a notebook or a command, run here; ``docs/seq2seq_pictures.py`` takes them with the others.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path
from typing import Any

import cells
from playwright.sync_api import Browser, sync_playwright

import regard
from browser.bridged import Bridged

IMAGES = Path(__file__).parent / "images" / "seq2seq"
GUIDE = Path(__file__).parent / "guides" / "seq2seq.md"

MESSAGES = (
    """
import json, regard
from regard.demo import dates
bench = regard.Workbench(*dates.load(), "Nov 22nd 2026", beams=4)
request = {"id": 1, "ask": "force", "fields": {"step": 5, "token": "0"}}
answer = bench.handle(request)
print(json.dumps(answer["session"]["history"], ensure_ascii=False, indent=1))
""",
    """
import jsonschema
whole = json.load(open("docs/guides/workbench.schema.json"))
asked = {one["properties"]["ask"]["const"]: one for one in whole["$defs"]["RequestSpec"]["oneOf"]}
jsonschema.validate({"request": request, "answer": answer}, whole)
print(len(asked), "requests;", json.dumps(asked["force"]["properties"]["fields"]))
""",
    """
bench.handle({"id": 2, "ask": "force", "fields": {"step": 99, "token": "0"}})["error"]
""",
)
SESSION = (
    """
bench.edit_attention(step=9, to=[12])
bench.pin(0)
path = bench.save("session.json")
print(path.stat().st_size, "bytes")
print(path.read_text()[:640], "…")
""",
    """
again = regard.Workbench.open("session.json", *dates.load())
print(*again.states, sep="\\n")
again.pinned, again.comparison.total
""",
)
INDEX = (
    """
import regard
from regard.demo import dates
shown = [0]
def told(done, total):
    if abs(done - shown[-1]) > 200 or done == total:
        shown.append(done)
        print(f"{'█' * (30 * done // total):<30} {done} of {total} texts")
model, tokenizer = dates.load()
texts = list(dates.pairs(1500))
corpus = regard.corpus.index(model, tokenizer, texts[:1200], "dates", layers="all", progress=told)
corpus
""",
    """
corpus = regard.corpus.index(model, tokenizer, texts, "dates", layers="all", progress=told)
print(corpus.added)
len(corpus.texts), len(corpus)
""",
    """
regard.corpus.open("dates").neighbours(regard.corpus.states(model, tokenizer, "22/11/2026"), 3, stream="encoder")[0]
""",
)
BACKWARDS = ("print(backwards.view().text(width=100))",)
GOALS = (
    "tests/workbench/test_workbench.py::test_examine_a_decision",
    "tests/workbench/test_near.py::test_connect_a_decision_to_samples",
    "tests/workbench/test_workbench.py::test_test_alternatives",
)


def ran(codes: tuple[str, ...], names: dict[str, Any]) -> list[tuple[str, str]]:
    """Each cell with what it says."""
    return [(code, cells.run(code.strip(), names)) for code in codes]


def back_end() -> str:
    """The guide's own example of one."""
    blocks = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.DOTALL)
    return next(block for block in blocks if "class Backwards" in block)


def take(browser: Browser) -> None:
    """Run everything, and photograph it."""
    names: dict[str, Any] = {}
    cells.picture(browser, ran(MESSAGES, names), IMAGES / "messages.jpg")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        cells.picture(browser, ran(SESSION, names), IMAGES / "session.jpg")
        cells.picture(browser, ran(INDEX, {}), IMAGES / "index.jpg")
    own: dict[str, Any] = {"regard": regard}
    cells.picture(browser, ran((back_end(), *BACKWARDS), own), IMAGES / "back-end.jpg")
    live = Bridged(browser.new_page(viewport={"width": 900, "height": 900}), own["backwards"].view())
    live.wait()
    live.page.locator("figure.view").screenshot(path=IMAGES / "backwards.jpg", type="jpeg", quality=80)
    live.close()
    said = cells.command("pytest", "-v", "--no-header", "-p", "no:cacheprovider", *GOALS)
    cells.picture(browser, [(f"$ pytest -v {' '.join(GOALS)}", said)], IMAGES / "goals.jpg")


if __name__ == "__main__":
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        take(started)
        started.close()
