"""A text shaded by what one word attends to.

The text itself; darker words get more of the attention of the one that is outlined. Here "physician" looks for its
counterpart, in head 9 of layer 2 of MiniLM.
"""

import regard
from gallery.material import PAIR, minilm
from regard.view import TextView


def make() -> TextView:
    """The view."""
    view = regard.text_view(minilm(*PAIR), layer=2, head=9)
    view.selection.query = 13
    return view
