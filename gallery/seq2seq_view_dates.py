"""A date written otherwise, and why.

The shipped date normaliser reads 22/11/2026 month first, as all its training texts with slashes have it. Pinned beside
it: the same date with dots, which comes out right. In a notebook every what-if can be tried; a page shows those that
were.
"""

import regard
from regard.demo import dates
from regard.view import Seq2SeqView


def make() -> Seq2SeqView:
    """The view."""
    bench = regard.Workbench(*dates.load(), "22.11.2026", beams=3)
    bench.pin()
    bench.translate("22/11/2026")
    return regard.seq2seq_view(bench, layer=1)
