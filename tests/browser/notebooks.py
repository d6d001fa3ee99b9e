"""The notebook that hosts are tested with, as the file a user would have."""

from __future__ import annotations

from pathlib import Path

import nbformat

MAKE = """
import sys; sys.path.insert(0, {tests!r})
import regard
from browser.pages import HOSTILE, plain, hostile
view = regard.head_view(plain(), layer=1, heads=[1, 2])
""".strip()
HTML = "view"
WIDGET = "live = regard.head_view(plain(), layer=1, heads=[1, 2]); live.widget()"
SET = "live.selection.update(layer=3, heads=[4])"
ASK = "print('heads are', live.selection.heads, 'layer is', live.selection.layer)"
HARM = "regard.head_view(hostile()).widget()"

DATES = """
import time
import regard
from regard.demo import dates
model, tokenizer = dates.load()
bench = regard.Workbench(model, tokenizer, "22/11/2026", beams=3)
view = bench.view(layer=1)
view
""".strip()
STATES = "print([state.decoding.text for state in bench.states], bench.state.id)"
ELSEWHERE = "bench.translate('Nov 22nd 2026'); view.selection.query = 3"
SLOWLY = "hook = model.register_forward_pre_hook(lambda *_: time.sleep(0.4))"
QUICKLY = "hook.remove(); print('still', bench.state.decoding.text, len(bench.states))"
AGAIN = "view"


def write(path: Path, cells: list[str]) -> Path:
    """A notebook of these cells, none of them run."""
    tests = str(Path(__file__).parents[1])
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell.format(tests=tests) if cell is MAKE else cell) for cell in cells],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(made, path)
    return path


def orphaned(executed: Path, path: Path) -> nbformat.NotebookNode:
    """A copy of an executed notebook whose kernel is not installed here."""
    found = nbformat.read(executed, 4)
    found.metadata = {"kernelspec": {"name": "gone", "display_name": "Gone"}, "title": path.stem}
    nbformat.write(found, path)
    return found
