"""Numbers from a record alone, each an array [layer, head] unless it says otherwise. Needs numpy only.

They describe where heads look, not whether that matters. NaN marks layers without attention, and heads for which a
measure is not defined on this text.
"""

from regard.measure.alignment import Alignment, agreement, align, alignment_heads, links_of
from regard.measure.clusters import Clusters, Merge, head_clusters
from regard.measure.copying import copying
from regard.measure.distance import locality, mean_distance
from regard.measure.effective import effective_attention, effective_share
from regard.measure.heads_apart import Distances, head_distances
from regard.measure.links import AlignmentError, alignment_error, from_pharaoh, pharaoh
from regard.measure.mass import first_position, mass, separator_mass, sink, sink_rate, special_mass
from regard.measure.offsets import at_offset, next_token, previous_token, self_token
from regard.measure.repeats import duplicate_token, prefix_matching
from regard.measure.retrieval import retrieval
from regard.measure.roles import Role, roles
from regard.measure.rollout import rollout
from regard.measure.spread import effective_width, entropy
from regard.measure.word_times import TimedWord, word_times
from regard.measure.words import Word, words_of
from regard.measure.written import coherence, written, written_mass

__all__ = [
    "Alignment",
    "AlignmentError",
    "Clusters",
    "Distances",
    "Merge",
    "Role",
    "TimedWord",
    "Word",
    "agreement",
    "align",
    "alignment_error",
    "alignment_heads",
    "at_offset",
    "coherence",
    "copying",
    "duplicate_token",
    "effective_attention",
    "effective_share",
    "effective_width",
    "entropy",
    "first_position",
    "from_pharaoh",
    "head_clusters",
    "head_distances",
    "links_of",
    "locality",
    "mass",
    "mean_distance",
    "next_token",
    "pharaoh",
    "prefix_matching",
    "previous_token",
    "retrieval",
    "roles",
    "rollout",
    "self_token",
    "separator_mass",
    "sink",
    "sink_rate",
    "special_mass",
    "word_times",
    "words_of",
    "written",
    "written_mass",
]
