"""Cross-attention of every layer and head.

An encoder-decoder has three grids; this is the one of its cross-attention, queries from the decoder, keys from the
encoder. The weights of this T5 are random.
"""

import regard
from gallery.material import SENTENCE, tiny
from regard.view import ModelView


def make() -> ModelView:
    """The view."""
    return regard.model_view(tiny("t5", SENTENCE, "One two three four."), kind="cross")
