"""A causal map.

Rows are queries, columns are keys; darker is more. Hatched is what the mask hides: everything after the query.
The map zooms from a whole long text down to single weights. The weights of this Llama are random.
"""

import regard
from gallery.material import TEXT, tiny
from regard.view import MapView


def make() -> MapView:
    """The view."""
    return regard.map_view(tiny("llama", TEXT), layer=1, head=2)
