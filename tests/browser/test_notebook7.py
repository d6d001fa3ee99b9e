"""Notebook 7: the page in an output, and the live widget in both directions."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from browser import notebooks
from browser.lab import Notebook, jupyter
from browser.server import TOKEN
from browser.watched import Picture, Watched

pytest.importorskip("notebook")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notebook7")


@pytest.fixture(scope="module")
def server(home: Path, environment: dict[str, str]) -> Iterator[str]:
    with jupyter("notebook", home, environment) as address:
        yield address


def test_page_and_widget_live(server: str, home: Path, visit: Callable[..., Watched]) -> None:
    cells = [notebooks.MAKE, notebooks.HTML, notebooks.WIDGET, notebooks.SET, notebooks.ASK]
    notebooks.write(home / "work" / "cats.ipynb", cells)
    address = f"{server}/notebooks/cats.ipynb?token={TOKEN}"
    notebook = Notebook(visit(address, offline=False, height=2400, foreign="/static/")).connect()
    for number in range(3):
        notebook.run(number)
    Picture(notebook.frame(1)).drawn()
    widget = Picture(notebook.output(2))
    widget.drawn()
    before = widget.fingerprint()
    notebook.run(3)
    widget.changes_from(before)
    assert (widget.layer(), widget.heads()) == (3, [4])
    widget.head(0).click()
    assert "heads are [0, 4] layer is 3" in notebook.run(4).inner_text()
