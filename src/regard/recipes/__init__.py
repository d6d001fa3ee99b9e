"""Recipes: common questions about attention, answered with a measure and an experiment side by side.

Each is some lines on top of :mod:`regard.capture`, :mod:`regard.measure` and :mod:`regard.experiment`, and returns a
frozen dataclass whose text is a table. Needs torch and transformers (the extra ``models``).
"""

from regard.recipes.documents import DocumentsRead, HeadRead, which_document
from regard.recipes.eviction import Evictions, Kept, evictions
from regard.recipes.middle import ByDepth, lost_in_the_middle
from regard.recipes.policies import HeavyHitters, PromptVotes, Streaming, TopKeys
from regard.recipes.word_links import CheckedAlignment, checked_alignment

__all__ = [
    "ByDepth",
    "CheckedAlignment",
    "DocumentsRead",
    "Evictions",
    "HeadRead",
    "HeavyHitters",
    "Kept",
    "PromptVotes",
    "Streaming",
    "TopKeys",
    "checked_alignment",
    "evictions",
    "lost_in_the_middle",
    "which_document",
]
