"""Everything in one view.

What was captured, every layer and head, and for the one that is chosen its lines, its map, the text and how its weights
come about, with one selection.
"""

import regard
from gallery.material import PAIR, minilm
from regard.view import Explore


def make() -> Explore:
    """The view."""
    return regard.explore(minilm(*PAIR), layer=2, head=9)
