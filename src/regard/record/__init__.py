"""What was seen: tokens, model and attention, immutable and lazy. Needs numpy only."""

from regard.record.arrays import attention_from_weights, from_qk, from_weights
from regard.record.attention import Attention, Layer, LazyArray
from regard.record.dense import Dense
from regard.record.factored import Factored
from regard.record.file import open, save
from regard.record.generation import Alternative, Choices, Generation
from regard.record.mask import MaskRule
from regard.record.parts import Parts, parts
from regard.record.places import Place, Time
from regard.record.pooling import overview
from regard.record.precision import Precision
from regard.record.progressive import Picture, progressive
from regard.record.quantise import quantise
from regard.record.quantised import Quantised
from regard.record.received import received
from regard.record.record import ModelInfo, Record
from regard.record.routing import Routed, Routing
from regard.record.sound import Sound
from regard.record.source import MemorySource, Slices, Source
from regard.record.spans import span_sums
from regard.record.tokens import Tokens
from regard.record.top_keys import TopKeys, top_keys

__all__ = [
    "Alternative",
    "Attention",
    "Choices",
    "Dense",
    "Factored",
    "Generation",
    "Layer",
    "LazyArray",
    "MaskRule",
    "MemorySource",
    "ModelInfo",
    "Parts",
    "Picture",
    "Place",
    "Precision",
    "Quantised",
    "Record",
    "Routed",
    "Routing",
    "Slices",
    "Sound",
    "Source",
    "Time",
    "Tokens",
    "TopKeys",
    "attention_from_weights",
    "from_qk",
    "from_weights",
    "open",
    "overview",
    "parts",
    "progressive",
    "quantise",
    "received",
    "save",
    "span_sums",
    "top_keys",
]
