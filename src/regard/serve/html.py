"""One or more views as one offline page: markup, data, script and picture in a single file, nothing fetched."""

from __future__ import annotations

import json
import os
import threading
import zlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Literal

import numpy as np

from regard.errors import ArgumentError
from regard.record import Quantised, Record
from regard.serve.budget import BASE64, Heads, Known, Plan, in_bytes, plan
from regard.serve.bundle import script, scripts
from regard.serve.encode import Coding, Precision
from regard.serve.missing import missing
from regard.serve.tiles import Tiles
from regard.view import (
    ArraySpec,
    Explore,
    LiveGenerationView,
    MaskSpec,
    NeuronView,
    QuantisedSpec,
    Seq2SeqView,
    View,
    WithSession,
    model_view,
)

_MOST_BYTES = 1 << 28
_COMPUTE = "compute.js"
_STYLE = Template("""
:root { color-scheme: $scheme; }
html { background: Canvas; color: CanvasText; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 0; }
main { max-width: $width; margin: 0 auto; padding: 1.5rem; }
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
$scripts
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
    budget: int | float | str | None = None,
) -> Path:
    """Write a page to ``path``, which appears whole or not at all. The options are those of :func:`page`."""
    text = page(shown, title=title, lang=lang, precision=precision, limit=limit, budget=budget)
    return _write(Path(path), text.encode())


def page(
    shown: Shown | Sequence[Shown],
    *,
    title: str | None = None,
    lang: str = "en",
    precision: Precision = "auto",
    limit: int = _MOST_BYTES,
    budget: int | float | str | None = None,
    bare: bool = False,
) -> str:
    """A page that shows one view, or several under headings, offline and without any other file.

    ``title`` is the first view's unless given; ``lang`` the language of headings and notes; ``precision`` ``"u16"`` for
    more digits, ``"u8"`` for a smaller page; ``bare`` leaves headings and margins out, for a frame in a notebook.
    Raises ``ArgumentError`` when the weights take more than ``limit`` bytes before compression: no browser would open
    such a page with ease. The text of tokens is only ever data in it.

    With a ``budget`` (``"10 MB"``, or bytes) the page has about that size at any length: each head is carried in the
    smaller of two ways, its weights, or its queries and keys in few bits from which the page computes weights (none
    is off by more than the page states, at most 0.5 %). What does not fit is left out, the most telling heads last,
    and the page says what.
    """
    sections = _sections(shown)
    data = _Data()
    if budget is None:
        tiles = [Tiles(section.view, precision) for section in sections]
        _check_size(sum(t.nbytes for t in tiles), limit)
        views = [_declaration(s, t, data, _group(s, sections)) for s, t in zip(sections, tiles, strict=True)]
    else:
        views = _budgeted(sections, in_bytes(budget), precision, data)
    title = title or sections[0].view.spec()["title"] or "Attention"
    computes = any(view.get("quantised") for view in views)
    code = [_inline(one) for one in _scripts(sections, computes)]
    style = _STYLE.substitute(scheme=_scheme(sections), width=_width(sections))
    return _PAGE.substitute(
        lang=escape(lang),
        policy=_policy(code, style, computes),
        title=escaped(title),
        style=style,
        body=_body(title, len(sections), bare),
        spec=_json(views),
        tiles=data.scripts(),
        scripts="\n".join(f"<script>{one}</script>" for one in code),
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
            "fewer layers or heads (include_layers=, include_heads=), give the page a size (budget='10 MB'), or raise "
            "limit="
        )


def _budgeted(sections: Sequence[Section], budget: int, precision: Precision, data: _Data) -> list[dict[str, Any]]:
    """Declarations whose data fill the budget; sections of one record share what they carry."""
    records = {id(section.view.record) for section in sections}
    taken = sum(len(code) for code in _scripts(sections, True)) + sum(len(_json(s.view.spec())) for s in sections)
    coding = Coding("u16" if precision == "u16" else "u8", 2)
    known: Known = {}
    views = []
    for section in sections:
        room = max(0, budget - taken) // len(records)
        if isinstance(section.view, (NeuronView, Seq2SeqView, LiveGenerationView)):
            views.append(_taken_apart(section, section.view, room, precision, data, _group(section, sections)))
            continue
        found = plan(section.view, room, known, coding)
        tiles = Tiles(section.view, precision, found.parts, coding)
        view = _declaration(section, tiles, data, _group(section, sections))
        view["quantised"] = [asdict(_quantised(heads, group, data)) for heads, group in found.quantised]
        view["spec"]["options"] |= _stated(found, view, section.view)
        views.append(view)
    return views


def _taken_apart(
    section: Section,
    view: NeuronView | Seq2SeqView | LiveGenerationView,
    room: int,
    precision: Precision,
    data: _Data,
    group: int,
) -> dict[str, Any]:
    """The declaration of a view that says itself what to carry: a neuron view, whose queries and keys are carried as
    they are, as many as fit; a workbench, whose states are."""
    found = view.carried(int(room / BASE64))
    declared = _declaration(section, Tiles(view, precision, found.parts), data, group)
    declared["spec"]["options"] |= {"left_out": found.left_out}
    return declared


def _stated(found: Plan, declared: dict[str, Any], view: View) -> dict[str, str]:
    """What a page of a given size says about itself: the largest error of any weight on it, and what it leaves out."""
    errors = [group.error for _, group in found.quantised] + [tile["error"] for tile in declared["tiles"]]
    left_out = [(group.kind, group.layer, head) for group in found.left_out for head in group.heads]
    words = {"error": str(max(errors, default=0.0)), "left_out": missing(left_out, view.attentions())}
    return {name: word for name, word in words.items() if word}


def _quantised(heads: Heads, found: Quantised, data: _Data) -> QuantisedSpec:
    arrays = {}
    for name, array in found.arrays().items():
        held = array if array.dtype == np.uint8 else array.astype("<f4")
        kind: Literal["u8", "f32"] = "u8" if array.dtype == np.uint8 else "f32"
        arrays[name] = ArraySpec(data.add(zlib.compress(held.tobytes(), 6)), kind, list(array.shape))
    rule = found.mask
    return QuantisedSpec(
        kind=heads.kind,
        layer=heads.layer,
        heads=list(heads.heads),
        lse_scale=list(found.lse_scale),
        softcap=found.softcap,
        mask=MaskSpec(rule.before, rule.after, rule.chunk, rule.offset),
        error=found.error,
        misplaced=found.misplaced,
        arrays=arrays,
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


def _width(sections: Sequence[Section]) -> str:
    """Views that hold others side by side get more room."""
    return "110rem" if any(isinstance(section.view, (Explore, WithSession)) for section in sections) else "80rem"


def _scripts(sections: Sequence[Section], computes: bool) -> list[str]:
    """What the views of a page need, and what computes weights where it does so."""
    found = scripts("page.js", (section.view for section in sections))
    return [script(_COMPUTE), *found] if computes else found


def _policy(scripts: Sequence[str], style: str, computes: bool) -> str:
    """Nothing from anywhere, no scripts but these, no style element but this page's.

    A page with a script that computes may also start a worker, made of that script's text, and compile its WebAssembly.
    """
    allowed = " ".join(f"'{_digest(code)}'" for code in scripts)
    kernel, worker = (" 'wasm-unsafe-eval'", "worker-src blob:; ") if computes else ("", "")
    return (
        f"default-src 'none'; script-src {allowed}{kernel}; {worker}style-src '{_digest(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
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
