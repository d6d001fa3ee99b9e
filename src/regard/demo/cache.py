"""A folder for what is costly to make and can be made again."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_ABANDONED_AFTER = 3600.0


def root() -> Path:
    """Where regard keeps such folders: ``$REGARD_CACHE``, or the platform's own place for caches."""
    if chosen := os.environ.get("REGARD_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "regard" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "regard"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "regard"


def folder(name: str, build: Callable[[Path], None]) -> Path:
    """The cached folder of that name; ``build(path)`` fills it the first time.

    It appears under its name only when ``build`` has returned (written beside, then renamed), so an interrupted build
    is never mistaken for a finished one; of two processes that build at once, either's result stays.
    """
    target = root() / name
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    with tempfile.TemporaryDirectory(prefix=f"{name}.", dir=target.parent) as work:
        made = Path(work) / "made"
        made.mkdir()
        build(made)
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    return target


def _sweep(target: Path) -> None:
    """Remove what a killed build left behind."""
    for left in target.parent.glob(f"{target.name}.*"):
        if time.time() - left.stat().st_mtime > _ABANDONED_AFTER:
            shutil.rmtree(left, ignore_errors=True)
