import os

import pytest

from regard.demo.cache import folder, root


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("REGARD_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_folder_is_built_once(cache):
    built = []

    def build(path):
        built.append(path)
        (path / "weights").write_text("w")

    assert folder("model-1", build) == folder("model-1", build) == cache / "model-1"
    assert len(built) == 1
    assert [path.name for path in cache.iterdir()] == ["model-1"]
    assert (cache / "model-1" / "weights").read_text() == "w"


def test_an_interrupted_build_leaves_nothing(cache):
    def build(path):
        (path / "half").write_text("…")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder("model-1", build)
    assert list(cache.iterdir()) == []


def test_of_two_builds_at_once_one_stays(cache):
    def build(path):
        (path / "by").write_text("the second")
        folder("model-1", lambda other: (other / "by").write_text("the first"))

    assert (folder("model-1", build) / "by").read_text() == "the first"
    assert [path.name for path in cache.iterdir()] == ["model-1"]


def test_what_a_killed_build_left_is_removed_but_not_a_running_one(cache):
    for name, age in (("model-1.old", 7200), ("model-1.new", 60)):
        (cache / name).mkdir(parents=True)
        past = (cache / name).stat().st_mtime - age
        os.utime(cache / name, (past, past))
    folder("model-1", lambda _: None)
    assert sorted(path.name for path in cache.iterdir()) == ["model-1", "model-1.new"]


@pytest.mark.parametrize(
    ("platform", "variable", "value", "end"),
    [
        ("linux", "XDG_CACHE_HOME", "/x", "/x/regard"),
        ("linux", "XDG_CACHE_HOME", "", ".cache/regard"),
        ("darwin", "XDG_CACHE_HOME", "/x", "Library/Caches/regard"),
        ("win32", "LOCALAPPDATA", "/l", "/l/regard/cache"),
    ],
)
def test_the_cache_is_where_the_platform_keeps_such_things(monkeypatch, platform, variable, value, end):
    monkeypatch.delenv("REGARD_CACHE")
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr("sys.platform", platform)
    assert root().as_posix().endswith(end)
