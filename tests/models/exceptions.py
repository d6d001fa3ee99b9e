"""Settings that the general rules get wrong, by model type, as data.

Most keep numbers consistent that must fit each other; the rest turn on what a family is known for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import BeitConfig, Dinov2Config, ResNetConfig

from models.sizes import HEADS, INNER, POSITIONS, VOCABULARY, WIDTH


def _convolutions() -> ResNetConfig:
    """A backbone that needs no further library."""
    return ResNetConfig(embedding_size=16, hidden_sizes=[16, 32, 48, 64], depths=[1, 1, 1, 1], out_features=["stage4"])


def _patches(config: type[Any]) -> Any:
    """A vision transformer of four layers, each of them an output."""
    return config(
        hidden_size=WIDTH, num_hidden_layers=4, num_attention_heads=HEADS, intermediate_size=INNER, image_size=32,
        patch_size=8, out_indices=[1, 2, 3, 4], reshape_hidden_states=False,
    )  # fmt: skip


_DETR = {"backbone_config": _convolutions()}
_DEPTH = {"backbone_config": _patches(Dinov2Config), "neck_hidden_sizes": (16, 16, 32, 32)}
_MULTIMODAL_ROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [4, 2, 2]}
_SERIES = {"prediction_length": 4, "context_length": 8, "lags_sequence": [1, 2, 3], "num_time_features": 1}
_SWIN = {
    "window_size": 2, "depths": [2, 2, 1, 1], "num_heads": [2, 2, 4, 4], "embed_dim": 16, "image_size": 64,
    "patch_size": 4,
}  # fmt: skip
_IMAGE_VOCABULARY = {"vocabulary_map": {"<image>": VOCABULARY - 3, "IMGIMGA1Z": VOCABULARY - 4}}

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "audio-spectrogram-transformer": {"max_length": 32, "num_mel_bins": 16, "frequency_stride": 8, "time_stride": 8},
    "autoformer": {**_SERIES, "moving_average": 3},
    "axk1": {"first_k_dense_replace": 1},
    "bamba": {"num_hidden_layers": 3, "attn_layer_indices": [1]},
    "big_bird": {"attention_type": "original_full"},
    "bigbird_pegasus": {"attention_type": "original_full"},
    "bit": {"num_groups": 8, "embedding_size": 16, "hidden_sizes": [16, 32, 48, 64]},
    "blt": {"num_hidden_layers": 2},
    "chameleon": _IMAGE_VOCABULARY,
    "chmv2": _DEPTH,
    "clvp_encoder": {"hidden_size": 128, "projection_dim": 128},
    "conditional_detr": _DETR,
    "convnext": {"image_size": 64},
    "convnextv2": {"image_size": 64},
    "cvt": {"embed_dim": [32, 48, 64], "num_heads": [1, 3, 4], "depth": [1, 2, 2]},
    "dab-detr": _DETR,
    "dbrx": {"attn_config": {"rope_theta": 10000.0, "kv_n_heads": 2, "clip_qkv": 8}},
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "max_relative_positions": 16},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 8},
    "deformable_detr": {**_DETR, "num_feature_levels": 1},
    "depth_anything": _DEPTH,
    "detr": _DETR,
    "donut-swin": _SWIN,
    "emu3": _IMAGE_VOCABULARY,
    "eomt": {"num_blocks": 1, "num_upscale_blocks": 1},
    "eomt_dinov3": {"num_blocks": 1, "num_upscale_blocks": 1},
    "ernie4_5_vl_moe_text": {"rope_parameters": {**_MULTIMODAL_ROPE, "mrope_section": [2, 2, 4]}},
    "falcon": {"alibi": True, "new_decoder_architecture": False},
    "gemma3n_text": {
        "intermediate_size": [INNER, INNER],
        "activation_sparsity_pattern": [0.0, 0.0],
        "num_kv_shared_layers": 0,
    },
    "gemma4_assistant": {"hidden_size_per_layer_input": 0},
    "glm5_next_text": {"index_kpool": 4, "index_topk": 4},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "num_layers": 2, "window_size": 4},
    "granitemoehybrid": {"layer_types": ["linear_attention", "full_attention"], "num_hidden_layers": 2},
    "hunyuan_v1_moe": {"num_experts": 4, "moe_topk": 2},
    "informer": {**_SERIES, "sampling_factor": 5},
    "jamba": {"num_hidden_layers": 4, "attn_layer_period": 2, "attn_layer_offset": 1},
    "layoutlmv3": {"coordinate_size": 10, "shape_size": 12},
    "led": {"attention_window": [4, 4]},
    "levit": {"hidden_sizes": [16, 32, 48], "num_attention_heads": [2, 2, 4], "depths": [1, 1, 1], "image_size": 64},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_hidden_layers": 2, "num_dense_layers": 1},
    "lilt": {"hidden_size": 48, "num_attention_heads": 4},
    "llama4_vision_model": {"intermediate_size": 4 * WIDTH, "projector_input_dim": WIDTH, "projector_output_dim": 32},
    "longformer": {"attention_window": [4, 4]},
    "luke": {"entity_vocab_size": VOCABULARY},
    "lw_detr_vit": {"num_windows": 4, "image_size": 32, "window_block_indices": [0]},
    "lxmert": {"l_layers": 2, "x_layers": 2, "r_layers": 2, "visual_feat_dim": 32},
    "mamba2": {"num_heads": 8, "head_dim": 16},
    "maskformer-swin": _SWIN,
    "mllama_vision_model": {
        "intermediate_layers_indices": [0, 1],
        "num_global_layers": 1,
        "vision_output_dim": 3 * WIDTH,
        "supported_aspect_ratios": [[1, 1], [1, 2], [2, 2]],
    },
    "mobilevitv2": {"image_size": 64},
    "mpt": {"attn_config": {"alibi": True, "alibi_bias_max": 8}},
    "nemotron": {"num_key_value_heads": 2},
    "paddleocr_vl_text": {"rope_parameters": _MULTIMODAL_ROPE},
    "perceiver": {
        "d_latents": WIDTH,
        "num_self_attends_per_block": 2,
        "num_cross_attention_heads": 4,
        "num_self_attention_heads": 4,
    },
    "pix2struct_text_model": {"initializer_range": 0.02},
    "pix2struct_vision_model": {"patch_embed_hidden_size": 48, "seq_len": 16},
    "prompt_depth_anything": _DEPTH,
    "qwen4_exp_text": {"rope_parameters": _MULTIMODAL_ROPE},
    "recurrent_gemma": {"num_hidden_layers": 3, "attention_window_size": 4},
    "reformer": {
        "attn_layers": ["local", "lsh"],
        "axial_pos_embds_dim": [WIDTH // 2, WIDTH // 2],
        "axial_pos_shape": [8, 8],
        "local_attn_chunk_length": 4,
        "lsh_attn_chunk_length": 4,
        "num_buckets": 4,
    },
    "roc_bert": {"pronunciation_vocab_size": VOCABULARY, "shape_vocab_size": VOCABULARY},
    "rt_detr": {"encoder_in_channels": [64, 96, 128], "feat_strides": [8, 16, 32]},
    "rt_detr_v2": {"encoder_in_channels": [64, 96, 128], "feat_strides": [8, 16, 32]},
    "sam2_hiera_det_model": {
        "hidden_size": 16,
        "image_size": [64, 64],
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [16, 32, 48, 64],
        "num_attention_heads_per_stage": [1, 2, 3, 4],
        "window_size_per_stage": [4, 2, 4, 2],
        "global_attention_blocks": [3],
    },
    "speecht5": {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4},
    "swin": _SWIN,
    "swin2sr": {"window_size": 4, "depths": [2, 2], "num_heads": [2, 2], "embed_dim": 32, "image_size": 16},
    "swinv2": {**_SWIN, "pretrained_window_sizes": [0, 0, 0, 0]},
    "table-transformer": _DETR,
    "time_series_transformer": _SERIES,
    "tipsv2_dpt": {"neck_hidden_sizes": (16, 16, 32, 32)},
    "vivit": {"tubelet_size": [2, 8, 8]},
    "xmod": {"default_language": "en_XX"},
    "zamba": {
        "layers_block_type": ["linear_attention", "hybrid", "linear_attention", "hybrid"],
        "num_hidden_layers": 4,
        "attention_hidden_size": 2 * WIDTH,
        "attention_head_dim": 2 * WIDTH // HEADS,
    },
    "zamba2": {
        "layers_block_type": ["linear_attention", "hybrid", "linear_attention", "hybrid"],
        "num_hidden_layers": 4,
        "hybrid_layer_ids": [1, 3],
        "attention_hidden_size": 2 * WIDTH,
        "attention_head_dim": 2 * WIDTH // HEADS,
        "num_query_groups": HEADS,
        "max_position_embeddings": POSITIONS,
    },
    "zoedepth": {"backbone_config": _patches(BeitConfig), "neck_hidden_sizes": (16, 16, 32, 32)},
}
