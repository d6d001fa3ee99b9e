"""The stamp of a built front end: what it was built from, and what came out. Standard library only."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

_SHARED = ("core.js", "page.js", "compute.js", "layout.js", "widget.js")
STAMP = "stamp.json"
_SETTINGS = ("package.json", "package-lock.json", "web/build.mjs")


def scripts(root: Path) -> tuple[str, ...]:
    """The scripts that the sources in ``root`` are built into: those of every page, and one per view."""
    views = sorted(path.stem for path in (root / "web" / "src" / "views").glob("*.ts"))
    return (*_SHARED, *(f"views/{name}.js" for name in views))


def stamp(root: Path, folder: Path) -> dict[str, str]:
    """SHA-256 of the sources in ``root`` (``web/src/**``, the build's settings) and of each script in ``folder``."""
    found = {"sources": _sources(root)}
    return found | {name: sha256((folder / name).read_bytes()).hexdigest() for name in scripts(root)}


def is_current(root: Path, folder: Path) -> bool:
    """Whether the scripts in ``folder`` are those that the sources in ``root`` were last built into."""
    if not all((folder / name).is_file() for name in (*scripts(root), STAMP)):
        return False
    return bool(json.loads((folder / STAMP).read_text(encoding="utf-8")) == stamp(root, folder))


def write_stamp(root: Path, folder: Path) -> None:
    """Say that the scripts in ``folder`` were built from the sources in ``root`` as they are now."""
    (folder / STAMP).write_text(json.dumps(stamp(root, folder), indent=1), encoding="utf-8")


def _sources(root: Path) -> str:
    files = sorted(path.relative_to(root).as_posix() for path in (root / "web" / "src").rglob("*") if path.is_file())
    total = sha256()
    for name in (*_SETTINGS, *files):
        content = (root / name).read_bytes() if (root / name).is_file() else b""
        total.update(f"{name}\n{len(content)}\n".encode() + content)
    return total.hexdigest()
