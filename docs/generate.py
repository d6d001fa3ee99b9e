"""Writes the parts of the documentation that the code already says: ``make docs``."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from regard.cli import _parser
from regard.view.json_schema import schema

PAGE = Path(__file__).parent / "start" / "command-line.md"
SCHEMA = Path(__file__).parent / "guides" / "workbench.schema.json"


def command_line() -> str:
    """The help of the command and of each of its subcommands, as a page."""
    os.environ["COLUMNS"] = "100"
    parser = _parser()
    found = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    parts = {"regard": parser, **{f"regard {name}": sub for name, sub in found.choices.items()}}
    pages = [f"## {name}\n\n```\n{part.format_help().strip()}\n```\n" for name, part in parts.items()]
    return "# The command line\n\nThis page is made from the commands' own help: `make docs`.\n\n" + "\n".join(pages)


def messages() -> str:
    """The schema of what a workbench is asked and answers."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(messages(), encoding="utf-8")
    PAGE.write_text(command_line(), encoding="utf-8")
