import pytest

from regard.compat import bertviz, bertviz_neuron
from regard.errors import ArgumentError
from regard.testing import tiny_model, tiny_tokenizer

pytest.importorskip("IPython")


@pytest.fixture
def views(monkeypatch):
    seen = []
    monkeypatch.setattr(bertviz, "frame", lambda view: seen.append(view) or "")
    return seen


def test_the_call_of_bertviz_gives_the_neuron_view(views):
    model, tokenizer = tiny_model("bert"), tiny_tokenizer()
    found = bertviz_neuron.show(
        model, "bert", tokenizer, "the cat sat", "on the mat", layer=2, head=1, html_action="return"
    )
    (view,) = views
    assert type(found).__name__ == "HTML"
    assert (view.name, view.selection.layer, view.selection.heads) == ("neuron_view", 2, [1])
    assert view.theme == "dark"
    assert {0, 1} <= set(view.record.tokens.segments)


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, "bert", None, "a", None, "blue"), "no display_mode 'blue'; there are: 'dark', 'light'"),
        ((None, object(), "the cat", None), "model_type must be a name such as 'bert'; got object"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        bertviz_neuron.show(*arguments)
