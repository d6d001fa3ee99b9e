"""How a weight comes about.

Query and key of a head, dimension by dimension: blue is positive, orange negative. Their products add up to q · k;
times the scale that is the score, and its exponential, shared out over the row, is the weight. The query is
"physician", in head 9 of layer 2 of MiniLM.
"""

import regard
from gallery.material import PAIR, minilm
from regard.view import NeuronView


def make() -> NeuronView:
    """The view."""
    return regard.neuron_view(minilm(*PAIR), 2, 9, query=13)
