"""A cap on the scores.

Gemma 2 keeps its scores between −c and c by c · tanh(s / c), which has a column of its own. The weights are random.
"""

import regard
from gallery.material import tiny
from regard.view import NeuronView


def make() -> NeuronView:
    """The view."""
    return regard.neuron_view(tiny("gemma2"), 1, 2, query=7)
