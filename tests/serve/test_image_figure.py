"""Views as matplotlib figures."""

import warnings
from pathlib import Path

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Record

pytest.importorskip("quickjs")
figures = pytest.importorskip("regard.serve.image_figure")

from matplotlib.collections import LineCollection  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402
from matplotlib.text import Text  # noqa: E402


def texts(figure: Figure) -> list[str]:
    return [found.get_text() for found in figure.findobj(Text) if found.get_text()]


def test_a_figure_holds_vector_artists(record: Record) -> None:
    view = regard.head_view(record, layer=1, heads=[2])
    figure = view.figure(width="column")
    assert figure.get_size_inches()[0] == pytest.approx(3.35, abs=0.01)
    (lines,) = figure.findobj(LineCollection)
    assert len(lines.get_segments()) == 25
    assert texts(figure).count("cat") == 2
    assert not any("Layer 1" in text for text in texts(figure))
    assert any("Layer 1" in text for text in texts(view.figure(caption=True)))


def test_axes_of_ones_own_are_filled_and_others_left(record: Record) -> None:
    figure = Figure(figsize=(10, 4))
    left, right = figure.subplots(1, 2)
    right.plot([1, 2, 3])
    assert regard.head_view(record).figure(ax=left) is figure
    assert len(right.lines) == 1
    assert not left.axison
    assert left.get_xlim()[1] == pytest.approx(left.get_position().width * 10 * 96, abs=1)
    (size,) = {found.get_fontsize() for found in left.findobj(Text) if found.get_text() == "cat"}
    assert size == pytest.approx(13 * 0.75, rel=0.3)


def test_text_shrinks_with_axes_that_are_low(record: Record) -> None:
    figure = Figure(figsize=(8, 1))
    regard.head_view(record).figure(ax=figure.add_axes((0, 0, 1, 1)))
    (size,) = {found.get_fontsize() for found in figure.findobj(Text) if found.get_text() == "cat"}
    assert size < 8


def test_axes_and_width_together_are_refused(record: Record) -> None:
    with pytest.raises(ArgumentError, match=r"give ax= or width=, not both"):
        regard.head_view(record).figure(ax=Figure().add_subplot(), width=400)


def test_characters_without_a_font_are_named_once(tmp_path: Path) -> None:
    weights = np.full((1, 1, 2, 2), 0.5)
    view = regard.head_view(regard.from_weights(weights, tokens=["\U0001f469", "\U00013000"]))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        figures._installed.cache_clear()
        view.save(tmp_path / "x.png")
    messages = [str(warning.message) for warning in caught]
    assert all("no installed font has" in message and "are drawn as boxes" in message for message in messages)
    assert len(messages) <= 1


def test_dollars_are_no_formulas(tmp_path: Path) -> None:
    weights = np.full((1, 1, 2, 2), 0.5)
    view = regard.head_view(regard.from_weights(weights, tokens=["$\\frac", "x^2$"]))
    assert {"$\\frac", "x^2$"} <= set(texts(view.figure()))
    view.save(tmp_path / "x.pdf")


def test_without_helvetica_text_is_made_as_wide(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_installed", lambda _: ["DejaVu Sans"])
    (size,) = {f.get_fontsize() for f in regard.head_view(record).figure().findobj(Text) if f.get_text() == "cat"}
    assert size == pytest.approx(13 * 0.75 * 0.88)
