import json
from base64 import b64decode
from importlib import import_module

import numpy as np
import pytest

import regard
from regard.errors import ArgumentError
from regard.record import Record
from regard.record.planes import from_planes
from regard.serve import html
from regard.serve.budget import in_bytes, plan
from regard.serve.html import Section
from regard.view import QuantisedSpec
from serve.quantised_golden import HEADS, PATH, TOKENS, layers


@pytest.fixture
def long() -> Record:
    """Two layers of four heads on two key heads, long enough that queries and keys are the smaller."""
    rng = np.random.default_rng(0)
    query = rng.standard_normal((2, 4, 300, 8)).astype(np.float32) * 2
    key = rng.standard_normal((2, 2, 300, 8)).astype(np.float32) * 2
    return regard.from_qk(query, key, causal=True, name="long")


@pytest.mark.parametrize(
    ("asked", "size"), [("10 MB", 10_000_000), ("1.5MiB", 1_572_864), (4096, 4096), ("300", 300), ("2 kB", 2000)]
)
def test_sizes(asked, size):
    assert in_bytes(asked) == size


@pytest.mark.parametrize("asked", ["large", "10 apples", "", "-3 MB", 0, "1.2.3 MB"])
def test_what_is_no_size_is_refused(asked):
    with pytest.raises(ArgumentError, match="budget: expected a size such as '10 MB' or a number of bytes; got"):
        in_bytes(asked)


def test_everything_that_fits_is_held_in_the_smaller_form(long):
    found = plan(regard.map_view(long), 10**7, {})
    held = {(heads.layer, head) for heads, _ in found.quantised for head in heads.heads}
    assert held == {(layer, head) for layer in (0, 1) for head in range(4)}
    assert not found.left_out
    assert not found.parts


def test_short_texts_are_held_as_weights():
    weights = np.full((1, 2, 6, 6), 1 / 6)
    found = plan(regard.head_view(regard.from_weights(weights)), 10**5, {})
    assert not found.quantised
    assert [array for array, _ in found.parts] == ["encoder.weights"] * 2


def test_the_selected_head_comes_first_and_what_does_not_fit_is_named(long):
    view = regard.map_view(long, layer=1, head=3)
    known = {}
    whole = plan(view, 10**7, known)
    size = len(html.page(view, budget=10**7))
    small = plan(view, size // 3, known)
    assert small.quantised[0][0].layer == 1
    assert small.quantised[0][0].heads == (2, 3)
    assert 0 < len(small.left_out) < len(whole.quantised)
    assert not {(heads.layer, heads.heads) for heads in small.left_out} & {(1, (2, 3))}


def test_long_maps_carry_their_first_picture(long, monkeypatch):
    monkeypatch.setattr(import_module("regard.view.map_view"), "_QUICK", 100)
    found = plan(regard.map_view(long, include_layers=[0], include_heads=[2]), 10**7, {})
    assert {array for array, _ in found.parts} == {"decoder.max@1:2", "decoder.mean@1:2"}


def test_only_heads_on_offer_are_held(long):
    found = plan(regard.map_view(long, include_layers=[0], include_heads=[1]), 10**7, {})
    ((heads, quantised),) = found.quantised
    assert heads.heads == quantised.heads == (1,)
    assert quantised.query.shape[0] == quantised.lse_codes.shape[0] == len(quantised.corrections) == 1


def test_a_budget_that_holds_nothing_says_so(long):
    with pytest.raises(ArgumentError, match="leaves 1000 bytes for weights, which hold no head of this record"):
        plan(regard.head_view(long), 1000, {})


def declared(text: str) -> list[dict]:
    start = text.index('id="regard-spec">') + len('id="regard-spec">')
    return json.loads(text[start : text.index("</script>", start)])


def test_a_page_of_a_given_size_states_its_error_and_may_compute(long):
    text = html.page(regard.map_view(long, include_layers=[0]), budget="1 MB")
    (view,) = declared(text)
    assert float(view["spec"]["options"]["error"]) <= 0.005
    fields = set(QuantisedSpec.__dataclass_fields__)
    assert [(group["heads"], set(group)) for group in view["quantised"]] == [([0, 1], fields), ([2, 3], fields)]
    arrays = [array for group in view["quantised"] for array in group["arrays"].values()]
    assert {array["dtype"] for array in arrays} == {"u8", "f32"}
    assert all(f'id="{array["id"]}"' in text for array in arrays)
    assert "'wasm-unsafe-eval'" in text
    assert "worker-src blob:" in text
    assert "wasm" not in html.page(regard.head_view(regard.from_weights(np.eye(3)[None, None])))


def test_a_page_names_what_it_leaves_out(long):
    whole = html.page(regard.map_view(long), budget="10 MB")
    (view,) = declared(html.page(regard.map_view(long), budget=len(whole) // 2))
    held = {(group["layer"], head) for group in view["quantised"] for head in group["heads"]}
    assert 0 < len(held) < 8
    assert view["spec"]["options"]["left_out"].startswith(f"{8 - len(held)} of 8 heads: decoder layer")
    assert "left_out" not in declared(whole)[0]["spec"]["options"]


def test_long_pages_of_given_weights_state_an_error_within_the_aim():
    weights = np.random.default_rng(0).random((1, 1, 1100, 1100)) ** 8
    record = regard.from_weights(weights / weights.sum(axis=-1, keepdims=True))
    (view,) = declared(html.page(regard.map_view(record), budget="3 MB"))
    assert not view["quantised"]
    assert {tile["root"] for tile in view["tiles"]} == {2}
    assert 0.003 < float(view["spec"]["options"]["error"]) <= 0.005


def test_views_of_one_record_carry_it_once(long):
    sections = [Section(view(long, include_layers=[0])) for view in (regard.map_view, regard.text_view)]
    first, second = declared(html.page(sections, budget="2 MB"))
    assert first["quantised"] == second["quantised"]


@pytest.mark.parametrize("name", list(layers()))
def test_the_golden_file_holds_what_quantised_heads_are(name):
    """The page's twin of this test computes the same weights from the same bytes."""
    found = json.loads(PATH.read_text())[name]
    layer = layers()[name]

    def array(part):
        held = found["arrays"][part]
        dtype = "<f4" if part in ("steps", "distance_bias") else "u1"
        return np.frombuffer(b64decode(held["bytes"]), dtype).reshape(held["shape"])

    query, key = from_planes(array("query"), signed=True), from_planes(array("key"), signed=True)
    assert query.shape[::2] == (HEADS, TOKENS)
    assert key.shape[1] == TOKENS
    weights = np.frombuffer(b64decode(found["weights"]), "<f4").reshape(HEADS, TOKENS, TOKENS)
    exact = layer.read("weights", (slice(0, HEADS), slice(0, TOKENS), slice(0, TOKENS)))
    assert np.abs(weights - exact).max() <= found["error"] + 1e-6


def test_a_short_text_s_grid_fits_any_budget():
    view = regard.model_view(regard.from_weights(np.full((1, 2, 6, 6), 1 / 6)))
    assert "left_out" not in declared(html.page(view, budget="1 MB"))[0]["spec"]["options"]


def test_a_neuron_view_carries_what_its_budget_holds(long):
    view = regard.neuron_view(long, 1, 2)
    frame = len(html.page(regard.head_view(regard.from_weights(np.eye(2)[None, None]))))
    small, whole = (html.page(view, budget=frame + room) for room in (60_000, 4_000_000))
    assert len(small) < frame + 70_000 < len(whole)
    assert declared(whole)[0]["spec"]["options"]["left_out"] == ""
    assert declared(small)[0]["spec"]["options"]["left_out"] == "6 of 8 decoder heads"
