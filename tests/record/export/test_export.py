import json
import sys

import numpy as np
import pytest
from safetensors import safe_open

from regard.errors import ArgumentError, MissingExtraError
from regard.record import Attention, Dense, Factored, MaskRule, ModelInfo, Record, Tokens


@pytest.fixture
def record() -> Record:
    rng = np.random.default_rng(0)
    query = rng.standard_normal((4, 5, 8), dtype=np.float32)
    layer = Factored.of(query, query[:2], scale=0.5, mask=MaskRule(after=0), sink=np.zeros(4, np.float32))
    dense = Dense.of(rng.dirichlet(np.ones(3), size=(4, 5)).astype(np.float32))
    encoder, decoder = Tokens.of(["a", "</script>", "\ud800"], 3), Tokens(tuple("vwxyz"), ids=np.arange(5))
    attentions = {
        "decoder": Attention("decoder", (layer, None, layer), "decoder", "decoder"),
        "cross": Attention("cross", (dense, dense, dense), "decoder", "encoder"),
    }
    return Record({"encoder": encoder, "decoder": decoder}, attentions, ModelInfo("tiny"))


def test_npz_holds_what_the_record_holds(record, tmp_path):
    with np.load(record.export(tmp_path / "x.npz"), allow_pickle=False) as found:
        described = json.loads(bytes(found["description"]))
        np.testing.assert_array_equal(found["tokens.decoder.ids"], np.arange(5))
        layer = record.attention("decoder").layer(2)
        again = Factored.of(
            *(found[f"decoder.2.{name}"] for name in ("query", "key")),
            scale=described["layers"]["decoder.2"]["scale"],
            mask=MaskRule(after=described["layers"]["decoder.2"]["after"]),
            sink=found["decoder.2.sink"],
        )
        assert "decoder.1.query" not in found
        assert found["cross.0.weights"].shape == (4, 5, 3)
    every = tuple(slice(0, size) for size in layer.shape("weights"))
    np.testing.assert_array_equal(again.read("weights", every), layer.read("weights", every))
    assert described["tokens"]["encoder"] == ["a", "</script>", "\ud800"]
    assert described["streams"]["cross"] == ["decoder", "encoder"]


def test_npz_of_some_weights(record, tmp_path):
    path = record.export(tmp_path / "x.npz", arrays="weights", kinds=["decoder"], layers=[2], heads=[3, 1])
    with np.load(path) as found:
        assert sorted(found) == ["decoder.2.weights", "description", "tokens.decoder.ids"]
        weights = record.attention("decoder").weights
        np.testing.assert_array_equal(found["decoder.2.weights"][0], weights[2, 3])
        np.testing.assert_array_equal(found["decoder.2.weights"][1], weights[2, 1])


def test_safetensors(record, tmp_path):
    with safe_open(record.export(tmp_path / "x.safetensors"), "numpy") as found:
        assert json.loads(found.metadata()["regard"])["model"] == "tiny"
        assert found.get_tensor("decoder.0.query").shape == (4, 5, 8)


@pytest.mark.parametrize("ending", [".parquet", ".arrow"])
def test_edges_above_a_threshold(record, tmp_path, ending):
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = record.export(tmp_path / f"x{ending}", threshold=0.25)
    table = parquet.read_table(path) if ending == ".parquet" else pyarrow.ipc.open_file(path).read_all()
    assert table.column_names == ["kind", "layer", "head", "query", "key", "weight"]
    rows = {tuple(list(row.values())[:5]): row["weight"] for row in table.to_pylist()}
    expected = {}
    for kind, attention in record.attentions.items():
        for layer in attention.present:
            weights = attention.weights[layer]
            for at in np.argwhere(weights >= 0.25):
                expected[(kind, layer, *map(int, at))] = weights[tuple(at)]
    assert rows == expected


def test_edges_come_in_blocks(record, tmp_path, monkeypatch):
    from regard.record.export import edges

    parquet = pytest.importorskip("pyarrow.parquet")
    whole = parquet.read_table(record.export(tmp_path / "x.parquet"))
    monkeypatch.setattr(edges, "TILE", 2)
    blocks = parquet.ParquetFile(record.export(tmp_path / "y.parquet"))
    assert blocks.num_row_groups > 10
    found = blocks.read()
    assert found.drop(["weight"]).equals(whole.drop(["weight"]))
    np.testing.assert_allclose(found["weight"].to_numpy(), whole["weight"].to_numpy(), atol=1e-6)


def test_json_as_bertviz_has_it(record, tmp_path):
    found = json.loads(record.export(tmp_path / "x.json", digits=3, layers=[0, 2]).read_text("ascii"))
    assert found["include_layers"] == [0, 2]
    decoder, cross = found["attention"]
    assert (decoder["name"], cross["name"]) == ("Decoder", "Cross")
    assert cross["left_text"] == list("vwxyz")
    assert cross["right_text"] == ["a", "</script>", "<U+D800>"]
    np.testing.assert_allclose(decoder["attn"][1], record.attention("decoder").weights[2], atol=0.5e-3 + 1e-7)
    assert np.shape(cross["attn"]) == (2, 4, 5, 3)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("x.csv", {}, r"no export to a file that ends in '.csv'; there are: '.npz', '.safetensors', '.parquet'"),
        ("x.npz", {"arrays": "all"}, "no arrays 'all'; there are: 'held', 'weights'"),
        ("x.npz", {"arrays": "weights", "heads": [4]}, "no head 4; there are: 0, 1, 2, 3"),
        ("x.npz", {"layers": [1]}, "layer 1 has no attention matrix"),
        ("x.npz", {"kinds": ["encoder"]}, "no kind of attention 'encoder'"),
        ("x.parquet", {"threshold": 0}, "threshold must be above 0"),
    ],
)
@pytest.mark.usefixtures("as_users_do")
def test_what_cannot_be_exported(record, tmp_path, name, options, message):
    with pytest.raises(ArgumentError, match=message):
        record.export(tmp_path / name, **options)
    assert not list(tmp_path.iterdir())


def test_too_much_json(record, tmp_path, monkeypatch):
    from regard.record.export import bertviz

    monkeypatch.setattr(bertviz, "_MOST", 99)
    with pytest.raises(ArgumentError, match=r"380 weights are too many for JSON .*choose layers and heads"):
        record.export(tmp_path / "x.json")


@pytest.mark.parametrize(("ending", "package"), [(".safetensors", "safetensors"), (".parquet", "pyarrow")])
def test_a_missing_package_is_named(record, tmp_path, monkeypatch, ending, package):
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=rf"needs the package '{package}'.*'regard\[export\]'"):
        record.export(tmp_path / f"x{ending}")
    assert not list(tmp_path.iterdir())
