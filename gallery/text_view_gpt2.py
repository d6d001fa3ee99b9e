"""A text shaded by what it gets.

With no token selected, words are shaded by the mean weight that they get from all who see them. The first token of a
causal model gets most, for early queries have little else to look at. The weights of this GPT-2 are random.
"""

import regard
from gallery.material import TEXT, tiny
from regard.view import TextView


def make() -> TextView:
    """The view."""
    return regard.text_view(tiny("gpt2", TEXT), layer=0)
