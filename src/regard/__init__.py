"""regard: shows what a transformer attends to, at any length, and tests whether it matters.

The package is one sentence: **capture → record → measure → view → serve**. ``regard.capture`` runs a model and returns
a :class:`Record`; a view declares what of it to show; a host (notebook, one HTML file, terminal) draws it::

    import regard
    record = regard.capture(model, tokenizer, "The cat sat on the mat")
    regard.head_view(record, layer=4)
    regard.model_view(record).save("cats.html")

Names are resolved when first used, so that ``import regard`` loads neither torch nor a web server.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from regard.record.display import register

if TYPE_CHECKING:
    from regard import corpus, experiment, measure, recipes
    from regard.capture import capture
    from regard.capture.any_module import capture_calls
    from regard.capture.generation import capture_generation
    from regard.experiment.reliability import reliability, reliability_over
    from regard.record import Record, Sound, from_qk, from_weights, open
    from regard.view import (
        explore,
        generation_view,
        head_view,
        heatmap,
        link,
        map_view,
        model_view,
        neuron_view,
        reliability_view,
        text_view,
    )
    from regard.workbench import Workbench, seq2seq_view

__version__ = "0.1.0"
__all__ = [
    "Record",
    "Sound",
    "Workbench",
    "capture",
    "capture_calls",
    "capture_generation",
    "corpus",
    "experiment",
    "explore",
    "from_qk",
    "from_weights",
    "generation_view",
    "head_view",
    "heatmap",
    "link",
    "map_view",
    "measure",
    "model_view",
    "neuron_view",
    "open",
    "recipes",
    "reliability",
    "reliability_over",
    "reliability_view",
    "seq2seq_view",
    "text_view",
]

_HOME = {
    "capture": "regard.capture",
    "capture_calls": "regard.capture.any_module",
    "capture_generation": "regard.capture.generation",
    "Record": "regard.record",
    "Sound": "regard.record",
    "from_qk": "regard.record",
    "from_weights": "regard.record",
    "explore": "regard.view",
    "generation_view": "regard.view",
    "head_view": "regard.view",
    "heatmap": "regard.view",
    "link": "regard.view",
    "map_view": "regard.view",
    "model_view": "regard.view",
    "neuron_view": "regard.view",
    "open": "regard.record",
    "seq2seq_view": "regard.workbench",
    "reliability": "regard.experiment.reliability",
    "reliability_over": "regard.experiment.reliability",
    "reliability_view": "regard.view",
    "text_view": "regard.view",
    "Workbench": "regard.workbench",
}

_PARTS = ("corpus", "experiment", "measure", "recipes")

register("notebook", "regard.serve.notebook:mimebundle")
register("generation", "regard.workbench.composed:written")
register("report", "regard.view.reliability_view:reliability_view")
register("widget", "regard.serve.notebook:widget")
register("text", "regard.serve.text:text")
register(".html", "regard.serve.html:save")
register("figure", "regard.serve.image:figure")
for ending in (".svg", ".png", ".pdf"):
    register(ending, "regard.serve.image:save")


def __getattr__(name: str) -> Any:
    if name in _PARTS:
        return import_module(f"regard.{name}")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'regard' has no attribute {name!r}; it has: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
