"""Causal attention as lines.

In a decoder no line leads downwards: a token attends to itself and to what came before. All heads of a layer are
drawn, each in its own colour. The weights of this GPT-2 are random, so what they are strong at means nothing.
"""

import regard
from gallery.material import tiny
from regard.view import HeadView


def make() -> HeadView:
    """The view."""
    return regard.head_view(tiny("gpt2"), layer=1)
