"""What differs between model families and kernels, as data.

A new family is a new row here, not a new branch elsewhere. Rules are read from top to bottom; the first that fits
decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from regard.axes import Kind


@dataclass(frozen=True)
class Kernel:
    """What an attention implementation does beyond the mask tensor that it is given.

    ``causal_without_mask``: with no mask it is causal where the module is. ``window_keyword``: it applies the keyword
    ``sliding_window`` itself (elsewhere the mask holds it). ``bottom_aligned``: its causal triangle ends at the last
    key (Flash), instead of starting at the first one (SDPA).
    """

    causal_without_mask: bool = False
    window_keyword: bool = False
    bottom_aligned: bool = False


_FLASH = Kernel(causal_without_mask=True, window_keyword=True, bottom_aligned=True)
KERNELS: dict[str, Kernel] = {
    "eager": Kernel(),
    "written out": Kernel(),
    "sdpa": Kernel(causal_without_mask=True),
    "flex_attention": Kernel(),
    "flash_attention_2": _FLASH,
    "flash_attention_3": _FLASH,
    "flash_attention_4": _FLASH,
}

HIDES = -9e3
"""Numbers from here down, added to a score, hide a key: beside any usual score their exponential is zero."""

HEAD_COUNTS = ("num_heads", "num_attention_heads", "num_attn_heads", "n_heads", "n_head", "heads")
"""Attributes under which attention modules say how many heads they have."""

NOT_OVER_TOKENS = r"AttentionResidual$|^LSHSelfAttention$|ChannelAttention$"
"""Modules whose softmax is over something else: the earlier layers of one token (Inkling 2), tokens sorted by their
hashes (Reformer), or channels (Florence 2)."""

SINK_KEYWORDS = ("s_aux", "sinks")
"""Keywords under which families pass attention sinks (gpt-oss and others)."""


@dataclass(frozen=True)
class Rule:
    """The kind of attention of a call whose module fits; ``None`` conditions fit everything.

    ``path`` is a regular expression searched in the module's path; ``encoder_decoder`` whether the model has both;
    ``cross`` the module's own ``is_cross_attention``; ``causal`` whether the call is causal; ``text`` whether the
    model was given token ids. The kind ``None`` marks attention that a record does not hold: of what stands between a
    tower and the text, with queries of its own.
    """

    kind: Kind | None
    path: str | None = None
    encoder_decoder: bool | None = None
    cross: bool | None = None
    causal: bool | None = None
    text: bool | None = None


_CROSS = (
    r"(?:^|\.)(?:encoder_attn|encoder_attention|crossattention|cross_attn|cross_attention|EncDecAttention"
    r"|encoder_decoder_attention)(?:\.|$)"
)
_VISION = r"(?:^|\.)(?:(?:vision|image|video)_(?:tower|model|encoder|transformer|backbone)|visual)(?:\.|$)"
_AUDIO = r"(?:^|\.)(?:audio|speech|sound)_(?:tower|model|encoder|transformer|backbone)(?:\.|$)"
_BETWEEN = r"(?:^|\.)(?:qformer|\w*resampler|connector|\w*projector|image_to_text_projection)(?:\.|$)"
_IN_ENCODER = r"^(?:(?!\w*decoder\.)\w+\.)*?\w*encoder\."
_IN_DECODER = r"^(?:(?!\w*encoder\.)\w+\.)*?\w*decoder\."

RULES: tuple[Rule, ...] = (
    Rule(None, path=_BETWEEN, text=True),
    Rule("cross", cross=True),
    Rule("cross", path=_CROSS),
    Rule("vision", path=_VISION, text=True),
    Rule("audio", path=_AUDIO, text=True),
    Rule("encoder", path=_IN_ENCODER, encoder_decoder=True),
    Rule("decoder", path=_IN_DECODER, encoder_decoder=True),
    Rule("decoder", causal=True),
    Rule("encoder"),
)

SLIDING_MODULES = r"^LongformerSelfAttention$|^LEDEncoderSelfAttention$"
"""Modules that attend in sliding windows with global tokens."""

RETURNED = rf"BlockSparseAttention$|{SLIDING_MODULES}"
"""Modules that compute attention in parts, which make sense only as the model itself puts them together again: BigBird
(as [query, key]), Longformer and LED (as windows, see below)."""

UNREAD = f"{NOT_OVER_TOKENS}|{RETURNED}"
"""Modules whose own calls of attention are passed over."""

SLIDING = {"longformer": "attention_window", "led": "attention_window"}
"""Families whose encoders return weights as sliding windows with global tokens, and their setting of the width."""

OUTPUT_FIELDS: tuple[tuple[str, Kind | None], ...] = (
    ("encoder_attentions", "encoder"),
    ("decoder_attentions", "decoder"),
    ("cross_attentions", "cross"),
    ("attentions", None),
)
"""Where model outputs hold finished weights; ``None``: the kind is the model's own (decoder when it is causal)."""


def kind_of(*, path: str, encoder_decoder: bool, cross: bool, causal: bool, text: bool) -> Kind | None:
    """Kind of attention of a call, by :data:`RULES`.

    >>> kind_of(path="model.decoder.layers.0.encoder_attn", encoder_decoder=True, cross=False, causal=False, text=True)
    'cross'
    """
    facts = {"encoder_decoder": encoder_decoder, "cross": cross, "causal": causal, "text": text}
    for rule in RULES:
        if rule.path is not None and not re.search(rule.path, path):
            continue
        if all(getattr(rule, name) in (None, fact) for name, fact in facts.items()):
            return rule.kind
    raise AssertionError("the last rule fits everything")
