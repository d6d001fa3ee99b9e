"""A sink that takes attention away.

gpt-oss adds to each row one number that no key has: the sink. What it takes is missing from the weights, which then
sum to less than one. The weights of the model are random.
"""

import regard
from gallery.material import tiny
from regard.view import NeuronView


def make() -> NeuronView:
    """The view."""
    return regard.neuron_view(tiny("gpt_oss"), 1, 1, query=7)
