"""A date normaliser trained here: "Nov 22nd 2026" → "2026-11-22", the classical example of cross attention.

A BART of 2 + 2 layers × 4 heads, d_model 64, whose tokens are single characters. Its weights are shipped beside this
file (made here, Apache-2.0; ``python -m regard.demo.dates.train`` makes them again), and :func:`pairs` gives the texts
it was trained on.
"""

from regard.demo.dates.texts import pairs
from regard.demo.dates.weights import FOLDER, load

__all__ = ["FOLDER", "load", "pairs"]
