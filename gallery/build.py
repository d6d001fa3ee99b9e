"""Builds the gallery: ``python -m gallery.build [FOLDER]`` writes a page and a picture of each example and an index."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from html import escape
from importlib import import_module
from pathlib import Path
from string import Template

from regard.serve.html import Section, save
from regard.view import View

HERE = Path(__file__).parent
NO_EXAMPLES = {"build", "material"}
PICTURE_WIDTH = 720
_INDEX = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gallery of regard</title>
<style>
:root { color-scheme: light dark; --edge: #8884; }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 90rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: 1.5rem; }
ul { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
li { border: 1px solid var(--edge); border-radius: 10px; overflow: hidden; }
.picture { display: block; height: 15rem; overflow: hidden; border-bottom: 1px solid var(--edge); }
.picture img { width: 100%; display: block; }
.about { padding: 0.75rem 1rem; }
h2 { font-size: 1rem; margin: 0; }
p { margin: 0.25rem 0 0.5rem; }
summary { cursor: pointer; }
pre { overflow-x: auto; font-size: 12px; }
</style>
</head>
<body>
<main>
<h1>Gallery of regard</h1>
<ul>
$cards
</ul>
</main>
</body>
</html>
""")
_CARD = Template("""<li>
<a class="picture" href="$name.html" tabindex="-1" aria-hidden="true"><picture>
<source srcset="$name-dark.svg" media="(prefers-color-scheme: dark)"><img src="$name.svg" alt="" loading="lazy">
</picture></a>
<div class="about">
<h2><a href="$name.html">$title</a></h2>
<p>$text</p>
<details><summary>How it is made</summary><pre tabindex="0">$source</pre></details>
</div>
</li>""")


@dataclass(frozen=True)
class Example:
    """A file of the gallery: its name, what its docstring says, its text, and the view that it makes."""

    name: str
    title: str
    text: str
    source: str
    view: View


def names() -> list[str]:
    """Names of the examples, the views in the order in which one meets them."""
    found = [path.stem for path in HERE.glob("*.py") if path.stem not in NO_EXAMPLES]
    order = ("head_view", "model_view", "map_view", "text_view", "neuron_view", "heatmap", "generation_view", "explore")
    order = (*order, "reliability_view", "seq2seq_view")
    return sorted(found, key=lambda name: (next(i for i, view in enumerate(order) if name.startswith(view)), name))


def example(name: str) -> Example:
    """The example of that name, its view made."""
    module = import_module(f"gallery.{name}")
    title, _, text = (module.__doc__ or "").strip().partition("\n")
    source = (HERE / f"{name}.py").read_text(encoding="utf-8")
    return Example(name, title.rstrip("."), " ".join(text.split()), source, module.make())


def build(folder: Path) -> Path:
    """Every example as an offline page and a picture, and the index that leads to them."""
    folder.mkdir(parents=True, exist_ok=True)
    cards = []
    for name in names():
        shown = example(name)
        save(Section(shown.view, shown.title, shown.text), path=folder / f"{name}.html", title="Gallery of regard")
        shown.view.save(folder / f"{name}.svg", width=PICTURE_WIDTH, theme="light")
        shown.view.save(folder / f"{name}-dark.svg", width=PICTURE_WIDTH, theme="dark")
        words = {"title": shown.title, "text": shown.text, "source": shown.source}
        cards.append(_CARD.substitute(name=name, **{word: escape(text) for word, text in words.items()}))
        print(f"{name}: {shown.title}", flush=True)
    index = folder / "index.html"
    index.write_text(_INDEX.substitute(cards="\n".join(cards)), encoding="utf-8")
    return index


if __name__ == "__main__":
    print(build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE.parent / "build" / "gallery").resolve())
