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


def _levels(*first: str) -> ResNetConfig:
    """The same with three outputs or more, from wide pictures to small ones."""
    config = _convolutions()
    config.out_features = [*first, "stage2", "stage3", "stage4"]
    return config


def _patches(config: type[Any]) -> Any:
    """A vision transformer of four layers, each of them an output."""
    return config(
        hidden_size=WIDTH, num_hidden_layers=4, num_attention_heads=HEADS, intermediate_size=INNER, image_size=32,
        patch_size=8, out_indices=[1, 2, 3, 4], reshape_hidden_states=False,
    )  # fmt: skip


_DETR = {"backbone_config": _convolutions()}
_RT_DETR = {
    "backbone_config": _levels(), "encoder_in_channels": [32, 48, 64], "decoder_in_channels": [WIDTH] * 3,
    "feat_strides": [8, 16, 32],
}  # fmt: skip
_GROUNDED = {"backbone_config": _levels(), "num_queries": 4}
_DEPTH = {"backbone_config": _patches(Dinov2Config), "neck_hidden_sizes": (16, 16, 32, 32)}
_ROPE = {"rope_type": "default", "rope_theta": 10000.0}
_MULTIMODAL_ROPE = {**_ROPE, "mrope_section": [4, 2, 2]}
_SERIES = {"prediction_length": 4, "context_length": 8, "lags_sequence": [1, 2, 3], "num_time_features": 1}
_SWIN = {
    "window_size": 2, "depths": [2, 2, 1, 1], "num_heads": [2, 2, 4, 4], "embed_dim": 16, "image_size": 64,
    "patch_size": 4,
}  # fmt: skip
_IMAGE_VOCABULARY = {"vocabulary_map": {"<image>": VOCABULARY - 3, "IMGIMGA1Z": VOCABULARY - 4}}

SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "align": {"projection_dim": 640},
    "audio-spectrogram-transformer": {"max_length": 32, "num_mel_bins": 16, "frequency_stride": 8, "time_stride": 8},
    "autoformer": {**_SERIES, "moving_average": 3, "label_length": 4},
    "axk1": {"first_k_dense_replace": 1},
    "bamba": {"num_hidden_layers": 3, "attn_layer_indices": [1]},
    "big_bird": {"attention_type": "original_full"},
    "bigbird_pegasus": {"attention_type": "original_full"},
    "bit": {"num_groups": 8, "embedding_size": 16, "hidden_sizes": [16, 32, 48, 64]},
    "blip-2": {"image_token_index": VOCABULARY - 1},
    "blt": {"num_hidden_layers": 2},
    "chameleon": _IMAGE_VOCABULARY,
    "chmv2": _DEPTH,
    "clap_audio_model": {"hidden_size": 768},
    "clvp_encoder": {"hidden_size": 128, "projection_dim": 128},
    "cohere_compass_text": {"rope_parameters": dict.fromkeys(("full_attention", "sliding_attention"), _ROPE)},
    "conditional_detr": _DETR,
    "convnext": {"image_size": 64},
    "convnextv2": {"image_size": 64},
    "cvt": {"embed_dim": [32, 48, 64], "num_heads": [1, 3, 4], "depth": [1, 2, 3]},
    "d_fine": _RT_DETR,
    "dab-detr": _DETR,
    "dbrx": {"attn_config": {"rope_theta": 10000.0, "kv_n_heads": 2, "clip_qkv": 8}},
    "deimv2": _RT_DETR,
    "deberta": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "max_relative_positions": 16},
    "deberta-v2": {"relative_attention": True, "pos_att_type": ["c2p", "p2c"], "position_buckets": 8},
    "deepseek_ocr2_text": {"mlp_layer_types": ["dense", "sparse"]},
    "deformable_detr": {**_DETR, "num_feature_levels": 1},
    "depth_anything": _DEPTH,
    "detr": _DETR,
    "dia_decoder": {
        "cross_hidden_size": WIDTH,
        "cross_num_attention_heads": HEADS,
        "cross_num_key_value_heads": HEADS,
        "cross_head_dim": WIDTH // HEADS,
    },
    "donut-swin": _SWIN,
    "emu3": _IMAGE_VOCABULARY,
    "dots1": {"n_routed_experts": 4, "n_shared_experts": 1},
    "efficientnet": {"hidden_dim": 2560},
    "eomt": {"num_blocks": 1, "num_upscale_blocks": 1},
    "eomt_dinov3": {"num_blocks": 1, "num_upscale_blocks": 1},
    "ernie4_5_vl_moe_text": {"rope_parameters": {**_MULTIMODAL_ROPE, "mrope_section": [2, 2, 4]}},
    "falcon": {"alibi": True, "new_decoder_architecture": False},
    "falcon_h1": {"mamba_d_ssm": 2 * WIDTH},
    "gemma3n_text": {
        "intermediate_size": [INNER, INNER],
        "activation_sparsity_pattern": [0.0, 0.0],
        "num_kv_shared_layers": 0,
    },
    "gemma4_assistant": {"hidden_size_per_layer_input": 0},
    "glm5_next_text": {"index_kpool": 4, "index_topk": 4},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "num_layers": 2, "window_size": 4},
    "granitemoehybrid": {"layer_types": ["linear_attention", "full_attention"], "num_hidden_layers": 2},
    "grounding-dino": _GROUNDED,
    "hunyuan_v1_moe": {"num_experts": 4, "moe_topk": 2},
    "informer": {**_SERIES, "sampling_factor": 5},
    "instructblip": {"image_token_index": VOCABULARY - 1},
    "instructblipvideo": {"video_token_index": VOCABULARY - 1},
    "jamba": {"num_hidden_layers": 4, "attn_layer_period": 2, "attn_layer_offset": 1},
    "kosmos-2": {"latent_query_num": 10},
    "layoutlmv3": {"coordinate_size": 10, "shape_size": 12},
    "led": {"attention_window": [4, 4]},
    "levit": {"hidden_sizes": [16, 32, 48], "num_attention_heads": [2, 2, 4], "depths": [1, 1, 1], "patch_size": 16},
    "lfm2_moe": {"layer_types": ["conv", "full_attention"], "num_hidden_layers": 2, "num_dense_layers": 1},
    "lilt": {"hidden_size": 48, "num_attention_heads": 4},
    "llama4_vision_model": {
        "intermediate_size": 4 * WIDTH,
        "projector_input_dim": WIDTH,
        "projector_output_dim": WIDTH,
    },
    "longformer": {"attention_window": [4, 4]},
    "luke": {"entity_vocab_size": VOCABULARY},
    "lw_detr_vit": {"num_windows": 4, "image_size": 32, "window_block_indices": [0]},
    "lxmert": {"l_layers": 2, "x_layers": 2, "r_layers": 2, "visual_feat_dim": 32},
    "mamba2": {"num_heads": 8, "head_dim": 16},
    "maskformer-swin": _SWIN,
    "mask2former": {"backbone_config": _levels()},
    "mm-grounding-dino": _GROUNDED,
    "mllama_vision_model": {
        "intermediate_layers_indices": [0, 1],
        "num_global_layers": 1,
        "vision_output_dim": 3 * WIDTH,
        "supported_aspect_ratios": [[1, 1], [1, 2], [2, 2]],
    },
    "mobilevitv2": {"image_size": 64},
    "molmo2_adapter": {"vision_feature_layer": [1, 0]},
    "mpt": {"attn_config": {"alibi": True, "alibi_bias_max": 8}},
    "nemotron": {"num_key_value_heads": 2},
    "paddleocr_vl_text": {"rope_parameters": _MULTIMODAL_ROPE},
    "oneformer": {"backbone_config": _levels(), "conv_dim": WIDTH, "mask_dim": WIDTH},
    "perceiver": {
        "d_latents": WIDTH,
        "num_self_attends_per_block": 2,
        "num_cross_attention_heads": 4,
        "num_self_attention_heads": 4,
    },
    "phi4_multimodal_audio": {"ext_pw_out_channel": WIDTH, "depthwise_separable_out_channel": WIDTH},
    "pix2struct_text_model": {"initializer_range": 0.02},
    "pix2struct_vision_model": {"patch_embed_hidden_size": 48, "seq_len": 16},
    "pp_doclayout_v4": _RT_DETR,
    "prompt_depth_anything": _DEPTH,
    "qwen2_5_omni_audio_encoder": {"max_source_positions": 100},
    "qwen3_omni_moe_talker_text": {"shared_expert_intermediate_size": INNER},
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
    "rt_detr": _RT_DETR,
    "rt_detr_v2": _RT_DETR,
    "sam2_vision_model": {
        "backbone_channel_list": [64, 48, 32, 16],
        "backbone_feature_sizes": [[8, 8], [4, 4], [2, 2]],
    },
    "sam2_hiera_det_model": {
        "hidden_size": 16,
        "image_size": [64, 64],
        "blocks_per_stage": [1, 1, 2, 1],
        "embed_dim_per_stage": [16, 32, 48, 64],
        "num_attention_heads_per_stage": [1, 2, 3, 4],
        "window_size_per_stage": [4, 2, 4, 2],
        "global_attention_blocks": [3],
    },
    "seggpt": {"image_size": [64, 32]},
    "speecht5": {"num_conv_pos_embeddings": 16, "num_conv_pos_embedding_groups": 4},
    "superglue": {"hidden_size": 256},
    "swin": _SWIN,
    "swin2sr": {"window_size": 4, "depths": [2, 2], "num_heads": [2, 2], "embed_dim": 32, "image_size": 16},
    "swinv2": {**_SWIN, "pretrained_window_sizes": [0, 0, 0, 0]},
    "table-transformer": _DETR,
    "time_series_transformer": _SERIES,
    "tipsv2_dpt": {"neck_hidden_sizes": (16, 16, 32, 32)},
    "upernet": {"auxiliary_in_channels": 48, "backbone_config": _levels("stage1")},
    "vitdet": {"patch_size": 16},
    "vitmatte": {"fusion_hidden_sizes": [16, 16, 16, 16], "convstream_hidden_sizes": [16, 16, 16]},
    "vivit": {"tubelet_size": [2, 8, 8]},
    "xclip_vision_model": {"mit_hidden_size": WIDTH, "mit_intermediate_size": INNER, "mit_num_attention_heads": HEADS},
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
    "zoedepth": {
        "backbone_config": _patches(BeitConfig),
        "neck_hidden_sizes": (16, 16, 32, 32),
        "fusion_hidden_size": WIDTH,
        "bottleneck_features": WIDTH,
    },
}

UNSEEN: Mapping[str, str] = dict.fromkeys(
    ("gemma3n_audio", "gemma4_audio"),
    "attends in overlapping chunks, soft-capped after a bias by distance is added, which a record cannot hold",
)
"""Types that have attention which is neither seen nor returned as weights [query, key], and why."""

_BESIDE = "its eager code lets sinks take their share outside the softmax: hidden keys and means are not compared"

NOTES: Mapping[str, tuple[str, ...]] = {
    "granite_swa": (_BESIDE,),
    "granitemoe_swa": (_BESIDE,),
    "pegasus_x": ("each block of the text and the global tokens are calls of their own, and layers of the record",),
    "prophetnet": ("the streams that predict are layers of their own, 1 and 3",),
    "reformer": ("layers of LSH attention, over tokens sorted by their hashes, are not in the record",),
}
"""What else there is to say of types whose record is not one layer after another."""
