"""A bias for the distance.

T5 adds a number for the distance of query and key to each score, and divides by nothing: the bias has a column of its
own. The weights are random.
"""

import regard
from gallery.material import SENTENCE, tiny
from regard.view import NeuronView


def make() -> NeuronView:
    """The view."""
    return regard.neuron_view(tiny("t5", SENTENCE, "One two three four."), 0, 1, kind="encoder", query=4)
