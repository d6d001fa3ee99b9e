"""The built front end that the wheel carries, and the check that it is the one its sources make."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from regard.errors import RegardError
from regard.serve.stamp import is_current
from regard.view import View


class BundleError(RegardError):
    """The built front end is missing, or not what its sources make."""


def script(name: str) -> str:
    """A built script: ``"core.js"`` for all, ``"page.js"`` for pages, ``"widget.js"`` for notebooks.

    Raises ``BundleError`` when it is not built, or, in a source tree, when the sources have changed since: a stale
    picture would be a wrong one.
    """
    return _checked(name)[0]


def scripts(host: str, views: Iterable[View]) -> list[str]:
    """What shows these views in a host (``"page.js"`` or ``"widget.js"``), in the order it runs in.

    Core first, then the script of each kind of view, then the host's own: that order is all that joins them.
    """
    shown = sorted({name for view in views for name in view.scripts()})
    return _checked("core.js", *(f"views/{name}.js" for name in shown), host)


def read(folder: Traversable, name: str) -> str:
    """The script as it lies in ``folder``."""
    found = folder / name
    if not found.is_file():
        raise BundleError(f"{name}, a part of regard's front end, is missing from {folder}: install regard again")
    return found.read_text(encoding="utf-8")


def _checked(*names: str) -> list[str]:
    root = source_root()
    if root is not None:
        check(root)
    return [read(files("regard.serve") / "bundle", name) for name in names]


def check(root: Path) -> None:
    """Raise unless the scripts in the repository at ``root`` are built from its sources as they are now."""
    if not is_current(root, root / "src" / "regard" / "serve" / "bundle"):
        raise BundleError(
            f"regard's front end is not built from the sources now in {root / 'web'}. Build it with: make web"
        )


def source_root() -> Path | None:
    """The repository that this package is imported from; nothing for an installed wheel."""
    root = Path(__file__).parents[3]
    return root if (root / "web" / "src").is_dir() and (root / "pyproject.toml").is_file() else None
