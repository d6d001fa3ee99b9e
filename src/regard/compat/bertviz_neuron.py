"""BertViz 1.4's neuron view: change the import, keep the call.

``from regard.compat.bertviz_neuron import show`` takes the arguments of ``bertviz.neuron_view.show`` (Vig 2019). There
the model has to be BertViz's own copy of BERT, GPT-2 or RoBERTa; here it is any model and tokenizer of transformers.
"""

from __future__ import annotations

from typing import Any

from regard.compat.bertviz import shown
from regard.errors import ArgumentError, not_one_of
from regard.record import Record
from regard.view import neuron_view

_DISPLAY_MODES = ("dark", "light")


def show(
    model: Any,
    model_type: str | None,
    tokenizer: Any,
    sentence_a: str,
    sentence_b: str | None = None,
    display_mode: str = "dark",
    layer: int | None = None,
    head: int | None = None,
    html_action: str = "view",
) -> Any:
    """Run ``model`` on one or two sentences and show how a head's weights come out of queries and keys.

    ``model_type`` is read from the model itself: what is given for it (``"bert"``, ``"gpt2"``, …) changes nothing.
    ``layer`` and ``head`` are shown first, the first ones unless given. ``display_mode`` is ``"dark"`` or ``"light"``.
    ``html_action``: ``"view"`` shows it in the notebook and returns nothing, ``"return"`` returns IPython's ``HTML``.
    """
    if display_mode not in _DISPLAY_MODES:
        raise not_one_of("display_mode", display_mode, _DISPLAY_MODES)
    if model_type is not None and not isinstance(model_type, str):
        raise ArgumentError(
            f"show takes model, model_type, tokenizer, sentence_a: model_type must be a name such as 'bert'; "
            f"got {type(model_type).__name__}"
        )
    from regard.capture import capture

    record = capture(model, tokenizer, sentence_a, sentence_b)
    assert isinstance(record, Record)
    theme = "dark" if display_mode == "dark" else "light"
    return shown(neuron_view(record, layer, head, theme=theme), html_action)  # type: ignore[arg-type]
