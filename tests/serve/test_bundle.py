import json
from pathlib import Path

import pytest

from regard.serve import bundle
from regard.serve.bundle import BundleError, check, read
from regard.serve.stamp import STAMP, is_current, write_stamp


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose front end is built."""
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "src" / "a.ts").write_text("export const a = 1;")
    (tmp_path / "package.json").write_text("{}")
    (tmp_path / "pyproject.toml").write_text("")
    built = folder(tmp_path)
    built.mkdir(parents=True)
    for name in ("page.js", "compute.js", "layout.js", "widget.js"):
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


@pytest.mark.parametrize("name", ["page.js", STAMP])
def test_a_missing_file_is_not_current(root: Path, name: str) -> None:
    (folder(root) / name).unlink()
    assert not is_current(root, folder(root))


def test_a_missing_script_is_named(root: Path) -> None:
    with pytest.raises(BundleError, match=r"chart\.js, a part of regard's front end, is missing from .*install regard"):
        read(folder(root), "chart.js")


def test_a_stamp_names_hashes_only(root: Path) -> None:
    stamp = json.loads((folder(root) / STAMP).read_text())
    assert sorted(stamp) == ["compute.js", "layout.js", "page.js", "sources", "widget.js"]
    assert all(len(value) == 64 for value in stamp.values())


def test_a_source_tree_is_checked_before_its_scripts_are_used(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "web" / "src" / "a.ts").write_text("changed")
    monkeypatch.setattr(bundle, "source_root", lambda: root)
    with pytest.raises(BundleError, match="make web"):
        bundle.script("page.js")
