import json

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import ModelInfo, Record, Tokens, from_qk, from_weights
from regard.view import head_view, model_view


@pytest.fixture
def record() -> Record:
    rng = np.random.default_rng(0)
    query, key = rng.normal(size=(2, 3, 4, 200, 8)).astype(np.float32)
    return from_qk(query, key, causal=True, tokens=[f"t{i}" for i in range(200)], name="tiny")


def test_spec_is_json_and_holds_no_data(record):
    spec = head_view(record, layer=2).spec()
    assert json.loads(json.dumps(spec)) == spec
    assert spec["view"] == "head_view"
    assert spec["title"] == "tiny"
    assert spec["selection"]["layer"] == 2
    assert spec["attentions"][0]["layers"] == [0, 1, 2]
    assert spec["streams"]["decoder"]["labels"][:2] == ["t0", "t1"]
    assert "weights" not in json.dumps(spec)


def test_a_view_reads_what_its_record_has(record):
    view = model_view(record)
    found = view.read("decoder.weights", (slice(1, 2), slice(0, 4), slice(10, 20), slice(0, 200)))
    np.testing.assert_array_equal(found[0], record.weights[1, :, 10:20])
    assert view.shape("decoder.overview") == (3, 4, 64, 64)
    pooled = view.read("decoder.overview", (slice(0, 1), slice(2, 3), slice(0, 64), slice(0, 64)))
    assert pooled.max() == record.weights[0, 2].max()


def test_limits_on_layers_and_heads_keep_the_model_s_numbers(record):
    view = model_view(record, include_layers=[2, 0], include_heads=[3])
    offer = view.spec()["attentions"][0]
    assert (offer["layers"], offer["heads"]) == ([2, 0], [3])
    assert view.selection.layer == 2
    parts = {(array, s[0].start, s[1].start) for array, s in view.parts()}
    assert parts == {(f"decoder.{a}", layer, 3) for a in ("overview", "weights") for layer in (0, 2)}


def test_short_sequences_need_no_weights_beside_their_exact_overview():
    view = model_view(from_weights(np.full((1, 2, 5, 5), 0.2)))
    assert {array for array, _ in view.parts()} == {"encoder.overview"}
    whole = (slice(0, 1), slice(0, 2), slice(0, 5), slice(0, 5))
    np.testing.assert_array_equal(view.read("encoder.overview", whole), view.read("encoder.weights", whole))


@pytest.mark.usefixtures("as_users_do")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layer": 3}, "no layer 3; there are: 0, 1, 2"),
        ({"heads": [4]}, "no head 4; there are: 0, 1, 2, 3"),
        ({"heads": 4}, "heads: expected a list of numbers, got 4"),
        ({"include_layers": [7]}, "no layer 7"),
        ({"include_layers": []}, "include_layers is empty; leave it out"),
        ({"kind": "cross"}, "no kind of attention 'cross'; there are: 'decoder'"),
        ({"theme": "blue"}, "no theme 'blue'; there are: 'auto', 'light', 'dark'"),
    ],
)
def test_what_does_not_exist_is_refused(record, arguments, message):
    with pytest.raises(ArgumentError, match=message):
        head_view(record, **arguments)


def test_unknown_arrays_and_endings(record, tmp_path):
    view = head_view(record)
    with pytest.raises(ArgumentError, match=r"no array 'decoder.values'; there are: 'decoder.weights'"):
        view.shape("decoder.values")
    with pytest.raises(ArgumentError, match=r"no file ending '.docx'; there are: .*'.html'"):
        view.save(tmp_path / "x.docx")


def test_text_and_repr(record):
    view = head_view(record, layer=1, heads=[0])
    assert repr(view) == "<HeadView of tiny: decoder, layer 1, heads [0]>"
    first = view.text(rows=2, keys=1).splitlines()
    assert first[0] == "decoder attention, layer 1, head 0: strongest keys"
    assert first[1] == "t0  → t0 1.00"
    assert first[3] == "… 198 more queries; text(rows=…) shows them"


def test_views_of_a_record_without_a_name():
    record = Record({"encoder": Tokens.of(None, 1)}, from_weights(np.ones((1, 1, 1, 1))).attentions, ModelInfo())
    assert repr(regard.model_view(record)) == "<ModelView of a record: encoder, layer 0, heads [0]>"
