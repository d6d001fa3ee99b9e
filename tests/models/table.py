"""``docs/models.md`` from the findings of the sweep."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import torch
import transformers

from models.edited import AS_BY_HAND, AS_RUN, NO_EFFECT, PARTS, short, works
from models.finding import (
    CAPTURED,
    EXACT,
    MARKS,
    NO_ATTENTION,
    NOT_CAPTURED,
    NOT_RUN,
    OTHERS,
    OWN_SOFTMAX,
    SIZES,
    Finding,
)  # fmt: skip

_HEAD = """\
# Which models regard can look into

Every model type and part of one that transformers {transformers} can build ({types} of them), each from a shrunken
random configuration, run on torch {torch} (CPU, float32), captured, and compared with the model's own eager attention.
`make coverage-models` makes this page.

{counts}

**How to read it.** *Attention* is [layer, head, query, key] of what the record holds. *Route*: `registry` through
transformers' attention functions; `written out` followed through the module's own code from the product of queries and
keys to the softmax; `returned` finished weights that the model gives, because neither is seen or only the model can put
them together. The first two are kept as queries and keys. *Error* is the largest difference of any weight of any layer
from the model's own; – where it gives nothing to compare with. Outputs were compared bit for bit with and without
capture.

*Experiments*: a knock-out before the softmax and one after it, a row replaced, a head's output set to zero, to its mean
and to what it was anyway, in one layer of each kind, beside the same changes made by hand in the softmax of the model's
eager code (to {parts:.0%} of the effect): `{as_by_hand}` where they are the same. `{as_run}` where the edits are made
and there is no such softmax to compare with (Longformer and LED are compared in `tests/experiment/test_sliding.py`),
`{no_effect}` where the shrunken model shows too little of any edit; else what is refused, and why; – where they were
not tried yet.

Notes, where weights were compared with something else than what the model returns on its eager kernel:

- `{own}`: with the softmax in its modules, as it does not return these weights;
- `{others}`: with what its kernel in use computes, as the two differ, by a mask that one of them leaves out
  or because the model returns something else.

`{sizes}`: a record holds layers of one size (those over the tokens themselves where there are such, else the
most common one); `capture(model, ..., layers=[...])` holds the others, which were compared too.
"""
_ROUTES = {"eager fallback": "returned"}


def page(findings: Iterable[Finding]) -> str:
    """The whole page."""
    found = sorted(findings, key=lambda one: one.model_type.lower())
    head = _HEAD.format(
        transformers=transformers.__version__,
        torch=torch.__version__.split("+")[0],
        types=len(found),
        own=OWN_SOFTMAX,
        others=OTHERS,
        sizes=SIZES,
        counts="\n".join(_counts(found)),
        parts=PARTS,
        as_by_hand=AS_BY_HAND,
        as_run=AS_RUN,
        no_effect=NO_EFFECT,
    )
    seen = [one for one in found if one.state in (CAPTURED, NOT_CAPTURED)]
    parts = [
        head,
        "## Not captured, not whole, or not exact\n",
        _rows(("Model type", "What", "Why"), map(_short_of, (one for one in seen if not one.fine))),
        "## Models with attention\n",
        _rows(("Model type", "Class", "Attention", "Route", "Error", "Experiments", "Notes"), map(_seen, seen)),
        "## Models without softmax attention over tokens\n",
        "Convolutions, state-space and recurrent models, linear attention, and what stands in for attention in others "
        "(Autoformer's autocorrelation, the approximations of MRA and YOSO):\n",
        ", ".join(f"`{one.model_type}`" for one in found if one.state == NO_ATTENTION) + "\n",
        "## Types that the sweep does not run\n",
        _rows(("Model type", "Why"), ((_code(o.model_type), _text([_reason(o)])) for o in found if o.state == NOT_RUN)),
    ]
    return "\n".join(parts)


def _counts(found: Sequence[Finding]) -> list[str]:
    ran = [one for one in found if one.state != NOT_RUN]
    attending = [one for one in ran if one.state != NO_ATTENTION]
    captured = [one for one in attending if one.state == CAPTURED]
    compared = [one for one in captured if one.error is not None]
    exact = [one for one in compared if one.exact]
    tried = [one for one in captured if one.edits]
    alike = [one for one in tried if works(one.edits)]
    rows = [
        ("Model types", len(found), ""),
        ("built and run", len(ran), ""),
        ("with softmax attention", len(attending), ""),
        ("captured", len(captured), _share(captured, attending)),
        (
            "captured as queries and keys",
            sum(one.factored for one in captured),
            _share([o for o in captured if o.factored], attending),
        ),
        (
            "captured whole",
            sum(not one.in_part for one in captured),
            _share([o for o in captured if not o.in_part], attending),
        ),
        (
            "of these in several records, one for each size of layer",
            sum(SIZES in one.notes for one in captured if not one.in_part),
            "",
        ),
        (
            "output unchanged to the last bit",
            sum(bool(one.unchanged) for one in captured),
            _share([o for o in captured if o.unchanged], captured),
        ),
        ("compared with their own weights", len(compared), _share(compared, captured)),
        (f"equal to {EXACT:g}", len(exact), _share(exact, compared)),
        ("experimented on", len(tried), _share(tried, captured)),
        ("all edits as by hand", len(alike), _share(alike, tried)),
    ]
    return [
        "| | types | share |",
        "|---|---:|---:|",
        *(f"| {what} | {count} | {share} |" for what, count, share in rows),
    ]


def _share(part: Sequence[Finding], whole: Sequence[Finding]) -> str:
    return f"{100 * len(part) / len(whole):.1f} %" if whole else ""


def _seen(one: Finding) -> tuple[str, ...]:
    attention = "; ".join(f"{kind}: {'·'.join(map(str, shape))}" for kind, shape in one.kinds.items())
    routes = ", ".join(_ROUTES.get(route, route) for route in one.routes) or "not captured"
    error = "–" if one.error is None else f"{one.error:.1g}" if one.exact else f"**{one.error:.1g}**"
    notes = [*one.notes, *(["the output changes"] if one.unchanged is False else [])]
    edits = _text([short(one.edits)]) if one.edits else "–"
    return _code(one.model_type), one.model_class, attention, routes, error, edits, _text(notes)


def _short_of(one: Finding) -> tuple[str, ...]:
    what = "not captured" if one.state == NOT_CAPTURED else "in part" if one.in_part else "not compared"
    if one.error is not None and not one.exact:
        what = f"off by {one.error:.1g}"
    return _code(one.model_type), what, _text([note for note in one.notes if note not in MARKS])


def _reason(one: Finding) -> str:
    """Why a type was not run, without what is the same in all such messages."""
    found = re.sub(r"^.*requires the (\w+) library.*$", r"needs the library \1", one.notes[0])
    return re.sub(r"StrictDataclass\w+: Class validation error for validator '\w+': ", "", found)


def _rows(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def _code(name: str) -> str:
    return f"`{name}`"


def _text(notes: Sequence[str]) -> str:
    return "; ".join(notes).replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_")
