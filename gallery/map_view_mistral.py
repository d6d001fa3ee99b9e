"""A sliding window.

Each query of this Mistral sees four keys, itself among them; all else is hatched, for the model never reads it.
The weights are random.
"""

import regard
from gallery.material import TEXT, tiny
from regard.view import MapView


def make() -> MapView:
    """The view."""
    return regard.map_view(tiny("mistral", TEXT), layer=1, head=1)
