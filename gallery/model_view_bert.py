"""Every layer and head of a sentence encoder.

Rows are layers, columns are heads. Vertical fans are heads that rest on [CLS] or [SEP]; parallel lines are heads
that look at the token before or after. A click opens a picture at full size.
"""

import regard
from gallery.material import PAIR, minilm
from regard.view import ModelView


def make() -> ModelView:
    """The view."""
    return regard.model_view(minilm(*PAIR))
