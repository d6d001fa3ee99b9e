"""Cells of a notebook and commands of a terminal as pictures: the code, and what it really says when it runs here."""

from __future__ import annotations

import ast
import contextlib
import html
import io
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
WIDTH = 108
STYLE = """
body { margin: 0; padding: 10px; width: 960px; background: #fff; font: 13px/1.45 "DejaVu Sans Mono", monospace; }
pre { margin: 0; padding: 8px 12px; white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; }
.code { background: #f4f5f7; border-left: 3px solid #1f5fd0; }
.said { color: #333; padding-bottom: 14px; }
"""


def run(code: str, names: dict[str, Any]) -> str:
    """What a cell says: what it prints, then the value of its last line."""
    tree = ast.parse(code)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(tree, "cell", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "cell", "eval"), names) if last else None
        if value is not None:
            print(repr(value))
    return said.getvalue()


def command(*arguments: str) -> str:
    """What a module of Python says as a command, in the repository's root."""
    ran = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300)
    return ran.stdout + ran.stderr


def picture(browser: Browser, cells: list[tuple[str, str]], path: Path) -> None:
    """(code, what it said) of each cell, one below the other, as a JPEG."""
    parts = [(kind, text) for code, said in cells for kind, text in (("code", code), ("said", said))]
    body = "".join(f'<pre class="{kind}">{html.escape(_wrapped(text))}</pre>' for kind, text in parts)
    page = browser.new_page(viewport={"width": 980, "height": 400}, color_scheme="light")
    page.set_content(f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{body}")
    page.locator("body").screenshot(path=path, type="jpeg", quality=80)
    page.close()


def _wrapped(text: str) -> str:
    lines = text.strip("\n").splitlines()
    return "\n".join(
        "\n".join(textwrap.wrap(line, WIDTH, subsequent_indent="    ", drop_whitespace=False)) for line in lines
    )
