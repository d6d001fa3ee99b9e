"""marimo: the page in an output, and the live widget in both directions."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from browser.benched import BenchPicture, worked
from browser.server import serving
from browser.watched import Picture, Watched

pytest.importorskip("marimo")
APP = """
import marimo

app = marimo.App()


@app.cell
def _():
    import sys

    sys.path.insert(0, {tests!r})
    import marimo
    import regard
    from browser.pages import plain

    return marimo, plain, regard


@app.cell
def _(plain, regard):
    regard.head_view(plain(), layer=1, heads=[1, 2])
    return


@app.cell
def _(plain, regard):
    live = regard.head_view(plain(), layer=1, heads=[1, 2])
    live.widget()
    return (live,)


@app.cell
def _(marimo):
    button = marimo.ui.run_button(label="ask Python")
    button
    return (button,)


@app.cell
def _(button, live, marimo):
    button.value
    marimo.md(f"heads are {{live.selection.heads}}")
    return


@app.cell
def _(regard):
    import time
    from regard.demo import dates

    model, tokenizer = dates.load()
    bench = regard.Workbench(model, tokenizer, "22/11/2026", beams=3)
    bench.view(layer=1)
    return bench, model, time


@app.cell
def _(marimo):
    slow, other, texts = (marimo.ui.run_button(label=label) for label in ("slowly", "another date", "all answers"))
    marimo.hstack([slow, other, texts])
    return other, slow, texts


@app.cell
def _(model, slow, time):
    if slow.value:
        model.register_forward_pre_hook(lambda *_: time.sleep(0.4))
    return


@app.cell
def _(bench, other):
    if other.value:
        bench.translate("Nov 22nd 2026")
    return


@app.cell
def _(bench, marimo, texts):
    texts.value
    marimo.md(f"{{len(bench.states)}} answers, now {{bench.state.decoding.text}}")
    return
"""


@pytest.fixture(scope="module")
def app(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("marimo")
    (home / "app.py").write_text(APP.format(tests=str(Path(__file__).parents[1])))
    command = [sys.executable, "-m", "marimo", "run", "app.py", "--headless", "--no-token", "--host=127.0.0.1"]
    command += ["--port={port}"]
    environment = {**environment, "HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    with serving(command, "/health", home, environment) as address:
        yield address


def opened(app: str, visit: Callable[..., Watched]) -> Watched:
    """The app, once its last cell has run."""
    watched = visit(app, offline=False, height=2400, foreign="/assets/")
    watched.page.get_by_text("1 answers, now 2026-22-11").wait_for(timeout=120_000)
    return watched


def test_page_and_widget_live(app: str, visit: Callable[..., Watched]) -> None:
    watched = opened(app, visit)
    Picture(watched.page.frame_locator("iframe").first).drawn()
    widget = Picture(watched.page)
    widget.drawn()
    widget.head(5).click()
    assert widget.heads() == [1, 2, 5]
    watched.page.get_by_role("button", name="ask Python").click()
    watched.page.get_by_text("heads are [1, 2, 5]").wait_for()


def test_the_workbench_and_python_keep_in_step(app: str, visit: Callable[..., Watched]) -> None:
    page = opened(app, visit).page
    picture = BenchPicture(page)
    worked(picture)
    page.get_by_role("button", name="another date").click()
    expect(picture.figure.locator(".ask input")).to_have_value("Nov 22nd 2026")
    picture.says("2026-11-22")
    page.get_by_role("button", name="slowly").click()
    far, most = picture.cancelled("May 1st 1999")
    assert far < most
    page.get_by_role("button", name="all answers").click()
    page.get_by_text("5 answers, now 2026-11-22").wait_for()
