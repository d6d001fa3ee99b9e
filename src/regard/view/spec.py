"""The declaration that a view hands to a host: small JSON that refers to data and holds none.

These dataclasses are the one definition; ``make spec`` writes ``web/src/spec.ts`` from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regard.axes import Kind

About = Literal["edge", "heads", "token"]
How = Literal["mask", "value", "zero", "mean", "replace"]
Scope = Literal["heads", "layer", "model"]
TestState = Literal["running", "done", "stopped", "failed"]
Filter = Literal["all", "aa", "ab", "ba", "bb"]
Theme = Literal["auto", "light", "dark"]
Colour = Literal["weight", "effect"]
Language = Literal["auto", "en", "zh"]
DType = Literal["u8", "u16", "f32"]
VERSION = 1


@dataclass(frozen=True)
class TokensSpec:
    """One token sequence: what is drawn, what the text really is, which tokens are special, which text of a pair."""

    labels: list[str]
    pieces: list[str]
    special: list[int]
    segments: list[int] | None


@dataclass(frozen=True)
class MaskSpec:
    """Which keys a query at position (row + ``offset``) sees: at most so many before and after it, within its chunk."""

    before: int | None
    after: int | None
    chunk: int | None
    offset: int


@dataclass(frozen=True)
class AttentionSpec:
    """One kind of attention: sizes, the layer and head numbers on offer, and the streams of its two sides.

    ``overview`` is how many blocks an overview has along each side at most; ``masks`` the rule of each layer on offer,
    ``layer_heads`` which of ``heads`` each of them has. ``head_count`` is how many heads the model has in a layer (the
    most, where layers differ), also where only some of them are in the record.
    """

    kind: Kind
    layers: list[int]
    heads: list[int]
    kv_heads: int
    queries: int
    keys: int
    query_stream: str
    key_stream: str
    overview: int
    masks: list[MaskSpec]
    layer_heads: list[list[int]]
    head_count: int


@dataclass(frozen=True)
class SelectionSpec:
    """What is selected; the one part of a view that changes. ``query`` and ``key`` are positions or nothing;
    ``rectangle`` is [first query, one past the last, first key, one past the last] or nothing. ``color`` is what
    colours mean, ``least`` the size of the smallest effect that is shown.
    """

    kind: Kind
    layer: int
    heads: list[int]
    query: int | None
    key: int | None
    filter: Filter
    rectangle: list[int] | None
    color: Colour = "weight"
    least: float = 0.0


@dataclass(frozen=True)
class EffectSpec:
    """Effects that can colour one kind of attention: the array ``"<kind>.effect"`` [layer, head, query, key].

    ``axes`` are those that it tells apart; along the others it has size 1, and holds for ``layers`` and ``heads`` (or
    for all, changed at once). ``spans`` [start, stop) per axis hold all that was measured. ``name`` is what was
    measured (``"log_p"``), ``target`` of which output, ``what`` what was changed, both as given; effects up to three
    times ``noise`` are not measurable. ``top`` is the largest size, ``measured`` how many there are. ``tested``: the
    model was run again with the change (an effect is what that did); else a method attributes them (positive: for the
    target).
    """

    kind: Kind
    axes: list[str]
    spans: list[list[int]]
    layers: list[int] | None
    heads: list[int] | None
    name: str
    target: str
    what: str
    noise: float | None
    top: float
    measured: int
    tested: bool


@dataclass(frozen=True)
class ViewSpec:
    """A view: which one, of what, with what selected. ``options`` are the choices that only this view has, ``effects``
    what else than weights can colour it.
    """

    version: int
    view: str
    title: str
    theme: Theme
    language: Language
    streams: dict[str, TokensSpec]
    attentions: list[AttentionSpec]
    selection: SelectionSpec
    options: dict[str, str]
    effects: list[EffectSpec]


@dataclass(frozen=True)
class FindingSpec:
    """One change and its effect: ``how``, in which ``scope``, and whether the ``value`` is more than three times the
    ``noise``. ``spread`` is the standard error of a mean of samples.
    """

    how: How
    scope: Scope
    value: float
    noise: float
    spread: float | None
    measurable: bool


@dataclass(frozen=True)
class TestSpec:
    """A test of what was selected: ``done`` ``of`` so many findings are there. ``name`` is what is measured, ``target``
    of which output; ``message`` says what went wrong.
    """

    id: int
    about: About
    kind: Kind
    layer: int
    heads: list[int]
    query: int | None
    key: int | None
    name: str
    target: str
    state: TestState
    done: int
    of: int
    findings: list[FindingSpec]
    message: str


@dataclass(frozen=True)
class TileHeader:
    """What the bytes beside it are: a rectangle (``slices``: [start, stop) per axis) of a named array.

    ``u8`` and ``u16`` hold codes: weight = (code / largest code) ** root; code 0 is exactly zero or masked. ``error``
    is the largest absolute error that the coding makes. ``compression`` is ``"deflate"`` (zlib) or nothing. ``share``
    of the queries were read to make the tile: 1 is exact, less a sample.
    """

    array: str
    slices: list[list[int]]
    dtype: DType
    root: int
    error: float
    compression: Literal["deflate"] | None
    share: float


@dataclass(frozen=True)
class ArraySpec:
    """Bytes on a page: the element that holds them (deflated, base64), what they are, and their shape."""

    id: str
    dtype: Literal["u8", "f32"]
    shape: list[int]


@dataclass(frozen=True)
class QuantisedSpec:
    """Heads that a page computes by itself, with the fields and arrays of :class:`regard.record.Quantised`."""

    kind: Kind
    layer: int
    heads: list[int]
    lse_scale: list[float]
    softcap: float | None
    mask: MaskSpec
    error: float
    misplaced: float
    arrays: dict[str, ArraySpec]
