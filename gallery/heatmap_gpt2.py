"""Several heads side by side.

The same for four heads of a causal layer; cells that the mask hides are left empty. The weights of this GPT-2 are
random.
"""

import regard
from gallery.material import tiny
from regard.view import Heatmap


def make() -> Heatmap:
    """The view."""
    return regard.heatmap(tiny("gpt2"), layer=1, heads=[0, 1, 2, 3])
