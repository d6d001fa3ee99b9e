"""A heatmap for a paper.

The plain matrix with names at its sides and a colour bar, and the sums of rows and columns beside it: head 9 of layer 2
of MiniLM on a sentence and its paraphrase.
"""

import regard
from gallery.material import PAIR, minilm
from regard.view import Heatmap


def make() -> Heatmap:
    """The view."""
    return regard.heatmap(minilm(*PAIR), layer=2, head=9, marginals=True)
