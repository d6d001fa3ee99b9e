"""Builds the front end whenever its sources changed: wheel, sdist, editable install, or ``python hatch_build.py``.

An sdist carries the built scripts and their stamp, so that installing from it needs no Node. A stale or missing front
end never gets into a wheel: what cannot be built fails the build.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent


class FrontEndHook(BuildHookInterface):
    """Hatchling's hook: see that the front end is current before files are collected."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what is missing or stale; ``version`` is ``"standard"`` or ``"editable"``, alike here."""
        build(Path(self.root))


def build(root: Path) -> bool:
    """Build the front end of the repository at ``root`` unless it is current; whether anything was built."""
    serve = root / "src" / "regard" / "serve"
    stamps, folder = _load(serve / "stamp.py"), serve / "bundle"
    if stamps.is_current(root, folder):
        return False
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(
            f"the front end in {folder} is missing or older than web/src, and npm is not installed to build it. "
            "Install Node.js 20 or newer, or install regard from a wheel or sdist, which carry it built"
        )
    shutil.rmtree(folder, ignore_errors=True)
    if not _is_installed(root):
        subprocess.run([npm, "ci", "--no-audit", "--no-fund"], cwd=root, check=True)
    subprocess.run([npm, "run", "build"], cwd=root, check=True)
    names = stamps.scripts(root)
    missing = [name for name in names if not (folder / name).is_file() or not (folder / name).stat().st_size]
    if missing:
        raise RuntimeError(f"`npm run build` ended well but made no {' and no '.join(missing)} in {folder}")
    stamps.write_stamp(root, folder)
    return True


def _is_installed(root: Path) -> bool:
    """Whether node_modules is what the lock file asks for, going by npm's own note of its last installation."""
    note, lock = root / "node_modules" / ".package-lock.json", root / "package-lock.json"
    return note.is_file() and note.stat().st_mtime >= lock.stat().st_mtime


def _load(path: Path) -> ModuleType:
    """A module by its file: the package itself may not be importable where it is being built."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    print("built the front end" if build(ROOT) else "the front end is current")
