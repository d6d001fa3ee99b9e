"""Sound: frames that know their time, alone, before a text and inside one; speech encoder-decoders."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
import transformers

import regard
from regard.record import Time
from regard.testing import tiny_tokenizer

SIDE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32}
AUDIO = 60
WHISPER = {
    "vocab_size": 512,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "num_mel_bins": 8,
    "max_source_positions": 50,
    "max_target_positions": 40,
    "init_std": 0.3,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 3,
    "suppress_tokens": None,
    "begin_suppress_tokens": None,
}


def built(cls: str, **settings):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        found = getattr(transformers, cls)
        return found(found.config_class(**settings)).eval()


def noise(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


def whisper(**settings):
    return built("WhisperForConditionalGeneration", **{**WHISPER, **settings})


def processor(**extractor):
    return SimpleNamespace(tokenizer=tiny_tokenizer("byte_level"), feature_extractor=SimpleNamespace(**extractor))


def test_whisper_with_a_text():
    sound = processor(sampling_rate=16000, hop_length=160)
    record = regard.capture(whisper(), sound, input_features=noise(1, 8, 100), target="The cat sat")
    assert record.kinds == ("encoder", "decoder", "cross")
    frames = record.streams["encoder"]
    assert len(frames) == 50
    assert frames.time(16) == pytest.approx(Time(0.32, 0.34))
    assert frames.labels[16] == "0.32 s"
    assert "".join(record.streams["decoder"].pieces[1:]) == "The cat"
    assert record.attentions["cross"].weights.shape == (2, 4, 3, 50)


def test_a_text_that_begins_with_the_start_token_begins_with_it_once():
    class Tokenizer:
        def __call__(self, text_target):
            return {"input_ids": [3, *[10 + len(word) for word in text_target.split()], 2]}

        def convert_ids_to_tokens(self, ids):
            return [str(i) for i in ids]

    record = regard.capture(whisper(), Tokenizer(), input_features=noise(1, 8, 100), target="a bb ccc")
    assert record.streams["decoder"].ids.tolist() == [3, 11, 12, 13]


def test_whisper_writes_its_own_text():
    model, features = whisper(), noise(2, 8, 100)
    with pytest.warns(UserWarning, match="did not end its answer"):
        free = regard.capture(model, input_features=features)
    end = int(free[0].streams["decoder"].ids[4])
    ended = regard.capture(whisper(eos_token_id=end), input_features=features[:1])
    first = free[0].streams["decoder"].ids.tolist()
    assert ended.streams["decoder"].ids.tolist() == first[: first.index(end, 1)]
    with torch.no_grad():
        ids = torch.tensor(first)[None]
        logits = model(input_features=features[:1], decoder_input_ids=ids).logits
    assert logits[0].argmax(-1)[:-1].tolist() == first[1:]


@pytest.mark.parametrize("settings", [{"do_sample": False}, {"num_beams": 2}])
def test_whisper_through_generation(settings):
    model, features = whisper(eos_token_id=None), noise(1, 8, 100)
    record = regard.capture_generation(model, input_features=features, max_new_tokens=6, **settings)
    assert record.kinds == ("encoder", "decoder", "cross")
    assert record.streams["encoder"].time(49) == pytest.approx(Time(0.98, 1.0))
    whole = regard.capture(
        model, input_features=features, decoder_input_ids=torch.tensor(record.streams["decoder"].ids)[None]
    )
    for kind in record.kinds:
        for layer in range(2):
            np.testing.assert_allclose(
                record.attentions[kind].weights[layer], whole.attentions[kind].weights[layer], atol=1e-5
            )


@pytest.mark.parametrize(
    ("name", "settings", "given", "step"),
    [
        (
            "Speech2TextModel",
            {
                **{k: v for k, v in WHISPER.items() if not k.startswith(("num_mel", "suppress", "begin"))},
                "input_feat_per_channel": 8,
                "input_channels": 1,
                "conv_channels": 32,
                "max_source_positions": 100,
            },
            {"input_features": (1, 80, 8), "decoder_input_ids": None},
            0.04,
        ),
        (
            "Wav2Vec2Model",
            {**SIDE, "conv_dim": (8, 8), "conv_stride": (10, 8), "conv_kernel": (10, 8), "num_feat_extract_layers": 2},
            {"input_values": (1, 1600)},
            80 / 16000,
        ),
        (
            "Wav2Vec2BertModel",
            {**SIDE, "feature_projection_input_dim": 16, "output_hidden_size": 32},
            {"input_features": (1, 30, 16)},
            0.02,
        ),
    ],
)
def test_frames_of_other_encoders(name, settings, given, step):
    inputs = {key: torch.tensor([[3, 7, 8]]) if shape is None else noise(*shape) for key, shape in given.items()}
    frames = regard.capture(built(name, **settings), **inputs).streams["encoder"]
    assert frames.time(3) == pytest.approx(Time(3 * step, 4 * step))
    assert frames.labels[3] == f"{3 * step:.2f} s"


def test_a_sampling_rate_of_the_processor_counts():
    model = built("Wav2Vec2Model", **{
        **SIDE,
        "conv_dim": (8, 8),
        "conv_stride": (10, 8),
        "conv_kernel": (10, 8),
        "num_feat_extract_layers": 2,
    })  # fmt: skip
    record = regard.capture(model, SimpleNamespace(sampling_rate=8000), input_values=noise(1, 1600))
    assert record.tokens.time(1) == pytest.approx(Time(0.01, 0.02))


def test_a_spectrogram_in_patches():
    model = built("ASTModel", **SIDE, patch_size=4, frequency_stride=4, time_stride=4, max_length=16, num_mel_bins=8)
    tokens = regard.capture(model, input_values=noise(1, 16, 8)).tokens
    assert tokens.labels[:4] == ("[CLS]", "[DIST]", "patch 0,0", "patch 0,1")
    assert tokens.place(9) == (0, 1, 3, 2, 4)


def qwen2_audio():
    return built(
        "Qwen2AudioForConditionalGeneration",
        text_config={
            **SIDE,
            "model_type": "qwen2",
            "num_key_value_heads": 2,
            "vocab_size": 64,
            "max_position_embeddings": 256,
            "initializer_range": 0.3,
        },
        audio_config={
            "num_mel_bins": 8,
            "d_model": 32,
            "encoder_layers": 2,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 32,
            "max_source_positions": 50,
            "init_std": 0.3,
        },
        audio_token_index=AUDIO,
        audio_token_id=AUDIO,
    )


def test_sound_inside_a_text():
    heard = torch.zeros(1, 100, dtype=torch.long)
    heard[:, :40] = 1
    ids = torch.tensor([[5, *[AUDIO] * 10, 8, 9]])
    record = regard.capture(
        qwen2_audio(),
        input_ids=ids,
        attention_mask=torch.ones_like(ids),
        input_features=noise(1, 8, 100),
        feature_attention_mask=heard,
    )
    assert record.kinds == ("decoder", "audio")
    text = record.streams["decoder"]
    assert text.time(0) is None
    assert text.labels[:4] == ("5", "0.00 s", "0.04 s", "0.08 s")
    assert text.time(10) == pytest.approx(Time(0.36, 0.40))
    assert record.streams["audio"].time(49) == pytest.approx(Time(0.98, 1.0))


def test_sounds_of_several_rows():
    heard = torch.zeros(2, 100, dtype=torch.long)
    heard[0, :40], heard[1, :16] = 1, 1
    ids = torch.tensor([[5, *[AUDIO] * 10, 8, 9], [0, 0, 0, 0, 0, 0, 5, *[AUDIO] * 4, 8, 9]])
    records = regard.capture(
        qwen2_audio(),
        input_ids=ids,
        attention_mask=(ids != 0).long(),
        input_features=noise(2, 8, 100),
        feature_attention_mask=heard,
    )
    assert [len(record.streams["audio"]) for record in records] == [50, 50]
    assert records[1].streams["decoder"].labels[:3] == ("5", "0.00 s", "0.04 s")
    assert records[1].streams["decoder"].time(4) == pytest.approx(Time(0.12, 0.16))


def test_times_are_saved(tmp_path):
    record = regard.capture(whisper(), input_features=noise(1, 8, 100), decoder_input_ids=torch.tensor([[3, 7]]))
    found = regard.open(record.save(tmp_path / "x.regard"))
    np.testing.assert_array_equal(found.streams["encoder"].times, record.streams["encoder"].times)
    assert found.streams["encoder"].labels[16] == "0.32 s"
    assert found.streams["decoder"].times is None


def test_views_show_the_time():
    record = regard.capture(whisper(), input_features=noise(1, 8, 100), decoder_input_ids=torch.tensor([[3, 7]]))
    view = regard.head_view(record, kind="cross")
    assert view.spec()["streams"]["encoder"]["labels"][16] == "0.32 s"
    assert " s " in view.text()
