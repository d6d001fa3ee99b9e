"""The direction of imports (docs/design: who may import whom). Imports inside functions count."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import regard

SOURCE = Path(regard.__file__).parent
MAY_IMPORT = {
    "axes": set(),
    "errors": set(),
    "record": {"axes", "errors"},
    "capture": {"axes", "errors", "record"},
    "measure": {"axes", "errors", "record"},
    "view": {"axes", "errors", "record"},
    "experiment": {"axes", "errors", "record", "capture", "measure"},
    "recipes": {"axes", "errors", "record", "capture", "measure", "experiment", "view"},
    "serve": {"axes", "errors", "record", "view"},
    "corpus": {"axes", "errors", "record", "capture", "measure"},
    "workbench": {"axes", "errors", "record", "capture", "measure", "experiment", "corpus", "view"},
}
HEAVY = {
    "torch": {"capture", "experiment", "corpus", "demo", "testing"},
    "transformers": {"capture", "experiment", "corpus", "demo", "testing", "cli"},
    "anywidget": {"serve/widget.py"},
    "quickjs": {"serve/layout.py"},
    "matplotlib": {"serve/image_figure.py", "serve/image.py"},
}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.add(f"{node.module}")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def part(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


FILES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_follow_the_direction(path):
    here = part(path)
    if here in MAY_IMPORT:
        parts = {name.split(".")[1] for name in imported(path) if name.startswith("regard.")}
        assert parts <= MAY_IMPORT[here] | {here}
    for package, homes in HEAVY.items():
        if any(name.split(".")[0] == package for name in imported(path)):
            assert here in homes or str(path.relative_to(SOURCE)) in homes


@pytest.mark.parametrize("statement", ["import regard", "import regard; regard.head_view; regard.Record; regard.open"])
def test_importing_regard_loads_nothing_heavy(statement):
    code = f"{statement}; import sys; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "regard" in loaded
    assert not {"torch", "transformers", "anywidget", "ipywidgets", "IPython", "matplotlib"} & set(loaded)


def test_every_public_name_resolves_and_is_documented():
    for name in regard.__all__:
        assert getattr(regard, name).__doc__
    with pytest.raises(AttributeError, match=r"module .regard. has no attribute 'heads_view'; it has: .*head_view"):
        _ = regard.heads_view
