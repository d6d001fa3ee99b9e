"""A translator from the English of 1611 into that of today, trained here on verses of the Bible.

A Marian of 3 + 3 layers × 4 heads, d_model 192, on pieces of words. Its weights are shipped beside this file (made
here, Apache-2.0; ``python -m regard.demo.verses.train`` makes them again), and so are the verses: :func:`pairs` that it
was given, and :func:`held_out` ones that it has not seen. They are of the King James Version and the World English
Bible, both in the public domain; the latter without its quotation marks.
"""

from regard.demo.verses.texts import Verse, held_out, pairs, verses
from regard.demo.verses.weights import FOLDER, load

__all__ = ["FOLDER", "Verse", "held_out", "load", "pairs", "verses"]
