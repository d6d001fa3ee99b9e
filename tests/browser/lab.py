"""A notebook in JupyterLab or Notebook 7, worked as a reader does: cells run by key, outputs looked at."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import FrameLocator, Locator

from browser.server import TOKEN, jupyter_environment, serving
from browser.watched import Watched

RUN_MS = 60_000


@contextmanager
def jupyter(application: str, home: Path, environment: dict[str, str]) -> Iterator[str]:
    """A server of ``jupyterlab`` or ``notebook`` whose root is ``home / "work"``."""
    work = home / "work"
    work.mkdir(exist_ok=True)
    command = [sys.executable, "-m", application, "--no-browser", "--allow-root", "--ServerApp.port={port}"]
    command += ["--ServerApp.ip=127.0.0.1", f"--IdentityProvider.token={TOKEN}", "--LabApp.news_url=None"]
    environment = jupyter_environment(environment, home)
    with serving(command, f"/api/status?token={TOKEN}", work, environment) as address:
        yield address


class Notebook:
    """An open notebook: ``run`` a cell by number, look at its ``output``."""

    def __init__(self, watched: Watched):
        self.watched = watched
        self.page = watched.page
        self.cell(0).wait_for(timeout=RUN_MS)

    def connect(self) -> Notebook:
        """Wait until the notebook speaks with its kernel."""
        while not any("/channels" in address for address in self.watched.sockets):
            self.page.wait_for_timeout(100)
        self.page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for(timeout=RUN_MS)
        return self

    def cell(self, number: int) -> Locator:
        """A code cell."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def run(self, number: int) -> Locator:
        """Run a cell and wait until it is done; its output."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        self.cell(number).locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for(timeout=RUN_MS)
        return self.output(number)

    def output(self, number: int) -> Locator:
        """What a cell has shown."""
        return self.cell(number).locator(".jp-OutputArea-output")

    def frame(self, number: int) -> FrameLocator:
        """The frame in a cell's output."""
        return self.output(number).frame_locator("iframe")

    def save(self) -> None:
        """Save, and wait until it is saved."""
        with self.page.expect_response(lambda r: r.request.method == "PUT" and "/api/contents/" in r.url):
            self.page.keyboard.press("Control+s")
