"""Record and numbers → a declaration of what to show. No HTML, no drawing."""

from regard.view.explore import Explore, explore
from regard.view.generation_view import GenerationView, generation_view
from regard.view.head_view import HeadView, head_view
from regard.view.heatmap import Heatmap, heatmap
from regard.view.link import Link, link
from regard.view.live_generation import LiveGenerationView
from regard.view.map_view import MapView, map_view
from regard.view.model_view import ModelView, model_view
from regard.view.neuron_view import NeuronView, neuron_view
from regard.view.reliability_view import ReliabilityView, reliability_view
from regard.view.selection import Selection
from regard.view.seq2seq_view import Seq2SeqView
from regard.view.session import WithSession
from regard.view.spec import (
    ArraySpec,
    AttentionSpec,
    MaskSpec,
    QuantisedSpec,
    SelectionSpec,
    TileHeader,
    TokensSpec,
    ViewSpec,
)
from regard.view.text_view import TextView, text_view
from regard.view.view import View

__all__ = [
    "ArraySpec",
    "AttentionSpec",
    "Explore",
    "GenerationView",
    "HeadView",
    "Heatmap",
    "Link",
    "LiveGenerationView",
    "MapView",
    "MaskSpec",
    "ModelView",
    "NeuronView",
    "QuantisedSpec",
    "ReliabilityView",
    "Selection",
    "SelectionSpec",
    "Seq2SeqView",
    "TextView",
    "TileHeader",
    "TokensSpec",
    "View",
    "ViewSpec",
    "WithSession",
    "explore",
    "generation_view",
    "head_view",
    "heatmap",
    "link",
    "map_view",
    "model_view",
    "neuron_view",
    "reliability_view",
    "text_view",
]
