"""What is shipped: the wheel, here always built from the sdist without Node, holds the built front end."""

from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
BUNDLE = "regard/serve/bundle"


def test_the_wheel_holds_the_scripts_and_no_sources_of_them(wheel: Path) -> None:
    held = sorted(path.name for path in (wheel / BUNDLE).iterdir())
    assert held == ["compute.js", "core.js", "layout.js", "page.js", "stamp.json", "views", "widget.js"]
    drawn = {path.stem for path in (wheel / BUNDLE / "views").iterdir()}
    assert drawn == {path.stem for path in (REPOSITORY / "web" / "src" / "views").iterdir()}
    assert not [path for path in wheel.rglob("*") if path.suffix in (".map", ".ts", ".tsx", ".css", ".lock")]
    assert {path.name.split("-")[0] for path in wheel.iterdir()} == {"regard"}


def test_the_sdist_holds_what_the_scripts_are_built_from(sdist: Path) -> None:
    for name in ("package.json", "package-lock.json", "hatch_build.py", "web/build.mjs", "web/src/spec.ts"):
        assert (sdist / name).is_file()
    assert not (sdist / "node_modules").exists()


def test_the_scripts_are_small_and_ask_for_nothing(wheel: Path) -> None:
    for path in (wheel / BUNDLE).rglob("*.js"):
        script = path.read_text(encoding="utf-8")
        assert len(script) < 200_000
        for word in ("sourceMappingURL", "eval(", "new Function", "importScripts", "XMLHttpRequest", "fetch("):
            assert word not in script
