"""A real browser on what the wheel holds: built once, unpacked, and used by every page and notebook of these tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from browser import notebooks
from browser.server import jupyter_environment
from browser.watched import Watched

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: opens a browser, on what the built wheel holds")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


@pytest.fixture(scope="session")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source distribution, unpacked; making it builds the front end if that is stale."""
    folder = tmp_path_factory.mktemp("sdist")
    hatch("sdist", REPOSITORY, folder, dict(os.environ))
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as content:
        content.extractall(folder / "unpacked", filter="data")
    (unpacked,) = (folder / "unpacked").iterdir()
    return unpacked


@pytest.fixture(scope="session")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip builds it where there is no Node: from the sdist, with nothing on the path; unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    hatch("wheel", sdist, folder, {"PATH": str(folder), "HOME": str(folder)})
    (archive,) = folder.glob("*.whl")
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder / "unpacked")
    return folder / "unpacked"


def hatch(target: str, source: Path, folder: Path, environment: dict[str, str]) -> None:
    """Build a target of the sources into a folder."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(folder)]
    built = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, timeout=300)
    assert built.returncode == 0, built.stdout + built.stderr


@pytest.fixture(scope="session")
def environment(wheel: Path) -> dict[str, str]:
    """An environment whose Python imports regard from the wheel."""
    return {**os.environ, "PYTHONPATH": str(wheel), "OMP_NUM_THREADS": "2"}


@pytest.fixture(scope="session")
def pages(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every page of ``pages.py``, made by the wheel."""
    folder = tmp_path_factory.mktemp("pages")
    command = [sys.executable, str(HERE / "pages.py"), str(folder)]
    made = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert made.returncode == 0, made.stderr
    assert Path(made.stdout.strip()).is_relative_to(environment["PYTHONPATH"])
    return folder


@pytest.fixture(scope="session")
def executed(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A notebook that was run, with a view as a page in its second output, and saved."""
    folder = tmp_path_factory.mktemp("executed")
    path = notebooks.write(folder / "cats.ipynb", [notebooks.MAKE, notebooks.HTML])
    command = [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--inplace", str(path)]
    ran = subprocess.run(command, env=jupyter_environment(environment, folder), capture_output=True, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode()
    return path


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium that finds no host but this machine."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert chromium, "the browser tests need Chromium: apt-get install chromium, or set CHROMIUM to its path"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens an address; at the end, nothing may have gone wrong on any page that was opened."""
    opened: list[Watched] = []

    def go(address: str, *, offline: bool = True, height: int = 900, foreign: str = "", **options: Any) -> Watched:
        viewport = {"width": 1200, "height": height}
        as_is = {"color_scheme": "null", "reduced_motion": "reduce", "viewport": viewport}
        context = browser.new_context(offline=offline, **{**as_is, **options})
        opened.append(Watched(context.new_page(), foreign))
        opened[-1].page.goto(address, timeout=60_000)
        return opened[-1]

    yield go
    for watched in opened:
        watched.page.context.close()
    assert [problem for watched in opened for problem in watched.problems] == []


@pytest.fixture
def show(visit: Callable[..., Watched], pages: Path) -> Callable[..., Watched]:
    """Opens one of ``pages.py``'s pages, from the disk and offline, and waits until its views are drawn."""

    def go(name: str, **options: Any) -> Watched:
        watched = visit((pages / f"{name}.html").as_uri(), **options)
        watched.ready()
        return watched

    return go
