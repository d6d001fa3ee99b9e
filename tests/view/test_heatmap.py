"""The heatmap: what it declares, its text, and its picture."""

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Record
from regard.serve.layout import Drawing, drawing

pytest.importorskip("quickjs")


@pytest.fixture
def record() -> Record:
    """Two layers of six causal heads over seven tokens."""
    query, key = (np.random.default_rng(seed).standard_normal((2, 6, 7, 4)).astype(np.float32) for seed in (0, 1))
    return regard.from_qk(
        query, key, causal=True, tokens=["a", " cat", " sat", " on", " the", " mat", "."], name="tiny"
    )


def texts(shown: Drawing) -> list[str]:
    return [item["text"] for item in shown.items if item["kind"] == "text"]


def matrices(shown: Drawing) -> list[np.ndarray]:
    """RGBA cells of each head (the ramp of the legend has one row)."""
    return [item["rgba"] for item in shown.items if item["kind"] == "pixels" and item["rows"] > 1]


def darkness(cells: np.ndarray) -> np.ndarray:
    return 765 - cells[..., :3].astype(int).sum(axis=-1)


def test_the_first_heads_are_shown_unless_named(record: Record) -> None:
    assert regard.heatmap(record).selection.heads == [0, 1, 2, 3]
    assert regard.heatmap(record, head=5).selection.heads == [5]
    assert regard.heatmap(record, heads=[1, 4], layer=1).selection.state.layer == 1
    assert len(matrices(drawing(regard.heatmap(record), 700, "light"))) == 4


def test_a_part_is_cut_out_and_can_be_changed(record: Record) -> None:
    view = regard.heatmap(record, head=0, queries=(2, 6), keys=(1, 4))
    assert view.selection.rectangle == [2, 6, 1, 4]
    assert matrices(drawing(view, 400, "light"))[0].shape == (4, 3, 4)
    view.selection.rectangle = None
    assert matrices(drawing(view, 400, "light"))[0].shape == (7, 7, 4)
    assert regard.heatmap(record, keys=(0, 2)).selection.rectangle == [0, 7, 0, 2]


def test_larger_weights_are_darker_and_masked_ones_hatched(record: Record) -> None:
    shown = drawing(regard.heatmap(record, head=3, layer=1), 400, "light")
    (cells,) = matrices(shown)
    seen = np.tril(np.ones((7, 7), bool))
    assert ((cells[..., 3] == 255) == seen).all()
    weights = record.weights[1, 3]
    order = np.argsort(weights[seen])
    steps = darkness(cells)[seen][order]
    assert (np.diff(steps) >= -40).all()
    assert steps[-1] > 700
    assert [item["kind"] for item in shown.items].count("hatch") == 2
    assert "masked" in texts(shown)


def test_zero_is_neither_masked_nor_faint() -> None:
    weights = np.array([[[[0.0, 1.0], [1e-6, 1 - 1e-6]]]])
    shown = drawing(regard.heatmap(regard.from_weights(weights)), 400, "light")
    (cells,) = matrices(shown)
    assert cells[0, 0].tolist() == [255, 255, 255, 255]
    assert cells[1, 0].tolist() != [255, 255, 255, 255]
    assert not {"masked", "not a number"} & set(texts(shown))


def test_what_is_not_a_number_has_a_colour_of_its_own(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    read = regard.view.Heatmap.read

    def broken(view: regard.view.Heatmap, array: str, slices: tuple[slice, ...]) -> np.ndarray:
        found = read(view, array, slices).copy()
        found[..., 3, :] = np.nan
        return found

    monkeypatch.setattr(regard.view.Heatmap, "read", broken)
    shown = drawing(regard.heatmap(record, head=0), 600, "dark")
    (cells,) = matrices(shown)
    assert (cells[3, :4] == [0, 0xB0, 0xA0, 255]).all()
    assert (cells[3, 4:, 3] == 0).all()
    assert {"masked", "not a number"} <= set(texts(shown))


def test_scales_and_their_end() -> None:
    weights = np.array([[[[0.04, 0.96], [0.2, 0.8]]]])
    record = regard.from_weights(weights)
    faint = {
        name: darkness(matrices(drawing(regard.heatmap(record, scale=name), 300, "light"))[0])[0, 0]
        for name in ("linear", "root", "log")
    }
    assert faint["linear"] < faint["root"] < faint["log"]
    ended = matrices(drawing(regard.heatmap(record, top=0.2), 300, "light"))[0]
    assert ended[1, 0].tolist() == ended[0, 1].tolist() == ended[1, 1].tolist()
    assert "0.2" in texts(drawing(regard.heatmap(record, top=0.2), 300, "light"))


def test_sums_are_drawn_and_named_when_asked(record: Record) -> None:
    plain, summed = (drawing(regard.heatmap(record, head=0, marginals=m), 500, "light") for m in (False, True))
    bars = [item for item in summed.items if item["kind"] == "rect" and item.get("fill") == "#626973"]
    assert len(bars) == 14
    assert not [item for item in plain.items if item.get("fill") == "#626973"]
    received = record.weights[0, 0].sum(axis=0)
    above = [item["height"] for item in bars[:7]]
    assert above == pytest.approx(received / received.max() * 24, abs=0.02)
    largest = f"{received.max():.2f}"
    assert (
        f"Bars are sums over queries (above, the largest {largest}) and over keys (beside, the largest 1.00)."
        in " ".join(texts(summed))
    )


def test_labels_never_overlap() -> None:
    n = 180
    record = regard.from_weights(np.full((1, 1, n, n), 1 / n), tokens=[f" word{i}" for i in range(n)])
    shown = drawing(regard.heatmap(record), 500, "light")
    turned = sorted(i["x"] for i in shown.items if i["kind"] == "text" and i.get("turned"))
    upright = sorted(i["y"] for i in shown.items if i["kind"] == "text" and "word" in i["text"] and not i.get("turned"))
    assert 4 < len(turned) < 60
    assert min(np.diff(turned)) >= 11.9
    assert min(np.diff(upright)) >= 11.9
    assert "20 word20" in texts(shown)


def test_long_texts_are_pooled_and_say_so() -> None:
    query = np.zeros((1, 1, 1500, 2), np.float32)
    shown = drawing(regard.heatmap(regard.from_qk(query, query, causal=True)), 600, "light")
    assert matrices(shown)[0].shape[0] <= 256
    assert any("8 tokens" in text for text in texts(shown))


def test_as_text(record: Record) -> None:
    lines = regard.heatmap(record, head=2, queries=(1, 4)).text().splitlines()
    assert lines[0] == "decoder attention, layer 0, queries 1–3 × keys 0–6"
    assert lines[1] == "head 2"
    assert [line.split("│")[0].strip() for line in lines[2:5]] == ["cat", "sat", "on"]
    assert [line.split("│")[1].count(" ") for line in lines[2:5]] == [5, 4, 3]
    assert lines[-3].startswith("  ·░▒▓█ up to ")
    assert "no head is selected" in regard.heatmap(record, heads=[]).text()
    long = regard.from_weights(np.full((1, 1, 100, 100), 0.01))
    assert "the first 48 of 100 queries and 64 of 100 keys" in regard.heatmap(long).text()


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale": "cubic"}, r"no scale 'cubic'; there are: 'linear', 'root', 'log'"),
        ({"top": 0.0}, r"top must be a positive number.*got 0\.0"),
        ({"head": 1, "heads": [1]}, r"give head= or heads=, not both"),
        ({"queries": (3, 9)}, r"no rectangle \[3, 9, 0, 7\].*within 7 queries and 7 keys"),
    ],
)
def test_wrong_arguments_are_named(record: Record, options: dict[str, object], message: str) -> None:
    with pytest.raises(ArgumentError, match=message):
        regard.heatmap(record, **options)


def test_no_head_says_so_in_the_picture(record: Record) -> None:
    assert any("No head is selected" in text for text in texts(drawing(regard.heatmap(record, heads=[]), 400, "light")))
