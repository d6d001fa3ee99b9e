"""BertViz 1.4's two views: change the import, keep the notebook.

``from regard.compat.bertviz import head_view, model_view`` takes the arguments of BertViz 1.4 (Vig 2019) and means by
them what BertViz means, and shows regard's pictures. Beyond BertViz, every ``attention`` argument also takes the whole
output of the model, because the line that tutorials print, ``attention = outputs[-1]``, gives an empty tuple on
transformers 5. Where BertViz would draw nothing or something else, an ``ArgumentError`` (a ``ValueError``) says why.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from regard.axes import Kind
from regard.errors import ArgumentError, missing_extra, not_one_of
from regard.record import Attention, Record, Tokens, attention_from_weights, from_weights
from regard.serve.notebook import frame
from regard.view import HeadView, ModelView, View

_FIELDS: dict[Kind | None, str] = {
    None: "attentions",
    "encoder": "encoder_attentions",
    "decoder": "decoder_attentions",
    "cross": "cross_attentions",
}
_DISPLAY_MODES = ("dark", "light")
_HTML_ACTIONS = ("view", "return")
_MARKS = str.maketrans({"Ġ": " ", "▁": " "})


def head_view(
    attention: Any = None,
    tokens: Sequence[str] | None = None,
    sentence_b_start: int | None = None,
    prettify_tokens: bool = True,
    layer: int | None = None,
    heads: Sequence[int] | None = None,
    encoder_attention: Any = None,
    decoder_attention: Any = None,
    cross_attention: Any = None,
    encoder_tokens: Sequence[str] | None = None,
    decoder_tokens: Sequence[str] | None = None,
    include_layers: Sequence[int] | None = None,
    html_action: str = "view",
) -> Any:
    """One layer's attention as lines between queries and keys; BertViz's ``head_view``.

    ``attention``: one array [batch=1, head, query, key] a layer (of torch, numpy or JAX), or the model's output.
    ``sentence_b_start``: position of the second text's first token; gives the filters A→A, A→B, B→A, B→B.
    ``prettify_tokens``: Ġ and ▁ become a space, ``</w>`` disappears. ``layer`` and ``heads``: what is shown first.
    ``encoder_attention``, ``decoder_attention``, ``cross_attention`` with ``encoder_tokens``, ``decoder_tokens``:
    for encoder-decoders, instead of ``attention`` and ``tokens``. ``include_layers``: the layers on offer.
    ``html_action``: ``"view"`` shows it in the notebook and returns nothing, ``"return"`` returns IPython's ``HTML``.
    """
    record = _record(
        attention,
        tokens,
        sentence_b_start,
        {"encoder": encoder_attention, "decoder": decoder_attention, "cross": cross_attention},
        {"encoder": encoder_tokens, "decoder": decoder_tokens},
        prettify_tokens,
    )
    view = HeadView(record, layer=layer, heads=heads, include_layers=include_layers)
    return shown(view, html_action)


def model_view(
    attention: Any = None,
    tokens: Sequence[str] | None = None,
    sentence_b_start: int | None = None,
    prettify_tokens: bool = True,
    display_mode: str = "dark",
    encoder_attention: Any = None,
    decoder_attention: Any = None,
    cross_attention: Any = None,
    encoder_tokens: Sequence[str] | None = None,
    decoder_tokens: Sequence[str] | None = None,
    include_layers: Sequence[int] | None = None,
    include_heads: Sequence[int] | None = None,
    html_action: str = "view",
) -> Any:
    """Every layer (row) and head (column) as a small picture; BertViz's ``model_view``.

    ``display_mode``: ``"dark"`` or ``"light"``. ``include_layers``, ``include_heads``: the rows and columns of the
    grid, under the model's own numbers. The other arguments are those of :func:`head_view`.
    """
    if display_mode not in _DISPLAY_MODES:
        raise not_one_of("display_mode", display_mode, _DISPLAY_MODES)
    record = _record(
        attention,
        tokens,
        sentence_b_start,
        {"encoder": encoder_attention, "decoder": decoder_attention, "cross": cross_attention},
        {"encoder": encoder_tokens, "decoder": decoder_tokens},
        prettify_tokens,
    )
    view = ModelView(
        record,
        include_layers=include_layers,
        include_heads=include_heads,
        theme="dark" if display_mode == "dark" else "light",
    )
    return shown(view, html_action)


def _record(
    attention: Any,
    tokens: Sequence[str] | None,
    sentence_b_start: int | None,
    by_kind: Mapping[Kind, Any],
    by_stream: Mapping[str, Sequence[str] | None],
    prettify: bool,
) -> Record:
    if isinstance(attention, Record):
        raise ArgumentError("attention is a regard.Record: show it with regard.head_view or regard.model_view")
    if _is_output(attention) and not len(_layers(attention, _FIELDS[None])):
        found = {kind: attention for kind in _FIELDS if kind and len(_layers(attention, _FIELDS[kind]))}
        by_kind, attention = (found, None) if found else (by_kind, attention)
    if attention is None:
        return _encoder_decoder(tokens, sentence_b_start, by_kind, by_stream, prettify)
    given = [f"{kind}_attention" for kind, value in by_kind.items() if value is not None]
    given += [f"{stream}_tokens" for stream, value in by_stream.items() if value is not None]
    if given and not hasattr(attention, "encoder_attentions"):
        raise ArgumentError(
            f"attention is self-attention of one sequence and cannot go with {', '.join(given)}; for an "
            "encoder-decoder leave it out, or pass the model's whole output with encoder_tokens and decoder_tokens"
        )
    return _single(attention, tokens, sentence_b_start, prettify)


def _single(attention: Any, tokens: Sequence[str] | None, sentence_b_start: int | None, prettify: bool) -> Record:
    weights = _weights(attention, "attention", None)
    if tokens is None:
        raise ArgumentError(
            "tokens is missing: pass one string a position, for example tokenizer.convert_ids_to_tokens(inputs[0])"
        )
    named = _tokens(tokens, prettify)
    if sentence_b_start is not None:
        named = named.with_segments(sentence_b_start)
    return from_weights(weights, tokens=named, kind="decoder" if _is_causal(weights[0]) else "encoder")


def _encoder_decoder(
    tokens: Sequence[str] | None,
    sentence_b_start: int | None,
    by_kind: Mapping[Kind, Any],
    by_stream: Mapping[str, Sequence[str] | None],
    prettify: bool,
) -> Record:
    attentions = {kind: _attention(given, kind) for kind, given in by_kind.items() if given is not None}
    if not attentions:
        raise ArgumentError(
            "no attention was passed: pass attention=outputs.attentions (or outputs itself) with tokens, or "
            "encoder_attention, decoder_attention, cross_attention with encoder_tokens, decoder_tokens"
        )
    unused = {"tokens": tokens, "sentence_b_start": sentence_b_start}
    if any(value is not None for value in unused.values()):
        named = " and ".join(name for name, value in unused.items() if value is not None)
        raise ArgumentError(
            f"{named} cannot go with an encoder-decoder's attention; use encoder_tokens, decoder_tokens"
        )
    wanted = {stream for a in attentions.values() for stream in (a.query_stream, a.key_stream)}
    streams = {stream: by_stream[stream] for stream in ("encoder", "decoder") if stream in wanted}
    for stream, given in streams.items():
        if given is None:
            kinds = [f"{kind}_attention" for kind, a in attentions.items() if stream in (a.query_stream, a.key_stream)]
            raise ArgumentError(f"{stream}_tokens is missing: {' and '.join(kinds)} needs it")
    return Record({stream: _tokens(given or (), prettify) for stream, given in streams.items()}, attentions)


def _attention(given: Any, kind: Kind) -> Attention:
    query, key = ("decoder", "encoder") if kind == "cross" else (kind, kind)
    weights = _weights(given, f"{kind}_attention", kind)
    return attention_from_weights(weights, kind=kind, query_stream=query, key_stream=key)


def _weights(given: Any, argument: str, kind: Kind | None) -> list[Any]:
    """The layers of one argument: what was passed, or the field of that kind in the output that was passed."""
    field = _FIELDS[kind]
    weights = _layers(given, field) if _is_output(given) else given
    if isinstance(weights, (str, bytes)) or not isinstance(weights, Iterable):
        raise ArgumentError(f"{argument}: expected one array a layer, got {type(weights).__name__}. {_advice(field)}")
    layers = list(weights)
    if not layers:
        if hasattr(given, "encoder_attentions"):
            field = "encoder_attentions, .decoder_attentions and .cross_attentions"
        what = "the model's output holds no attention" if _is_output(given) else f"got an empty {type(given).__name__}"
        raise ArgumentError(f"{argument}: {what}. {_advice(field)}")
    return layers


def _advice(field: str) -> str:
    return (
        f"Pass outputs.{field}, or outputs itself (on transformers 5 outputs[-1] is not the attention), of a model "
        'loaded with from_pretrained(..., output_attentions=True) or attn_implementation="eager". '
        "Or use regard.capture(model, ...), which works with any attention kernel"
    )


def _is_output(given: Any) -> bool:
    return any(hasattr(given, field) or (isinstance(given, Mapping) and field in given) for field in _FIELDS.values())


def _layers(output: Any, field: str) -> Any:
    found = output.get(field) if isinstance(output, Mapping) else getattr(output, field, None)
    return () if found is None else found


def _is_causal(layer: Any) -> bool:
    array = np.asarray(layer.detach().float().cpu() if hasattr(layer, "detach") else layer)
    return array.ndim >= 2 and array.shape[-1] > 1 and not np.triu(array, 1).any()


def _tokens(tokens: Sequence[str], prettify: bool) -> Tokens:
    if isinstance(tokens, str):
        raise ArgumentError(f"tokens: expected a list of strings, one per token, got the string {tokens[:40]!r}")
    pieces = tuple(str(token) for token in tokens)
    return Tokens(tuple(piece.translate(_MARKS).replace("</w>", "") for piece in pieces) if prettify else pieces)


def shown(view: View, html_action: str) -> Any:
    """The view in the notebook (``"view"``), or as IPython's ``HTML`` (``"return"``)."""
    if html_action not in _HTML_ACTIONS:
        raise not_one_of("html_action", html_action, _HTML_ACTIONS)
    ipython = _ipython()
    return ipython.HTML(frame(view)) if html_action == "return" else ipython.display(view)


def _ipython() -> Any:
    try:
        from IPython import display
    except ImportError:
        raise missing_extra("Showing a view in a notebook", "IPython", "notebook") from None
    return display
