"""One or more views as one offline page: markup, data, script and picture in a single file, nothing fetched."""

from __future__ import annotations

import json
import os
import threading
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from regard.errors import ArgumentError
from regard.record import Record
from regard.serve.bundle import script
from regard.serve.encode import Precision
from regard.serve.tiles import Tiles
from regard.view import View, model_view

_MOST_BYTES = 1 << 28
_STYLE = Template("""
:root { color-scheme: $scheme; }
html { background: Canvas; color: CanvasText; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: 80rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0 0 1rem; }
h2 { font-size: 1.15rem; margin: 0 0 0.25rem; }
p { max-width: 44rem; margin: 0 0 1rem; }
.regard-view + .regard-view { margin-top: 3rem; }
""")
_PAGE = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="$policy">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>$style</style>
</head>
<body>
$body
<script type="application/json" id="regard-spec">$spec</script>
$tiles
<script>$script</script>
</body>
</html>
""")


@dataclass(frozen=True)
class Section:
    """A view on a page of several, with a heading and a note (plain text) above it."""

    view: View
    heading: str = ""
    note: str = ""


Shown = View | Record | Section


def save(
    shown: Shown | Sequence[Shown],
    *,
    path: str | Path,
    title: str | None = None,
    lang: str = "en",
    precision: Precision = "auto",
    limit: int = _MOST_BYTES,
) -> Path:
    """Write a page to ``path``, which appears whole or not at all. The options are those of :func:`page`."""
    text = page(shown, title=title, lang=lang, precision=precision, limit=limit)
    return _write(Path(path), text.encode())


def page(
    shown: Shown | Sequence[Shown],
    *,
    title: str | None = None,
    lang: str = "en",
    precision: Precision = "auto",
    limit: int = _MOST_BYTES,
    bare: bool = False,
) -> str:
    """A page that shows one view, or several under headings, offline and without any other file.

    ``title`` is the first view's unless given; ``lang`` the language of headings and notes; ``precision`` ``"u16"`` for
    more digits, ``"u8"`` for a smaller page; ``bare`` leaves headings and margins out, for a frame in a notebook.
    Raises ``ArgumentError`` when the weights take more than ``limit`` bytes before compression: no browser would open
    such a page with ease. The text of tokens is only ever data in it.
    """
    sections = _sections(shown)
    tiles = [Tiles(section.view, precision) for section in sections]
    _check_size(sum(t.nbytes for t in tiles), limit)
    data = _Data()
    views = [_declaration(s, t, data, _group(s, sections)) for s, t in zip(sections, tiles, strict=True)]
    title = title or sections[0].view.spec()["title"] or "Attention"
    code, style = _inline(script("page.js")), _STYLE.substitute(scheme=_scheme(sections))
    return _PAGE.substitute(
        lang=escape(lang),
        policy=_policy(code, style),
        title=escaped(title),
        style=style,
        body=_body(title, len(sections), bare),
        spec=_json(views),
        tiles=data.scripts(),
        script=code,
    )


class _Data:
    """The tiles of a page as numbered blocks of base64; what several views show is there once."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self._known: dict[bytes, str] = {}

    def add(self, content: bytes) -> str:
        digest = sha256(content).digest()
        if digest not in self._known:
            self._blocks.append(b64encode(content).decode("ascii"))
            self._known[digest] = f"t{len(self._blocks) - 1}"
        return self._known[digest]

    def scripts(self) -> str:
        return "\n".join(f'<script type="text/plain" id="t{i}">{b}</script>' for i, b in enumerate(self._blocks))


def _sections(shown: Shown | Sequence[Shown]) -> list[Section]:
    found = [_section(one) for one in ([shown] if isinstance(shown, (View, Record, Section)) else shown)]
    if not found:
        raise ArgumentError("a page needs at least one view; got none")
    return found


def _section(shown: Shown) -> Section:
    if isinstance(shown, Section):
        return shown
    if isinstance(shown, Record):
        return Section(model_view(shown))
    if isinstance(shown, View):
        return Section(shown)
    raise ArgumentError(f"a page shows views, records and sections; got {type(shown).__name__}")


def _check_size(found: int, limit: int) -> None:
    if found > limit:
        raise ArgumentError(
            f"this page would carry {found / 1e6:.0f} MB of weights; at most {limit / 1e6:.0f} MB open with ease. Show "
            "fewer layers or heads (include_layers=, include_heads=), ask for precision='u8', or raise limit="
        )


def _declaration(section: Section, tiles: Tiles, data: _Data, group: int) -> dict[str, Any]:
    headers = [{"id": data.add(content), **asdict(header)} for header, content in tiles.all()]
    words = {"heading": section.heading, "note": section.note}
    return {"spec": section.view.spec(), "tiles": headers, "linked": group, **words}


def _group(section: Section, sections: Sequence[Section]) -> int:
    """The first section whose selection this one's follows (itself, if it follows none)."""
    linked = section.view.selection.linked
    return next(i for i, other in enumerate(sections) if any(other.view.selection is one for one in linked))


def _json(value: Any) -> str:
    """JSON in ASCII without ``<``, ``>`` and ``&``, so that no text in it can end the script block that holds it."""
    text = json.dumps(value, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def escaped(text: str) -> str:
    """Text for markup; lone surrogates, which no file can hold, become character references."""
    return escape(text).encode("utf-8", "xmlcharrefreplace").decode()


def _scheme(sections: Sequence[Section]) -> str:
    """The page's own colours: those that all views ask for, else the reader's."""
    asked = {section.view.theme for section in sections}
    return "light dark" if len(asked) > 1 or "auto" in asked else asked.pop()


def _policy(code: str, style: str) -> str:
    """Nothing from anywhere, no script but this one, no style element but this page's."""
    return (
        f"default-src 'none'; script-src '{_digest(code)}'; style-src '{_digest(style)}'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}"


def _body(title: str, count: int, bare: bool) -> str:
    """Places for the views; the page's script puts each view there, under its heading and note."""
    places = "\n".join(f'<div class="regard-view" data-view="{i}"></div>' for i in range(count))
    return places if bare else f"<main>\n<h1>{escaped(title)}</h1>\n{places}\n</main>"


def _inline(code: str) -> str:
    """Script for a page: no string in it can end the script element or begin a comment."""
    return code.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _write(path: Path, content: bytes) -> Path:
    part = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path
