"""BertViz's arguments, and that what is shown is what BertViz 1.4.1 computes from the same ones."""

import inspect
import json
import re
import sys
import warnings

import numpy as np
import pytest

from regard.compat import bertviz as compat
from regard.errors import ArgumentError, MissingExtraError

HEADS, LAYERS = 3, 4
TOKENS = ["[CLS]", "Ġthe", "▁cat", "sat</w>", "##s", "[SEP]"]


def weights(queries, keys, layers=LAYERS, heads=HEADS, seed=0):
    scores = np.random.default_rng(seed).normal(size=(layers, 1, heads, queries, keys))
    exp = np.exp(scores)
    return tuple((exp / exp.sum(-1, keepdims=True)).astype(np.float32))


class Output:
    """What a model of transformers returns, as far as BertViz's arguments are concerned."""

    def __init__(self, **fields):
        vars(self).update(fields)


@pytest.fixture
def shown(monkeypatch):
    """Call one of the two functions and get the view that it shows."""

    def show(function, *args, **kwargs):
        views = []
        monkeypatch.setattr(compat, "frame", lambda view: views.append(view) or "")
        function(*args, html_action="return", **kwargs)
        return views[0]

    return show


@pytest.fixture(scope="module")
def peer():
    return pytest.importorskip("bertviz", reason="bertviz is not installed")


def peer_params(function, attention, *args, **kwargs):
    torch = pytest.importorskip("torch")

    def tensors(layers):
        return None if layers is None else tuple(torch.from_numpy(layer) for layer in layers)

    kinds = ("encoder_attention", "decoder_attention", "cross_attention")
    kwargs = {name: tensors(value) if name in kinds else value for name, value in kwargs.items()}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its script open
        page = function(tensors(attention), *args, html_action="return", **kwargs).data
    return json.loads(re.search(r"const params = (\{.*\}); // HACK", page).group(1))


@pytest.mark.parametrize("name", ["head_view", "model_view"])
def test_the_arguments_are_bertviz_s(peer, name):
    theirs = inspect.signature(getattr(peer, name)).parameters
    ours = inspect.signature(getattr(compat, name)).parameters
    assert [(p.name, p.default, p.kind) for p in ours.values()] == [
        (p.name, p.default, p.kind) for p in theirs.values()
    ]


def test_head_view_shows_what_bertviz_shows(peer, shown):
    attention = weights(6, 6)
    arguments = {"layer": 2, "heads": [0, 2], "include_layers": [1, 2]}
    theirs = peer_params(peer.head_view, attention, TOKENS, **arguments)
    view = shown(compat.head_view, attention, TOKENS, **arguments)
    spec = view.spec()
    assert spec["attentions"][0]["layers"] == theirs["include_layers"] == [1, 2]
    assert (spec["selection"]["layer"], spec["selection"]["heads"]) == (theirs["layer"], theirs["heads"])
    np.testing.assert_array_equal(
        view.record.weights[1:3], np.array(theirs["attention"][0]["attn"], np.float32), strict=True
    )


def test_tokens_are_prettified_as_bertviz_prettifies(peer, shown):
    attention = weights(6, 6)
    for prettify in (True, False):
        theirs = peer_params(peer.head_view, attention, TOKENS, prettify_tokens=prettify)
        view = shown(compat.head_view, attention, TOKENS, prettify_tokens=prettify)
        assert list(view.record.tokens.pieces) == theirs["attention"][0]["left_text"]
    assert view.record.tokens.labels == tuple(TOKENS)


def test_a_pair_gets_bertviz_s_filters(peer, shown):
    attention = weights(6, 6)
    theirs = peer_params(peer.model_view, attention, TOKENS, 3)
    view = shown(compat.model_view, attention, TOKENS, 3)
    segments = np.array(view.record.tokens.segments)
    names = {"Sentence A -> Sentence A": (0, 0), "Sentence A -> Sentence B": (0, 1)}
    names |= {"Sentence B -> Sentence A": (1, 0), "Sentence B -> Sentence B": (1, 1)}
    found = {part["name"]: np.array(part["attn"], np.float32) for part in theirs["attention"]}
    assert set(found) == {"All", *names}
    for name, (query, key) in names.items():
        ours = view.record.weights[:, :, :, :][:, :, segments == query][..., segments == key]
        np.testing.assert_array_equal(ours, found[name])
        view.selection.filter = "ab"[query] + "ab"[key]


def test_model_view_shows_what_bertviz_shows(peer, shown):
    attention = weights(6, 6)
    arguments = {"include_layers": [0, 3], "include_heads": [2], "display_mode": "light"}
    theirs = peer_params(peer.model_view, attention, TOKENS, **arguments)
    view = shown(compat.model_view, attention, TOKENS, **arguments)
    offer = view.spec()["attentions"][0]
    assert (offer["layers"], offer["heads"]) == (theirs["include_layers"], theirs["include_heads"])
    assert view.spec()["theme"] == theirs["display_mode"]
    ours = view.record.weights[:, :, :, :][[0, 3]][:, [2]]
    np.testing.assert_array_equal(ours, np.array(theirs["attention"][0]["attn"], np.float32))


def test_an_encoder_decoder_shows_what_bertviz_shows(peer, shown):
    attentions = {
        "encoder_attention": weights(5, 5),
        "decoder_attention": weights(3, 3, seed=1),
        "cross_attention": weights(3, 5, seed=2),
    }
    tokens = {"encoder_tokens": list("abcde"), "decoder_tokens": list("xyz")}
    theirs = peer_params(peer.head_view, None, **attentions, **tokens)
    view = shown(compat.head_view, **attentions, **tokens)
    assert [part["name"].lower() for part in theirs["attention"]] == list(view.record.kinds)
    for part, (kind, attention) in zip(theirs["attention"], view.record.attentions.items(), strict=True):
        np.testing.assert_array_equal(attention.weights[:, :, :, :], np.array(part["attn"], np.float32))
        assert list(view.record.streams[attention.query_stream].pieces) == part["left_text"], kind
        assert list(view.record.streams[attention.key_stream].pieces) == part["right_text"], kind


def test_model_view_is_dark_unless_told(shown):
    assert shown(compat.model_view, weights(6, 6), TOKENS).theme == "dark"
    with pytest.raises(ArgumentError, match="no display_mode 'sepia'; there are: 'dark', 'light'"):
        compat.model_view(weights(6, 6), TOKENS, display_mode="sepia")


def test_the_whole_output_of_a_model_is_taken(shown):
    attention = weights(6, 6)
    output = Output(attentions=attention, cross_attentions=())
    np.testing.assert_array_equal(shown(compat.head_view, output, TOKENS).record.weights[:], np.concatenate(attention))
    as_mapping = {"attentions": attention, "logits": None}
    assert shown(compat.model_view, as_mapping, TOKENS).record.kinds == ("encoder",)


def test_the_whole_output_of_an_encoder_decoder_is_taken(shown):
    output = Output(encoder_attentions=weights(5, 5), decoder_attentions=weights(3, 3), cross_attentions=weights(3, 5))
    tokens = {"encoder_tokens": list("abcde"), "decoder_tokens": list("xyz")}
    assert shown(compat.head_view, output, **tokens).record.kinds == ("encoder", "decoder", "cross")
    only = Output(encoder_attentions=weights(5, 5), decoder_attentions=None, cross_attentions=())
    assert shown(compat.head_view, only, encoder_tokens=list("abcde")).record.kinds == ("encoder",)


def test_causal_attention_is_named_a_decoder_s(shown):
    causal = np.tril(np.ones((1, 1, HEADS, 6, 6), np.float32))
    causal /= causal.sum(-1, keepdims=True)
    assert shown(compat.head_view, tuple(causal), TOKENS).record.kinds == ("decoder",)


@pytest.mark.parametrize("function", [compat.head_view, compat.model_view])
@pytest.mark.parametrize("empty", [(), [], Output(attentions=(), cross_attentions=()), Output(attentions=None)])
def test_no_attention_says_what_to_pass(function, empty):
    with pytest.raises(ArgumentError) as error:
        function(empty, TOKENS)
    for wanted in ("outputs.attentions", "output_attentions=True", "attn_implementation", "regard.capture"):
        assert wanted in str(error.value)


def test_an_encoder_decoder_without_attention_says_what_to_pass():
    output = Output(encoder_attentions=(), decoder_attentions=(), cross_attentions=())
    with pytest.raises(
        ArgumentError, match=r"outputs\.encoder_attentions, \.decoder_attentions and \.cross_attentions"
    ):
        compat.head_view(output, encoder_tokens=["a"], decoder_tokens=["b"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "no attention was passed"),
        ({"attention": weights(6, 6)}, "tokens is missing: pass one string a position"),
        ({"attention": weights(6, 6), "tokens": TOKENS[:4]}, "6 positions but there are 4 tokens"),
        ({"attention": weights(6, 6), "tokens": "catsat"}, "expected a list of strings, one per token"),
        ({"attention": 3, "tokens": TOKENS}, "attention: expected one array a layer, got int"),
        ({"attention": weights(6, 6)[0][0], "tokens": TOKENS}, r"expected weights \[head, query, key\]"),
        ({"attention": (None, None), "tokens": TOKENS}, "a kernel that returns no weights"),
        ({"attention": weights(6, 6), "tokens": TOKENS, "layer": 9}, "no layer 9; there are: 0, 1, 2, 3"),
        ({"attention": weights(6, 6), "tokens": TOKENS, "layer": 0, "include_layers": [1]}, "no layer 0; there are: 1"),
        ({"attention": weights(6, 6), "tokens": TOKENS, "include_layers": []}, "include_layers is empty"),
        ({"attention": weights(6, 6), "tokens": TOKENS, "heads": [3]}, "no head 3; there are: 0, 1, 2"),
        ({"attention": weights(6, 6), "tokens": TOKENS, "sentence_b_start": 6}, "second text must start inside"),
        ({"attention": weights(6, 6), "tokens": TOKENS, "html_action": "print"}, "no html_action 'print'"),
        ({"attention": weights(6, 6), "tokens": TOKENS, "encoder_tokens": TOKENS}, "cannot go with encoder_tokens"),
        ({"attention": weights(6, 5), "tokens": TOKENS}, "self-attention must be square"),
        (
            {"cross_attention": weights(6, 5), "encoder_tokens": TOKENS[:5]},
            "decoder_tokens is missing: cross_attention",
        ),
        (
            {"encoder_attention": weights(6, 6), "tokens": TOKENS},
            "tokens cannot go with an encoder-decoder's attention",
        ),
        ({"encoder_attention": (), "encoder_tokens": TOKENS}, "encoder_attention: got an empty tuple"),
    ],
)
def test_bad_arguments_say_what_would_work(arguments, message):
    with pytest.raises(ValueError, match=message) as error:
        compat.head_view(**arguments)
    assert isinstance(error.value, ArgumentError)


def test_a_record_is_sent_to_regard_s_own_views(shown):
    record = shown(compat.head_view, weights(6, 6), TOKENS).record
    with pytest.raises(ArgumentError, match=r"show it with regard\.head_view or regard\.model_view"):
        compat.head_view(record, TOKENS)


def test_return_gives_html_that_holds_the_page():
    pytest.importorskip("IPython")
    html = compat.head_view(weights(6, 6), TOKENS, html_action="return")
    assert type(html).__name__ == "HTML"
    assert "<iframe" in html.data


def test_view_displays_and_returns_nothing(monkeypatch):
    display = pytest.importorskip("IPython.display")
    views = []
    monkeypatch.setattr(display, "display", views.append)
    assert compat.head_view(weights(6, 6), TOKENS) is None
    assert type(views[0]).__name__ == "HeadView"


def test_without_ipython_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'regard\[notebook\]'"):
        compat.head_view(weights(6, 6), TOKENS)
