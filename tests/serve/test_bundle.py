import json
from pathlib import Path

import numpy as np
import pytest

import regard
from regard.serve import bundle
from regard.serve.bundle import BundleError, check, read, script, scripts
from regard.serve.stamp import STAMP, is_current, write_stamp

SCRIPTS = ("core.js", "page.js", "compute.js", "layout.js", "widget.js", "views/bar_view.js")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose front end is built."""
    (tmp_path / "web" / "src" / "views").mkdir(parents=True)
    (tmp_path / "web" / "src" / "a.ts").write_text("export const a = 1;")
    (tmp_path / "web" / "src" / "views" / "bar_view.ts").write_text("")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "pyproject.toml").write_text("")
    built = folder(tmp_path)
    (built / "views").mkdir(parents=True)
    for name in SCRIPTS:
        (built / name).write_text(f"// {name}")
    write_stamp(tmp_path, built)
    return tmp_path


def folder(root: Path) -> Path:
    return root / "src" / "regard" / "serve" / "bundle"


def test_a_current_bundle_is_read(root: Path) -> None:
    check(root)
    assert read(folder(root), "page.js") == "// page.js"


def test_a_changed_renamed_added_or_lost_source_makes_it_stale(root: Path) -> None:
    source = root / "web" / "src" / "a.ts"
    changes = [
        lambda: source.write_text("export const a = 2;"),
        lambda: source.rename(source.with_name("b.ts")),
        lambda: (source.parent / "c.ts").write_text(""),
        lambda: (root / "package-lock.json").write_text("{}"),
        lambda: source.with_name("b.ts").unlink(),
    ]
    for change in changes:
        write_stamp(root, folder(root))
        change()
        with pytest.raises(BundleError, match=r"not built from the sources now in .*web\. Build it with: make web"):
            check(root)


def test_a_script_that_the_stamp_does_not_know_is_stale(root: Path) -> None:
    (folder(root) / "page.js").write_text("// by hand")
    assert not is_current(root, folder(root))


@pytest.mark.parametrize("name", ["page.js", "views/bar_view.js", STAMP])
def test_a_missing_file_is_not_current(root: Path, name: str) -> None:
    (folder(root) / name).unlink()
    assert not is_current(root, folder(root))


def test_a_missing_script_is_named(root: Path) -> None:
    with pytest.raises(BundleError, match=r"chart\.js, a part of regard's front end, is missing from .*install regard"):
        read(folder(root), "chart.js")


def test_a_stamp_names_hashes_only(root: Path) -> None:
    stamp = json.loads((folder(root) / STAMP).read_text())
    assert sorted(stamp) == sorted([*SCRIPTS, "sources"])
    assert all(len(value) == 64 for value in stamp.values())


def test_a_page_gets_the_scripts_of_what_it_shows_and_no_others() -> None:
    record = regard.from_weights(np.full((1, 1, 3, 3), 1 / 3))
    core, page = script("core.js"), script("page.js")
    grid, lines = script("views/model_view.js"), script("views/head_view.js")
    assert scripts("page.js", [regard.head_view(record)]) == [core, lines, page]
    assert scripts("page.js", [regard.model_view(record), regard.head_view(record)]) == [core, lines, grid, page]
    explored = scripts("widget.js", [regard.explore(record)])
    assert {core, lines, grid, script("views/explore.js"), script("widget.js")} < set(explored)
    assert script("views/heatmap.js") not in explored


def test_a_source_tree_is_checked_before_its_scripts_are_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "web" / "src" / "a.ts").write_text("changed")
    monkeypatch.setattr(bundle, "source_root", lambda: root)
    with pytest.raises(BundleError, match="make web"):
        bundle.script("page.js")
