"""Cross-attention as a map.

Queries of the decoder down, keys of the encoder across: the classical picture of a translation. The weights of
this BART are random.
"""

import regard
from gallery.material import SENTENCE, tiny
from regard.view import MapView


def make() -> MapView:
    """The view."""
    return regard.map_view(tiny("bart", SENTENCE, "One two three four."), kind="cross", layer=2, head=1)
