"""Cross-attention of a translation.

The decoder's tokens on the left attend to the encoder's on the right: two texts, of different lengths. Encoder,
decoder and cross-attention of one record are a click apart. The weights of this BART are random.
"""

import regard
from gallery.material import SENTENCE, tiny
from regard.view import HeadView


def make() -> HeadView:
    """The view."""
    return regard.head_view(tiny("bart", SENTENCE, "One two three four."), kind="cross", layer=0, heads=[0, 3])
