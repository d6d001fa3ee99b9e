"""How large a shrunken model is: settings of configurations by name, as data.

Every width is ``WIDTH``, so that parts which must fit each other do. A value may be a number, or a function of the
default value and the configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

WIDTH, HEADS, HEAD_WIDTH, INNER = 64, 4, 16, 96
LAYERS, VOCABULARY, POSITIONS = 2, 128, 64
EXPERTS, CHOSEN = 4, 2
TOKENS = 12
IMAGE, PATCH = 32, 8

Rule = int | float | Callable[..., Any]


def _like(*values: Any) -> Callable[..., Any]:
    """The i-th of these values for the i-th of a sequence; the first for a number."""

    def rule(default: Any, _config: Any) -> Any:
        if not isinstance(default, (list, tuple)):
            return values[0]
        grown = [values[min(i, len(values) - 1)] for i in range(len(default))]
        return [list(v) if isinstance(v, tuple) else v for v in grown] if isinstance(default, list) else tuple(grown)

    return rule


def _at_most(limit: int) -> Callable[..., Any]:
    def rule(default: Any, config: Any) -> Any:
        if isinstance(default, (list, tuple)):
            return type(default)(rule(one, config) for one in default)
        return min(default, limit) if isinstance(default, int) else default

    return rule


def _kv_heads(default: int, config: Any) -> int:
    """As many as query heads, one, or half as many: as the default has it."""
    return HEADS if default == vars(config).get("num_attention_heads") else min(default, HEADS // 2)


def _window(default: Any, config: Any) -> Any:
    """Windows of patches are four wide; those counted in pixels, as large as an image."""
    return IMAGE if isinstance(default, int) and default > IMAGE else _at_most(4)(default, config)


def _head_dim(_default: int, config: Any) -> int:
    """The width of a head; with latent attention (DeepSeek) the name means its rotary part."""
    return HEAD_WIDTH // 2 if hasattr(config, "qk_rope_head_dim") else HEAD_WIDTH


def _scalar(value: int) -> Callable[..., Any]:
    """This value in the place of a number and of each of a sequence."""
    return _like(value)


_NAMES: Sequence[tuple[str, Rule]] = (
    (
        "hidden_size d_model n_embd dim embed_dim embedding_size d_embed hidden_dim emb_dim embedding_dim model_dim "
        "decoder_hidden_size encoder_hidden_size projection_dim out_hidden_size output_hidden_size text_hidden_size "
        "backbone_hidden_size hidden_size_global projector_hidden_size encoder_hidden_dim output_dim "
        "output_proj_dims audio_embed_dim text_embed_dim vision_embed_dim vision_output_dim "
        "cross_attention_hidden_size "
        "encoder_attention_dim n_state hidden_size_per_head_sum attention_hidden_size conv_dim tdnn_dim "
        "xvector_output_dim classifier_proj_size decoder_dim encoder_dim fusion_hidden_size pooler_output_size "
        "pooler_hidden_size head_hidden_size image_text_hidden_size input_embed_dim token_embed_dim "
        "mask_feature_size feature_size_out neck_hidden_size output_channels fpn_hidden_size "
        "memory_attention_hidden_size memory_encoder_hidden_size num_filters adapter_out_dim "
        "lru_width attention_out_hidden_size encoder_output_dim audio_hidden_size video_hidden_size "
        "hidden_channels reassemble_hidden_size upsample_initial_channel codevector_dim proj_codevector_dim",
        _scalar(WIDTH),
    ),
    (
        "intermediate_size d_ff ffn_dim encoder_ffn_dim decoder_ffn_dim n_inner d_inner mlp_dim ffn_hidden_size "
        "moe_intermediate_size shared_expert_intermediate_size shared_intermediate_size intermediate_size_mlp "
        "dim_feedforward encoder_feedforward_dim decoder_intermediate_size speech_encoder_intermediate_size "
        "t2u_encoder_ffn_dim t2u_decoder_ffn_dim moe_shared_expert_intermediate_size mlp_hidden_size ff_dim "
        "feed_forward_proj_size dense_intermediate_size expert_ffn_hidden_size hidden_mlp_size expert_dim "
        "mlp_hidden_dim memory_attention_feed_forward_hidden_size moe_ffn_hidden_size",
        _scalar(INNER),
    ),
    (
        "num_attention_heads n_head n_heads num_heads encoder_attention_heads decoder_attention_heads attention_heads "
        "encoder_num_attention_heads decoder_num_attention_heads num_encoder_attention_heads "
        "num_decoder_attention_heads encoder_heads decoder_heads decoder_cross_attention_heads "
        "speech_encoder_attention_heads t2u_encoder_attention_heads t2u_decoder_attention_heads "
        "swa_num_attention_heads "
        "resampler_n_heads decoder_self_attention_heads hidden_num_heads",
        _scalar(HEADS),
    ),
    ("num_key_value_heads num_kv_heads n_kv_heads multi_query_group_num swa_num_key_value_heads", _kv_heads),
    ("head_dim", _head_dim),
    ("d_kv d_head kv_channels attention_head_dim dim_head swa_head_dim attention_head_size", HEAD_WIDTH),
    (
        "num_hidden_layers n_layer n_layers num_layers encoder_layers decoder_layers depth num_encoder_layers "
        "num_decoder_layers decoder_num_hidden_layers encoder_num_hidden_layers layers speech_encoder_layers "
        "t2u_encoder_layers t2u_decoder_layers num_hidden_groups_layers qformer_num_hidden_layers "
        "num_block_layers dec_layers enc_layers",
        _scalar(LAYERS),
    ),
    ("depths", _scalar(2)),
    ("hidden_sizes embed_dims encoder_hidden_sizes", _like(32, 64, 96, 128)),
    ("vocab_size text_vocab_size n_vocab codebook_size t2u_vocab_size", VOCABULARY),
    (
        "max_position_embeddings n_positions max_source_positions max_target_positions max_seq_len "
        "t2u_max_position_embeddings max_sequence_length context_length n_ctx seq_length max_seq_length",
        _at_most(POSITIONS),
    ),
    ("num_experts num_local_experts n_routed_experts moe_num_experts num_routed_experts", EXPERTS),
    ("num_experts_per_tok moe_topk num_experts_per_token experts_per_token moe_k top_k_experts", _at_most(CHOSEN)),
    ("image_size input_image_size pretrain_image_size", _scalar(IMAGE)),
    ("patch_size patch_sizes", _at_most(PATCH)),
    ("num_frames", _at_most(4)),
    ("window_size", _window),
    ("num_queries num_query_tokens num_latents", _at_most(10)),
    ("num_pos_feats", WIDTH // 2),
    ("image_embedding_size", IMAGE // PATCH),
    ("mamba_n_heads mamba_num_heads", 8),
    ("mamba_d_head mamba_head_dim mamba_headdim", 16),
    ("vocab_size_per_layer_input", VOCABULARY),
    ("hidden_size_per_layer_input context_size laurel_rank adapter_rank", _at_most(8)),
    ("upsample_groups", WIDTH),
    ("kv_lora_rank q_lora_rank", 16),
    ("qk_nope_head_dim v_head_dim", HEAD_WIDTH),
    ("qk_rope_head_dim rotary_dim", HEAD_WIDTH // 2),
    ("qk_head_dim", HEAD_WIDTH + HEAD_WIDTH // 2),
    ("sliding_window local_attention attention_chunk_size sliding_window_size", _at_most(4)),
    ("index_topk", 4),
    ("index_head_dim", HEAD_WIDTH),
    ("index_n_heads", HEADS),
    ("state_size mamba_d_state ssm_state_size", 8),
    ("n_group topk_group num_group n_groups num_expert_group", 1),
    ("linear_num_key_heads linear_num_value_heads linear_num_heads", HEADS),
    ("linear_key_head_dim linear_value_head_dim linear_head_dim", HEAD_WIDTH),
)

RULES: dict[str, Rule] = {name: rule for names, rule in _NAMES for name in names.split()}
