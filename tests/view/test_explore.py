import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import ModelInfo, Record, from_qk, from_weights


def factored(tokens=12):
    query, key = np.random.default_rng(0).standard_normal((2, 3, 4, tokens, 8)).astype(np.float32)
    record = from_qk(query, key, causal=True, tokens=[f" t{i}" for i in range(tokens)])
    return Record(record.streams, record.attentions, ModelInfo("tiny", "llama"))


def dense(tokens):
    return from_weights(np.full((2, 2, tokens, tokens), 1 / tokens, np.float32))


@pytest.mark.parametrize(
    ("record", "details", "opened"),
    [
        (factored(), ["head_view", "map_view", "text_view", "neuron_view"], "head_view"),
        (dense(5), ["head_view", "map_view", "text_view"], "head_view"),
        (dense(129), ["head_view", "map_view", "text_view"], "map_view"),
        (dense(513), ["map_view", "text_view"], "map_view"),
    ],
)
def test_it_offers_what_the_record_supports(record, details, opened):
    view = regard.explore(record)
    assert view.details() == details
    assert view.opened.name == opened
    options = view.spec()["options"]
    assert (options["panes"].split(), options["pane"]) == (details, opened)


def test_it_says_what_the_model_is_and_carries_each_view_s_own_options():
    options = regard.explore(factored()).spec()["options"]
    assert options["family"] == "llama"
    assert (options["map_view.pool"], options["text_view.pool"]) == ("max", "mean")


def test_one_selection_for_all():
    view = regard.explore(factored(), layer=1, heads=[2, 3])
    assert (view.selection.layer, view.selection.heads) == (1, [2, 3])
    view.selection.update(layer=2, query=5)
    assert {(one.selection.layer, one.selection.query) for one in view.panes.values()} == {(2, 5)}
    view.panes["map_view"].selection.heads = [0]
    assert view.selection.heads == [0]


def test_one_head_is_shown_unless_several_are_named():
    assert regard.explore(factored()).selection.heads == [0]
    assert regard.explore(factored(), head=3).selection.heads == [3]


def test_it_is_a_source_of_everything_that_its_views_read():
    record = factored()
    view = regard.explore(record)
    whole = (slice(1, 2), slice(0, 4), slice(0, 12), slice(0, 12))
    np.testing.assert_array_equal(view.read("decoder.weights", whole)[0], record.weights[1])
    for array in ("decoder.overview", "decoder.exact", "decoder.received", "decoder.query", "decoder.max@1:0"):
        shape = view.shape(array)
        rectangle = (slice(0, 1), slice(0, 1), *(slice(0, size) for size in shape[2:]))
        owner = next(one for one in view.panes.values() if _knows(one, array))
        np.testing.assert_array_equal(view.read(array, rectangle), owner.read(array, rectangle))
        *_, (_, share) = view.refine(array, rectangle)
        assert share == 1


def _knows(view, array):
    try:
        return bool(view.shape(array))
    except ArgumentError:
        return False


def test_a_page_carries_each_part_once():
    view = regard.explore(factored())
    parts = [str(part) for part in view.parts()]
    assert len(parts) == len(set(parts))
    for pane in view.panes.values():
        assert {str(part) for part in pane.parts()} <= set(parts)


def test_it_opens_with_the_grid_and_the_open_view():
    view = regard.explore(factored(), layer=2, head=1)
    first = [(array, slices[0].start) for array, slices in view.first_parts()]
    assert ("decoder.overview", 0) in first
    assert ("decoder.weights", 2) in first
    assert ("decoder.weights", 1) not in first
    assert not any(array.endswith((".received", ".query")) for array, _ in first)


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pane": "neuron_view"}, "no pane 'neuron_view'; there are: 'head_view', 'map_view', 'text_view'"),
        ({"head": 0, "heads": [0]}, "give head= or heads=, not both"),
        ({"layer": 9}, "no layer 9; there are: 0, 1"),
    ],
)
def test_what_cannot_be_is_refused(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        regard.explore(dense(5), **arguments)


def test_an_unknown_array_is_refused():
    with pytest.raises(ArgumentError, match=r"no array 'decoder\.colour'; there are: 'decoder\.weights'"):
        regard.explore(factored()).shape("decoder.colour")


def test_parts_of_layers_and_heads():
    view = regard.explore(factored(), include_layers=[1], include_heads=[2])
    assert {offer.layers[0] for one in view.panes.values() for offer in one.attentions()} == {1}
    assert {str(slices[1]) for array, slices in view.parts() if array.endswith("weights")} == {"slice(2, 3, None)"}


def test_as_text_it_is_the_grid_and_the_open_view():
    found = regard.explore(factored(), layer=1, head=2).text()
    assert found.startswith("tiny (llama)\n  decoder: 3 layers × 4 heads")
    assert "layer   2" in found
    assert "decoder attention, layer 1, head 2: strongest keys" in found


@pytest.mark.parametrize("options", [{}, {"budget": "2 MB"}])
def test_as_a_page(options, tmp_path):
    path = regard.explore(factored(400), layer=1).save(tmp_path / "page.html", **options)
    text = path.read_text(encoding="utf-8")
    assert '"view":"explore"' in text
    assert "max-width: 110rem" in text
    assert path.stat().st_size < 5_000_000


def test_an_answer_is_opened_step_by_step(tmp_path):
    pytest.importorskip("torch")
    from regard.testing import tiny_model, tiny_tokenizer

    model, tokenizer = tiny_model("llama"), tiny_tokenizer("byte_level")
    view = regard.explore(regard.capture_generation(model, tokenizer, "The cat", max_new_tokens=4), layer=1)
    assert view.opened.name == "generation_view"
    assert "answer" in view.spec()["streams"]
    assert view.options()["answer"] == "4"
    whole = view.shape("decoder.weights")[2:]
    weights = [slices for array, slices in view.parts() if array == "decoder.weights"]
    assert {tuple(one.stop for one in slices[2:]) for slices in weights} == {whole}
    assert view.save(tmp_path / "answer.html").stat().st_size < 2_000_000
