"""What axe-core (Deque, MPL-2.0) finds on a page; it comes with the development packages of the front end."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from browser.conftest import REPOSITORY

_AXE = REPOSITORY / "node_modules" / "axe-core" / "axe.min.js"
_OPTIONS = {"resultTypes": ["violations"]}


def violations(page: Page) -> list[str]:
    """Every rule that is broken, and where."""
    assert _AXE.is_file(), "axe-core is missing: npm ci"
    page.evaluate(f"{_AXE.read_text(encoding='utf-8')}; undefined")
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", _OPTIONS)
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}" for rule in found["violations"] for node in rule["nodes"]
    ]
