"""Heads that share a key head.

Two heads of this Llama read the same keys with queries of their own (grouped-query attention). Queries and keys are
as they are after the rotary embedding. The weights are random.
"""

import regard
from gallery.material import tiny
from regard.view import NeuronView


def make() -> NeuronView:
    """The view."""
    return regard.neuron_view(tiny("llama"), 1, 3, query=6)
