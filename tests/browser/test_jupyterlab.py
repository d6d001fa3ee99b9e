"""JupyterLab: the page in an output, the live widget, the saved notebook without a kernel, the untrusted notebook."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat.sign import NotebookNotary

from browser import notebooks
from browser.benched import BenchPicture, worked
from browser.lab import Notebook, jupyter
from browser.server import TOKEN
from browser.watched import Picture, Watched

pytest.importorskip("jupyterlab")
Visit = Callable[..., Watched]
CELLS = [notebooks.MAKE, notebooks.HTML, notebooks.WIDGET, notebooks.SET, notebooks.ASK, notebooks.HARM]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("jupyterlab")


@pytest.fixture(scope="module")
def lab(home: Path, environment: dict[str, str]) -> Iterator[str]:
    with jupyter("jupyterlab", home, environment) as address:
        yield address


@pytest.fixture
def opened(lab: str, visit: Visit) -> Callable[[str], Notebook]:
    def go(name: str) -> Notebook:
        address = f"{lab}/lab/workspaces/{name}/tree/{name}.ipynb?token={TOKEN}"
        return Notebook(visit(address, offline=False, height=2400, foreign="/static/"))

    return go


def test_page_and_widget_live_and_saved(opened: Callable[[str], Notebook], home: Path) -> None:
    path = notebooks.write(home / "work" / "cats.ipynb", CELLS)
    notebook = opened("cats").connect()
    for number in range(3):
        notebook.run(number)

    page = Picture(notebook.frame(1))
    page.drawn()
    page.head(5).click()
    assert page.heads() == [1, 2, 5]

    widget = Picture(notebook.output(2))
    widget.drawn()
    before = widget.fingerprint()
    notebook.run(3)
    widget.changes_from(before)
    assert (widget.layer(), widget.heads()) == (3, [4])

    widget.head(0).click()
    assert "heads are [0, 4] layer is 3" in notebook.run(4).inner_text()
    widget.figure.get_by_role("button", name="Previous layer").click()
    widget.drawn()
    assert "heads are [0, 4] layer is 2" in notebook.run(4).inner_text()

    notebook.run(5)
    hostile = Picture(notebook.output(5))
    hostile.drawn()
    assert not notebook.watched.harmed()

    notebook.save()
    outputs = nbformat.read(path, 4).cells[1].outputs
    assert sorted(outputs[0].data) == ["text/html", "text/plain"]
    assert "application/vnd.jupyter.widget-view+json" in json.dumps(nbformat.read(path, 4).cells[2].outputs)


def test_the_workbench_and_python_keep_in_step(opened: Callable[[str], Notebook], home: Path) -> None:
    cells = [notebooks.DATES, notebooks.STATES, notebooks.ELSEWHERE, notebooks.SLOWLY, notebooks.QUICKLY]
    notebooks.write(home / "work" / "dates.ipynb", [*cells, notebooks.AGAIN])
    notebook = opened("dates").connect()
    notebook.run(0)
    picture = BenchPicture(notebook.output(0))
    worked(picture)
    said = notebook.run(1).inner_text().strip()
    assert said.startswith("['2026-22-11', '2026-11-22', ")
    assert said.endswith("] 1")

    notebook.run(2)
    picture.says("2026-11-22")
    assert picture.chosen() == [3]
    assert picture.figure.locator(".ask input").input_value() == "Nov 22nd 2026"

    notebook.run(3)
    far, most = picture.cancelled("May 1st 1999")
    assert far < most
    assert notebook.run(4).inner_text().strip() == "still 2026-11-22 5"
    picture.translate("May 1st 1999")
    picture.says("1999-05-01")

    notebook.run(5)
    again = BenchPicture(notebook.output(5))
    again.says("1999-05-01")
    again.undo()
    picture.says("2026-11-22")


@pytest.fixture
def orphan(opened: Callable[[str], Notebook], executed: Path, home: Path) -> Callable[..., Notebook]:
    """Opens a saved notebook whose kernel no longer exists, trusted or not."""

    def go(name: str, *, trusted: bool) -> Notebook:
        found = notebooks.orphaned(executed, home / "work" / f"{name}.ipynb")
        if trusted:
            NotebookNotary(data_dir=str(home / "data")).sign(found)
        notebook = opened(name)
        notebook.page.get_by_role("dialog").get_by_role("button", name="No Kernel").click()
        return notebook

    return go


def test_a_saved_page_draws_again_without_a_kernel(orphan: Callable[..., Notebook]) -> None:
    notebook = orphan("reopened", trusted=True)
    picture = Picture(notebook.frame(1))
    picture.drawn()
    picture.head(5).click()
    assert picture.heads() == [1, 2, 5]
    assert not any("/channels" in address for address in notebook.watched.sockets)


def test_an_untrusted_notebook_keeps_the_still_picture(orphan: Callable[..., Notebook]) -> None:
    notebook = orphan("untrusted", trusted=False)
    still = notebook.output(1).locator("img")
    still.wait_for()
    assert still.evaluate("image => image.naturalWidth") > 200
    assert "layer 1, mean of heads 1, 2" in (still.get_attribute("alt") or "")
    assert notebook.output(1).locator("iframe, script").count() == 0


def test_the_page_follows_a_dark_notebook(orphan: Callable[..., Notebook], home: Path) -> None:
    settings = home / "settings" / "@jupyterlab" / "apputils-extension" / "themes.jupyterlab-settings"
    settings.write_text('{"theme": "JupyterLab Dark"}', encoding="utf-8")
    try:
        frame = orphan("dark", trusted=True).frame(1)
        Picture(frame).drawn()
        frame.locator(".regard[data-theme=dark]").wait_for()
    finally:
        settings.unlink()
