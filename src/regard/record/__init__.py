"""What was seen: tokens, model and attention, immutable and lazy. Needs numpy only."""

from regard.record.arrays import attention_from_weights, from_qk, from_weights
from regard.record.attention import Attention, Layer, LazyArray
from regard.record.dense import Dense
from regard.record.factored import Factored
from regard.record.file import open, save
from regard.record.mask import MaskRule
from regard.record.pooling import overview
from regard.record.record import ModelInfo, Record
from regard.record.source import MemorySource, Slices, Source
from regard.record.tokens import Tokens

__all__ = [
    "Attention",
    "Dense",
    "Factored",
    "Layer",
    "LazyArray",
    "MaskRule",
    "MemorySource",
    "ModelInfo",
    "Record",
    "Slices",
    "Source",
    "Tokens",
    "attention_from_weights",
    "from_qk",
    "from_weights",
    "open",
    "overview",
    "save",
]
