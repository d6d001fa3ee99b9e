"""A causal mask in the sum.

Keys after the query have −∞ in the column of the mask, and so no weight. The weights of this GPT-2 are random.
"""

import regard
from gallery.material import tiny
from regard.view import NeuronView


def make() -> NeuronView:
    """The view."""
    return regard.neuron_view(tiny("gpt2"), 1, 0, query=5)
