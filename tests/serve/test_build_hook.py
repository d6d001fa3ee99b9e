"""The build hook on a tiny repository, with a stand-in for npm on the path."""

import importlib.util
import shutil
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).parents[2]
SERVE = Path("src/regard/serve")
NPM = """#!/bin/sh
echo "$1" >> npm.log
{run}
"""
NAMES = ("core", "page", "compute", "layout", "widget", "views/bar_view")
SCRIPTS = " ".join(f"{{0}}/bundle/{name}.js" for name in NAMES)
BUILDS = f'if [ "$1" = run ]; then mkdir -p {{0}}/bundle/views; for script in {SCRIPTS}; do echo 1 > $script; done; fi'


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    pytest.importorskip("hatchling")
    spec = importlib.util.spec_from_file_location("hatch_build", REPOSITORY / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "repository"
    (root / SERVE).mkdir(parents=True)
    shutil.copy(REPOSITORY / SERVE / "stamp.py", root / SERVE)
    (root / "web" / "src" / "views").mkdir(parents=True)
    (root / "web" / "src" / "views" / "bar_view.ts").write_text("1")
    (root / "web" / "src" / "a.ts").write_text("1")
    (root / "package-lock.json").write_text("{}")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "mkdir").symlink_to(shutil.which("mkdir") or "")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return root


def npm(root: Path, run: str = BUILDS.format(SERVE)) -> None:
    path = root.parent / "bin" / "npm"
    path.write_text(NPM.format(run=run))
    path.chmod(0o755)


def called(root: Path) -> list[str]:
    log = root / "npm.log"
    return log.read_text().split() if log.is_file() else []


def test_builds_once_and_again_when_a_source_changes(hook: ModuleType, root: Path) -> None:
    npm(root)
    assert hook.build(root)
    assert called(root) == ["ci", "run"]
    assert not hook.build(root)
    assert called(root) == ["ci", "run"]
    (root / "web" / "src" / "a.ts").write_text("2")
    assert hook.build(root)
    assert called(root) == ["ci", "run", "ci", "run"]


def test_installed_packages_are_not_installed_again(hook: ModuleType, root: Path) -> None:
    npm(root)
    (root / "node_modules").mkdir()
    (root / "node_modules" / ".package-lock.json").write_text("{}")
    hook.build(root)
    assert called(root) == ["run"]


def test_without_npm_a_built_front_end_is_enough(hook: ModuleType, root: Path) -> None:
    npm(root)
    hook.build(root)
    (root.parent / "bin" / "npm").unlink()
    assert not hook.build(root)
    (root / "web" / "src" / "a.ts").write_text("2")
    with pytest.raises(RuntimeError, match=r"older than web/src, and npm is not installed.*Node\.js 20"):
        hook.build(root)


def test_a_build_that_makes_nothing_fails(hook: ModuleType, root: Path) -> None:
    npm(root, run="")
    with pytest.raises(RuntimeError, match=r"made no core\.js and no page\.js and .* and no views/bar_view\.js in"):
        hook.build(root)


def test_a_build_that_fails_leaves_no_old_script(hook: ModuleType, root: Path) -> None:
    npm(root)
    hook.build(root)
    (root / "web" / "src" / "a.ts").write_text("2")
    npm(root, run="exit 3")
    with pytest.raises(hook.subprocess.CalledProcessError):
        hook.build(root)
    assert not (root / SERVE / "bundle" / "page.js").exists()
