"""Goldens of the gallery: ``PYTHONPATH=. python tests/gallery/compared.py``. Specs are exact, pictures nearly.

Measured numbers that a spec holds (a workbench's log-probabilities) are kept to three places. A weight differs from
machine to machine in its seventh digit, so numbers of a picture may differ by as little as nobody sees; all else
(which items, in which order, what they say) is exact. Pixels of embedded images are left out: only that there is one,
and its size, is kept. Of large pictures only every so many lines are kept.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from gallery.build import PICTURE_WIDTH, example, names
from regard.view import View

FOLDER = Path(__file__).parent / "golden"
TOLERANCE, ROUNDED = 0.06, 0.0015
LARGEST = 60_000
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_EMBEDDED = re.compile(r"(data:[\w/;+-]+base64,)[\w+/=]+")


def spec_text(view: View) -> str:
    """The declaration as it is kept."""
    return json.dumps(_rounded(view.spec()), indent=1, ensure_ascii=True, sort_keys=True) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return round(value, 3) + 0.0 if isinstance(value, float) else value


def picture_text(view: View, folder: Path) -> str:
    """The picture as it is kept: a tag a line, without embedded pixels and fonts."""
    path = view.save(folder / "picture.svg", width=PICTURE_WIDTH, theme="light")
    text = _EMBEDDED.sub(r"\1", path.read_text(encoding="utf-8"))
    lines = re.sub(r">\s*<", ">\n<", text).strip().splitlines()
    return "\n".join(lines[:: 1 + len(text) // LARGEST]) + "\n"


def difference(found: str, expected: str, tolerance: float = TOLERANCE) -> str:
    """Where two pictures or specs first differ by more than may be; nothing if they do not."""
    for number, (line, other) in enumerate(zip(found.splitlines(), expected.splitlines(), strict=False), 1):
        if _NUMBER.sub("#", line) != _NUMBER.sub("#", other):
            return f"line {number}: {line[:160]!r} for {other[:160]!r}"
        pairs = zip(_NUMBER.findall(line), _NUMBER.findall(other), strict=True)
        if any(abs(float(a) - float(b)) > tolerance for a, b in pairs):
            return f"line {number}: {line[:160]!r} for {other[:160]!r}"
    if found.count("\n") != expected.count("\n"):
        return f"{found.count(chr(10))} lines for {expected.count(chr(10))}"
    return ""


def main() -> None:
    for name in names():
        view = example(name).view
        (FOLDER / f"{name}.json").write_text(spec_text(view), encoding="utf-8")
        (FOLDER / f"{name}.svg").write_text(picture_text(view, FOLDER), encoding="utf-8")
    (FOLDER / "picture.svg").unlink()


if __name__ == "__main__":
    main()
