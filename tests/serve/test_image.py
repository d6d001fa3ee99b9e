"""Views as files: SVG exactly, PNG and PDF by what is in them."""

import re
import sys
import xml.etree.ElementTree as ET
from base64 import b64decode
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError, MissingExtraError
from regard.record import Record
from regard.serve import image, image_svg, layout
from regard.serve.layout import LayoutError, drawing

pytest.importorskip("quickjs")
pytest.importorskip("matplotlib")

GOLDEN = Path(__file__).parent / "golden"
HOSTILE = ["</text><script>x</script>", '"&<>', "\x00", "\ud800", "\u202egpj", " 注意", " مرحبا", " 😀"]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def hostile() -> Record:
    weights = np.tril(np.ones((1, 2, 8, 8))) / np.arange(1, 9)[:, None]
    return regard.from_weights(weights, tokens=HOSTILE, name="a <b> & \x07 model")


def views(record: Record) -> dict[str, regard.view.View]:
    focus = regard.head_view(record, layer=1)
    focus.selection.query = 2
    mapped, text = regard.map_view(record, layer=1, head=1), regard.text_view(record, layer=0)
    mapped.selection.update(query=3, key=1, rectangle=[1, 4, 0, 3])
    text.selection.query = 2
    return {
        "head_view": regard.head_view(record, layer=1, heads=[0, 2]),
        "head_view_focus": focus,
        "model_view": regard.model_view(record),
        "heatmap": regard.heatmap(record, layer=1, marginals=True),
        "map_view": mapped,
        "text_view": text,
    }


def pixels(content: bytes) -> np.ndarray:
    from matplotlib.image import imread

    return np.asarray(imread(BytesIO(content), format="png"))


def readable(svg: str) -> str:
    """An SVG with each embedded picture as the hash of its pixels: how these are compressed is zlib's affair."""

    def hashed(found: re.Match[str]) -> str:
        shown = (pixels(b64decode(found[1])) * 255).round().astype(np.uint8)
        return f"{'×'.join(map(str, shown.shape))} {sha256(shown.tobytes()).hexdigest()[:16]}"

    return re.sub(r"data:image/png;base64,([\w+/=]+)", hashed, svg)


@pytest.mark.parametrize("name", ["head_view", "head_view_focus", "heatmap", "map_view", "model_view", "text_view"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_svg_is_the_golden_one(record: Record, name: str, theme: str, tmp_path: Path) -> None:
    path = views(record)[name].save(tmp_path / "x.svg", width=480, theme=theme)
    golden = GOLDEN / f"{name}_{theme}.svg"
    found = readable(path.read_text(encoding="utf-8"))
    if not golden.exists():
        golden.write_text(found, encoding="utf-8")
        pytest.fail(f"wrote {golden.name}: look at it, then run again")
    assert found == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("ending", [".svg", ".png", ".pdf"])
def test_the_same_view_gives_the_same_bytes(record: Record, ending: str, tmp_path: Path) -> None:
    view = regard.head_view(record)
    first, second = (view.save(tmp_path / f"{name}{ending}").read_bytes() for name in "ab")
    assert first == second
    assert first.startswith({".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF"}[ending])
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a{ending}", f"b{ending}"]


def test_text_is_text_and_nothing_in_it_is_markup(hostile: Record, tmp_path: Path) -> None:
    content = regard.head_view(hostile).save(tmp_path / "x.svg").read_text(encoding="utf-8")
    root = ET.fromstring(content)
    texts = [element.text for element in root.iter(f"{SVG}text")]
    shown = ["</text><script>x</script>", '"&<>', "␀", "<U+D800>", "<U+202E>gpj", "注意", "مرحبا", "😀"]
    assert texts.count("注意") == 2
    assert set(shown) <= set(texts)
    assert texts[0] is not None
    assert texts[0].startswith("a <b> & <U+0007> model · Layer 0")
    assert {element.tag for element in root.iter()} <= {
        f"{SVG}{tag}" for tag in ("svg", "title", "rect", "text", "g", "path")
    }
    assert root.findtext(f"{SVG}title", "").startswith("a <b> & <U+0007> model · Layer 0")


def test_a_hatching_is_defined_once(tmp_path: Path) -> None:
    query = np.zeros((1, 3, 8, 2), np.float32)
    masked = regard.from_qk(query, query, causal=True, tokens=HOSTILE)
    root = ET.fromstring(regard.heatmap(masked).save(tmp_path / "x.svg").read_text(encoding="utf-8"))
    (pattern,) = root.iter(f"{SVG}pattern")
    filled = [element for element in root.iter(f"{SVG}rect") if element.get("fill") == f"url(#{pattern.get('id')})"]
    assert len(filled) == 4


def test_right_to_left_text_keeps_its_end(hostile: Record, tmp_path: Path) -> None:
    root = ET.fromstring(regard.head_view(hostile).save(tmp_path / "x.svg").read_text(encoding="utf-8"))
    query, key = (e for e in root.iter(f"{SVG}text") if e.text == "مرحبا")
    assert [query.get("direction"), query.get("text-anchor")] == ["rtl", None]
    assert [key.get("direction"), key.get("text-anchor")] == ["rtl", "end"]


@pytest.mark.filterwarnings("ignore:no installed font has")
def test_hostile_text_in_png_and_pdf(hostile: Record, tmp_path: Path) -> None:
    view = regard.head_view(hostile, theme="dark")
    assert pixels(view.save(tmp_path / "x.png").read_bytes()).shape[1] == 1600
    pdfium = pytest.importorskip("pypdfium2")
    text = pdfium.PdfDocument(view.save(tmp_path / "x.pdf"))[0].get_textpage().get_text_range()
    for token in ("</text><script>x</script>", '"&<>', "<U+D800>", "<U+202E>gpj"):
        assert text.count(token) == 2


def test_a_picture_is_as_wide_as_asked(record: Record, tmp_path: Path) -> None:
    view = regard.head_view(record)
    sizes = {640: 640, "85mm": 321, "3.35in": 322, "column": 322, "text": 528, "page": 672, "12cm": 454}
    for width, expected in sizes.items():
        root = ET.fromstring(view.save(tmp_path / "x.svg", width=width).read_text(encoding="utf-8"))
        assert root.get("width") == str(expected)
    assert pixels(view.save(tmp_path / "x.png", width="4in", dpi=100).read_bytes()).shape[1] == 400


def test_png_looks_like_the_golden_one(record: Record, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from regard.serve import image_figure

    monkeypatch.setattr(image_figure, "_installed", lambda _: ["DejaVu Sans"])  # the one that every matplotlib carries
    found = regard.head_view(record, layer=1, heads=[0, 2]).save(tmp_path / "x.png", width=480, dpi=96)
    golden = GOLDEN / "head_view.png"
    if not golden.exists():
        golden.write_bytes(found.read_bytes())
        pytest.fail(f"wrote {golden.name}: look at it, then run again")
    expected, shown = pixels(golden.read_bytes()), pixels(found.read_bytes())
    assert shown.shape == expected.shape
    assert np.abs(shown - expected).mean() < 0.01
    assert shown.std() > 0.05


def test_colours_follow_the_theme(record: Record) -> None:
    light, dark = (drawing(regard.head_view(record), 480, theme) for theme in ("light", "dark"))
    assert [light.surface, dark.surface] == ["#ffffff", "#111214"]
    assert image._theme(regard.head_view(record, theme="dark"), None) == "dark"
    assert image._theme(regard.head_view(record), None) == "light"


def test_a_long_map_is_one_picture_that_the_mask_leaves_open() -> None:
    query, key = (np.random.default_rng(seed).standard_normal((1, 2, 900, 8)).astype(np.float32) for seed in (0, 1))
    record = regard.from_qk(query, key, causal=True, name="long")
    shown = drawing(regard.map_view(record, heads=[0, 1], scale="log"), 700, "light")
    (cells,) = (item for item in shown.items if item["kind"] == "pixels" and item["rows"] > 1)
    rgba = cells["rgba"]
    assert rgba.shape == (900, 900, 4)
    assert ((rgba[..., 3] == 255) == np.tril(np.ones((900, 900), bool))).all()
    words = [item["text"] for item in shown.items if item["kind"] == "text"]
    assert {"masked", "10⁻⁶", "A cell shows the largest of 2 heads."} <= set(words)


@pytest.mark.parametrize(
    ("color", "note"), [(None, "mean attention from all tokens"), ([0, 1, 2, 3, 4], "the values given")]
)
def test_a_text_is_shaded_by_what_is_shown(record: Record, color: list[float] | None, note: str) -> None:
    given = None if color is None else np.array(color, np.float32)
    shown = drawing(regard.text_view(record, color=given), 400, "light")
    words = [item["text"] for item in shown.items if item["kind"] == "text"]
    assert any(note in word for word in words)
    assert {"the", "cat", "mats"} <= set(words)
    assert [item for item in shown.items if item["kind"] == "rect" and item.get("radius") == 2]


def test_no_head_leaves_a_word(record: Record) -> None:
    for view in (regard.map_view(record, heads=[]), regard.text_view(record, heads=[])):
        words = [item["text"] for item in drawing(view, 400, "light").items if item["kind"] == "text"]
        assert any("No head is selected" in word for word in words)


def test_a_caption_can_be_left_out(record: Record) -> None:
    view = regard.head_view(record)
    words = [
        [i["text"] for i in drawing(view, 480, "light", caption=c).items if i["kind"] == "text"] for c in (True, False)
    ]
    assert words[0][0] == "tiny · Layer 0, all 3 heads; 5 queries × 5 keys."
    assert words[0][-1] == "Untested: shows where the head looked, not why."
    assert words[1] == words[0][1:-1]


def test_what_is_not_all_says_so() -> None:
    n = 180
    record = regard.from_weights(np.full((1, 1, n, n), 1 / n))
    texts = [i["text"] for i in drawing(regard.head_view(record), 640, "light").items if i["kind"] == "text"]
    assert "The strongest 20,000 of 32,400 lines, showing 62 % of the attention." in texts


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"width": "3 miles"},
            r"width: expected a number of pixels, a length in in, mm, .*'column', 'text', 'page'; got '3 miles'",
        ),
        ({"width": 20}, r"width: 20 is 20 CSS pixels .*200 to 20000"),
        ({"theme": "blue"}, r"no theme 'blue'; there are: 'light', 'dark'"),
        ({"dpi": 5}, r"dpi= is for \.png; a \.svg file has no pixels"),
    ],
)
def test_wrong_options_are_named(record: Record, options: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=message):
        regard.head_view(record).save(tmp_path / "x.svg", **options)
    assert not list(tmp_path.iterdir())


def test_too_many_pixels_and_too_many_weights_are_refused(record: Record, tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"would be 41667 × \d+ pixels; at most 134 million"):
        regard.model_view(record).save(tmp_path / "x.png", width=2000, dpi=2000)
    queries = np.zeros((1, 40, 1024, 2), np.float32)
    many = regard.from_qk(queries, queries, causal=True)
    with pytest.raises(ArgumentError, match=r"would read 42 million weights; at most 34 million.*regard\.map_view"):
        regard.head_view(many, heads=range(40)).save(tmp_path / "x.svg")
    assert not list(tmp_path.iterdir())


def test_an_unknown_ending_names_the_known_ones(record: Record) -> None:
    with pytest.raises(ArgumentError, match=r"no file ending '\.jpg'; there are: '\.html', '\.svg', '\.png', '\.pdf'"):
        regard.head_view(record).save("x.jpg")


def test_a_view_without_a_picture_says_so(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regard.view.HeadView, "name", "no_such_view")
    with pytest.raises(LayoutError, match=r"The view “no_such_view” has no still picture"):
        drawing(regard.head_view(record), 480, "light")


@pytest.mark.parametrize(("module", "package"), [("quickjs", "quickjs-ng"), ("matplotlib", "matplotlib")])
def test_a_missing_package_names_the_extra(
    record: Record, module: str, package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.delitem(sys.modules, "regard.serve.image_figure", raising=False)
    monkeypatch.delattr("regard.serve.image_figure", raising=False)
    with pytest.raises(MissingExtraError, match=rf"needs the package '{package}'.*pip install 'regard\[images\]'"):
        regard.head_view(record).save(tmp_path / "x.png")


def test_an_older_engine_is_named(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    import quickjs

    class Older:
        def eval(self, _: str) -> str:
            return "undefined"

    monkeypatch.setattr(quickjs, "Context", Older)
    with pytest.raises(MissingExtraError, match=r"the quickjs installed here is older.*regard\[images\]"):
        layout.drawing(regard.head_view(record), 480, "light")


def test_lines_lie_in_painting_order() -> None:
    assert image_svg.ordered({"alpha": [9, 2, 9, 2], "hue": [1, 3, 0, 1]}).tolist() == [3, 1, 2, 0]


def test_few_cells_become_large_blocks_and_many_stay() -> None:
    rgba = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    found = image_svg.cells({"rgba": rgba, "width": 30, "height": 10})
    assert found.shape == (2 * 20, 3 * 40, 4)
    assert found[0, 0].tolist() == found[19, 39].tolist() == [0, 1, 2, 3]
    assert image_svg.cells({"rgba": rgba, "width": 0.5, "height": 0.5}).shape == rgba.shape


def test_an_overview_too_fine_for_lines_has_the_colours_of_its_weights() -> None:
    rng = np.random.default_rng(0)
    weights = rng.random((1, 1, 40, 40)) ** 6
    weights /= weights.sum(axis=-1, keepdims=True)
    record = regard.from_weights(weights)
    overview, exact = (
        next(
            item["rgba"]
            for item in drawing(view, 400, "light").items
            if item["kind"] == "pixels" and item["rows"] == 40
        )
        for view in (regard.model_view(record), regard.heatmap(record, scale="root", top=1.0))
    )
    assert np.abs(overview[..., :3].astype(int) - exact[..., :3]).max() <= 1
