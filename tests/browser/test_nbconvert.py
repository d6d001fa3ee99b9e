"""A notebook turned into a page by nbconvert, opened from the disk without a network."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from browser.watched import Picture, Watched

pytest.importorskip("nbconvert")


@pytest.fixture
def converted(executed: Path, tmp_path: Path) -> Path:
    path = tmp_path / "cats.html"
    command = [sys.executable, "-m", "nbconvert", "--to", "html", f"--output={path}", str(executed)]
    ran = subprocess.run(command, capture_output=True, timeout=120)
    assert ran.returncode == 0, ran.stderr.decode()
    return path


def test_the_view_draws_in_the_converted_page(converted: Path, visit: Callable[..., Watched]) -> None:
    watched = visit(converted.as_uri(), foreign="cdnjs.cloudflare.com")
    picture = Picture(watched.page.frame_locator("iframe"))
    picture.drawn()
    picture.head(5).click()
    assert picture.heads() == [1, 2, 5]


def test_without_scripts_the_still_picture_is_there(converted: Path, visit: Callable[..., Watched]) -> None:
    watched = visit(converted.as_uri(), foreign="cdnjs.cloudflare.com", java_script_enabled=False)
    still = watched.page.get_by_alt_text("Attention of plain: encoder, layer 1")
    box = still.bounding_box()
    assert box is not None
    assert box["width"] > 200
