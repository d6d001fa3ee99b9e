"""Pictures beside text: towers in the record, patches that know their place, also among the text's tokens."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
import transformers

import regard
from regard.record import Place

SIDE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32}
TEXT = {
    **SIDE,
    "model_type": "llama",
    "num_key_value_heads": 2,
    "vocab_size": 64,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
IMAGE = 60
VISION = {**SIDE, "image_size": 16, "patch_size": 4}
QWEN = {"depth": 2, "embed_dim": 32, "hidden_size": 32, "num_heads": 4, "patch_size": 4, "spatial_merge_size": 2}
MROPE = {"rope_type": "default", "mrope_section": [1, 1, 2], "rope_theta": 1e4}


def built(cls: str, **settings):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        found = getattr(transformers, cls)
        model = found(found.config_class(**settings)).eval()
        for parameter in model.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=(parameter.numel() / len(parameter)) ** -0.5)
    return model


def llava():
    return built(
        "LlavaForConditionalGeneration",
        text_config=TEXT,
        vision_config={**VISION, "model_type": "clip_vision_model"},
        image_token_id=IMAGE,
        vision_feature_layer=-1,
    )


def gemma3():
    return built(
        "Gemma3ForConditionalGeneration",
        text_config={**{k: v for k, v in TEXT.items() if k != "model_type"}, "head_dim": 8, "sliding_window": 8},
        vision_config={**VISION, "model_type": "siglip_vision_model", "vision_use_head": False},
        image_token_id=IMAGE,
        mm_tokens_per_image=4,
    )


def idefics3():
    return built(
        "Idefics3ForConditionalGeneration",
        text_config=TEXT,
        vision_config=VISION,
        image_token_id=IMAGE,
        scale_factor=2,
        pad_token_id=0,
    )


def qwen2_vl():
    return built(
        "Qwen2VLForConditionalGeneration",
        text_config={**{k: v for k, v in TEXT.items() if k != "model_type"}, "rope_parameters": MROPE},
        vision_config=QWEN,
        image_token_id=IMAGE,
        video_token_id=61,
        vision_start_token_id=62,
        vision_end_token_id=63,
    )


def text_with(count: int, after: int = 3) -> list[int]:
    return [5, 9, *[IMAGE] * count, *range(20, 20 + after)]


def pixels(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(2))


MODELS = {
    "llava": (llava, 16, (4, 4), lambda: {"pixel_values": pixels(1, 3, 16, 16)}),
    "gemma3": (
        gemma3,
        4,
        (2, 2),
        lambda: {
            "pixel_values": pixels(1, 3, 16, 16),
            "token_type_ids": torch.tensor([[int(i == IMAGE) for i in text_with(4)]]),
        },
    ),
    "idefics3": (idefics3, 4, (2, 2), lambda: {"pixel_values": pixels(1, 1, 3, 16, 16)}),
}


@pytest.mark.parametrize("name", MODELS)
def test_a_picture_beside_a_text(name):
    make, count, grid, picture = MODELS[name]
    record = regard.capture(make(), input_ids=torch.tensor([text_with(count)]), **picture())
    assert record.kinds == ("decoder", "vision")
    assert record.attentions["vision"].query_stream == "vision"
    inside = record.streams["decoder"]
    assert inside.place(0) is None
    assert inside.place(2) == Place(0, 0, 0, *grid)
    assert inside.place(1 + count) == Place(0, grid[0] - 1, grid[1] - 1, *grid)
    assert inside.labels[:4] == ("5", "9", "patch 0,0", "patch 0,1")
    tower = record.streams["vision"]
    patches = [tower.place(i) for i in range(len(tower)) if tower.place(i)]
    assert patches == [Place(0, row, column, 4, 4) for row in range(4) for column in range(4)]


@pytest.mark.parametrize("name", MODELS)
def test_tower_weights_are_the_models_own(name):
    make, count, _, picture = MODELS[name]
    model, ids = make(), torch.tensor([text_with(count)])
    record = regard.capture(model, input_ids=ids, **picture())
    model.set_attn_implementation("eager")
    expected = []
    tower = next(m for path, m in model.named_modules() if re.search(r"vision_(?:tower|model)$", path))
    attending = [m for m in tower.modules() if type(m).__name__.endswith("Attention")]
    for module in attending:
        module.register_forward_hook(lambda _module, _args, output: expected.append(output[1]))
    with torch.no_grad():
        model(input_ids=ids, **picture())
    assert len(expected) == 2
    for number, weights in enumerate(expected):
        np.testing.assert_allclose(record.attentions["vision"].weights[number], weights[0].numpy(), atol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_place_in_the_text_is_where_the_patch_was(name):
    """With towers that mix nothing, another colour in one block of the picture changes the one token of that block."""
    make, count, (rows, columns), picture = MODELS[name]
    model, ids = make(), torch.tensor([text_with(count)])
    for path, parameter in model.named_parameters():
        if re.search(r"vision_(?:tower|model).*(?:out_proj|o_proj)", path):
            torch.nn.init.zeros_(parameter)

    def first_queries(given):
        layer = regard.capture(model, input_ids=ids, **given).attentions["decoder"].layer(0)
        return layer.read("query", [slice(0, n) for n in layer.source.shape("query")])

    plain, given = first_queries(picture()), picture()
    row, column, size = rows - 1, 1, 16 // rows
    given["pixel_values"][..., row * size : (row + 1) * size, column * size : (column + 1) * size] += 1
    changed = np.abs(first_queries(given) - plain).max(axis=(0, 2))
    assert np.flatnonzero(changed > 1e-6).tolist() == [2 + row * columns + column]


def test_several_pictures_in_rows_of_a_batch():
    model = llava()
    two = [5, *[IMAGE] * 16, 7, *[IMAGE] * 16, 8, 9, 10]
    ids = torch.tensor([[*text_with(16), *[0] * 16], two])
    images = pixels(3, 3, 16, 16)
    records = regard.capture(model, input_ids=ids, attention_mask=(ids != 0).long(), pixel_values=images)
    alone = regard.capture(model, input_ids=torch.tensor([two]), pixel_values=images[1:])
    assert [len(record.streams["vision"]) for record in records] == [17, 34]
    second = records[1].streams
    assert second["decoder"].place(1) == Place(0, 0, 0, 4, 4)
    assert second["decoder"].place(18) == Place(1, 0, 0, 4, 4)
    assert second["vision"].labels[17:19] == ("[CLS]", "image 1 patch 0,0")
    vision = records[1].attentions["vision"].weights
    np.testing.assert_allclose(vision[1], alone.attentions["vision"].weights[1], atol=1e-5)
    assert not vision[0][:, :17, 17:].any()


def test_pictures_that_no_row_is_known_to_have():
    model = built(
        "CLIPModel",
        text_config={**SIDE, "vocab_size": 99, "eos_token_id": 98, "max_position_embeddings": 16},
        vision_config=VISION,
    )
    ids = torch.tensor([[5, 6, 98], [7, 8, 98]])
    with pytest.warns(UserWarning, match="vision attention is not in the record, as it cannot be told which"):
        records = regard.capture(model, input_ids=ids, pixel_values=pixels(3, 3, 16, 16))
    assert [record.kinds for record in records] == [("decoder",)] * 2
    both = regard.capture(model, input_ids=ids, pixel_values=pixels(2, 3, 16, 16))
    assert [record.kinds for record in both] == [("decoder", "vision")] * 2


def packed(height: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Patches of a picture as Qwen's processor packs them, from pixels [3, row, column]; and their grid."""
    picture = torch.arange(3 * height * width, dtype=torch.float32).reshape(3, height, width) / 1000
    rows, columns = height // 4, width // 4
    cut = picture.reshape(3, rows // 2, 2, 4, columns // 2, 2, 4).permute(1, 4, 2, 5, 0, 3, 6)
    both = cut.reshape(rows * columns, 3, 1, 4, 4).expand(-1, -1, 2, -1, -1)
    return both.reshape(rows * columns, -1), torch.tensor([[1, rows, columns]])


def test_packed_pictures_of_several_sizes():
    model = qwen2_vl()
    (first, a), (second, b) = packed(16, 16), packed(8, 24)
    grid = torch.cat([a, b])
    ids = torch.tensor([[62, *[IMAGE] * 4, 63, 5, 62, *[IMAGE] * 3, 63, 8]])
    record = regard.capture(
        model,
        input_ids=ids,
        pixel_values=torch.cat([first, second]),
        image_grid_thw=grid,
        mm_token_type_ids=(ids == IMAGE).int(),
    )
    vision, text = record.streams["vision"], record.streams["decoder"]
    assert [vision.place(i) for i in (0, 1, 2, 4, 16, 18)] == [
        Place(0, 0, 0, 4, 4),
        Place(0, 0, 1, 4, 4),
        Place(0, 1, 0, 4, 4),
        Place(0, 0, 2, 4, 4),
        Place(1, 0, 0, 2, 6),
        Place(1, 1, 0, 2, 6),
    ]
    assert text.labels[:3] == ("62", "image 0 patch 0,0", "image 0 patch 0,1")
    assert text.place(10) == Place(1, 0, 2, 1, 3)
    assert not record.attentions["vision"].weights[0][:, :16, 16:].any()


def test_packed_pictures_of_a_batch():
    model = qwen2_vl()
    (first, a), (second, b) = packed(16, 16), packed(8, 24)
    rows = [[62, *[IMAGE] * 4, 63, 5], [62, *[IMAGE] * 3, 63, 8, 9]]
    ids = torch.tensor(rows)
    inputs = {"attention_mask": torch.ones_like(ids), "mm_token_type_ids": (ids == IMAGE).int()}
    records = regard.capture(
        model, input_ids=ids, pixel_values=torch.cat([first, second]), image_grid_thw=torch.cat([a, b]), **inputs
    )
    alone = regard.capture(
        model,
        input_ids=ids[1:],
        pixel_values=second,
        image_grid_thw=b,
        mm_token_type_ids=inputs["mm_token_type_ids"][1:],
    )
    assert [len(record.streams["vision"]) for record in records] == [16, 12]
    assert records[1].streams["vision"].place(11) == Place(0, 1, 5, 2, 6)
    found = records[1].attentions["vision"].weights[1]
    np.testing.assert_allclose(found, alone.attentions["vision"].weights[1], atol=1e-5)


def test_windows_of_a_tower_are_in_its_own_order():
    model = built("Qwen2_5_VLForConditionalGeneration", **{
        "text_config": {**{k: v for k, v in TEXT.items() if k != "model_type"}, "rope_parameters": MROPE},
        "vision_config": {
            **{k: v for k, v in QWEN.items() if k != "embed_dim"},
            "intermediate_size": 32,
            "out_hidden_size": 32,
            "window_size": 16,
            "fullatt_block_indexes": [1],
        },
        "image_token_id": IMAGE,
        "video_token_id": 61,
    })  # fmt: skip
    patches, grid = packed(24, 24)
    ids = torch.tensor([text_with(9)])
    given = {"image_grid_thw": grid, "mm_token_type_ids": (ids == IMAGE).int()}
    record = regard.capture(model, input_ids=ids, pixel_values=patches, **given)
    tokens = record.streams["vision"]
    layer = record.attentions["vision"].layer(0)
    plain = layer.read("query", [slice(0, n) for n in layer.source.shape("query")])
    assert sorted(map(tuple, tokens.places[:, 1:].tolist())) == [(r, c) for r in range(6) for c in range(6)]
    for row, column in ((0, 5), (3, 2), (5, 5)):
        at = (row // 2 * 3 + column // 2) * 4 + row % 2 * 2 + column % 2
        other = patches.clone()
        other[at] += 1
        again = regard.capture(model, input_ids=ids, pixel_values=other, **given).attentions["vision"].layer(0)
        changed = np.abs(again.read("query", [slice(0, n) for n in layer.source.shape("query")]) - plain)
        found = np.flatnonzero(changed.max(axis=(0, 2)) > 1e-6).tolist()
        assert [tokens.place(i) for i in found] == [Place(0, row, column, 6, 6)]


def test_a_part_of_the_text_leaves_the_pictures_whole():
    record = regard.capture(
        llava(),
        input_ids=torch.tensor([text_with(16)]),
        pixel_values=pixels(1, 3, 16, 16),
        positions=slice(17, 20),
        layers=[1],
        heads=[0],
    )
    assert record.attentions["decoder"].queries == 3
    assert record.streams["decoder queries"].labels == ("patch 3,3", "20", "21")
    assert record.streams["decoder queries"].place(0) == Place(0, 3, 3, 4, 4)
    assert record.attentions["vision"].queries == 17
    assert record.attentions["vision"].present == (1,)


@pytest.mark.parametrize("settings", [{"do_sample": False}, {"num_beams": 2}])
def test_generation_about_a_picture(settings):
    model = llava()
    ids = torch.tensor([text_with(16)])
    given = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "pixel_values": pixels(1, 3, 16, 16)}
    record = regard.capture_generation(model, **given, max_new_tokens=4, eos_token_id=None, **settings)
    assert record.kinds == ("decoder", "vision")
    assert not record.generation.rerun
    assert record.streams["decoder"].place(17) == Place(0, 3, 3, 4, 4)
    assert len(record.streams["vision"]) == 17


def test_queries_of_a_connector_have_no_place():
    vision = {**VISION, "num_hidden_layers": 1}
    model = built(
        "Idefics2ForConditionalGeneration",
        text_config={**TEXT, "model_type": "mistral"},
        vision_config=vision,
        perceiver_config={
            "hidden_size": 32,
            "resampler_n_latents": 4,
            "resampler_depth": 1,
            "resampler_n_heads": 2,
            "resampler_head_dim": 8,
            "num_key_value_heads": 1,
        },
        image_token_id=IMAGE,
    )
    with pytest.warns(UserWarning, match="1 attention calls of model.connector.* between a tower and the text"):
        record = regard.capture(model, input_ids=torch.tensor([text_with(4)]), pixel_values=pixels(1, 1, 3, 16, 16))
    assert record.streams["decoder"].places is None
    assert record.streams["vision"].place(5) == Place(0, 1, 1, 4, 4)


@pytest.mark.parametrize(
    ("name", "settings", "labels"),
    [
        ("ViTModel", {}, ("[CLS]", "patch 0,0")),
        ("DeiTModel", {}, ("[CLS]", "[DIST]", "patch 0,0")),
        ("Dinov2WithRegistersModel", {"num_register_tokens": 2}, ("[CLS]", "[REG 0]", "[REG 1]", "patch 0,0")),
        ("SiglipVisionModel", {"vision_use_head": False}, ("patch 0,0", "patch 0,1")),
    ],
)
def test_a_picture_alone(name, settings, labels):
    model = built(name, **VISION, **settings)
    records = regard.capture(model, pixel_values=pixels(2, 3, 16, 16))
    for record in records:
        tokens = record.streams["encoder"]
        assert tokens.labels[: len(labels)] == labels
        assert tokens.place(len(tokens) - 1) == Place(0, 3, 3, 4, 4)
        assert [i for i, flag in enumerate(tokens.special) if flag] == list(range(len(tokens) - 16))


def test_a_picture_that_is_no_square():
    model = built("ViTModel", **VISION)
    record = regard.capture(model, pixel_values=pixels(1, 3, 8, 24), interpolate_pos_encoding=True)
    assert record.tokens.place(12) == Place(0, 1, 5, 2, 6)


def test_windows_that_move_have_no_place():
    model = built("SwinModel", image_size=16, patch_size=2, embed_dim=8, depths=[2], num_heads=[2], window_size=4)
    assert regard.capture(model, pixel_values=pixels(1, 3, 16, 16)).tokens.places is None


def test_places_and_towers_are_saved(tmp_path):
    record = regard.capture(llava(), input_ids=torch.tensor([text_with(16)]), pixel_values=pixels(1, 3, 16, 16))
    found = regard.open(record.save(tmp_path / "x.regard"))
    assert found.kinds == ("decoder", "vision")
    for stream in ("decoder", "vision"):
        assert found.streams[stream].labels == record.streams[stream].labels
        np.testing.assert_array_equal(found.streams[stream].places, record.streams[stream].places)
    assert found.streams["vision"].place(5) == Place(0, 1, 0, 4, 4)


def test_views_offer_the_towers():
    record = regard.capture(llava(), input_ids=torch.tensor([text_with(16)]), pixel_values=pixels(1, 3, 16, 16))
    view = regard.head_view(record)
    assert [offer.kind for offer in view.attentions()] == ["decoder", "vision"]
    assert view.spec()["streams"]["vision"]["labels"][1] == "patch 0,0"
    view.selection.kind = "vision"
    assert "patch 0,0" in view.text()
    assert "vision: 2 layers × 4 heads" in repr(record)


def test_hooks_are_gone_afterwards():
    model = llava()
    ids = torch.tensor([text_with(16)])
    with torch.no_grad():
        model(input_ids=ids, pixel_values=pixels(1, 3, 16, 16))
    before = [len(module._forward_hooks) for module in model.modules()]
    regard.capture(model, input_ids=ids, pixel_values=pixels(1, 3, 16, 16))
    assert [len(module._forward_hooks) for module in model.modules()] == before
