"""A head that pairs words of two sentences.

Each line is a weight, from a query on the left to a key on the right. Head 9 of layer 2 of MiniLM, a trained BERT,
leads from a word of one sentence to its counterpart in the other: doctor to physician, nurse to nurse. Most other words
rest on [CLS], as many heads do where they find nothing.
"""

import regard
from gallery.material import PAIR, minilm
from regard.view import HeadView


def make() -> HeadView:
    """The view."""
    return regard.head_view(minilm(*PAIR), layer=2, heads=[9])
