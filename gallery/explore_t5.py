"""Three kinds of attention in one view.

The same for an encoder-decoder: the kind of attention is chosen for all parts together. The weights of this T5 are
random.
"""

import regard
from gallery.material import SENTENCE, tiny
from regard.view import Explore


def make() -> Explore:
    """The view."""
    return regard.explore(tiny("t5", SENTENCE, "One two three four."), kind="cross")
