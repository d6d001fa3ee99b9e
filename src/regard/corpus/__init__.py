"""Many texts: the states of a model on a corpus, kept on disk, and those nearest to any state.

Where a model reads or writes a token, its state is near states that it had elsewhere. Which texts these are from says
what the model takes the token for (Strobelt et al. 2019, Seq2Seq-Vis)::

    corpus = regard.corpus.index(model, tokenizer, texts, "states")     # once, or again with more texts
    corpus = regard.corpus.open("states")
    states = corpus.states(model, tokenizer, "The cat sat on the mat")
    corpus.nearest(states.of("encoder", 6)[2])                          # texts, positions, exact distances
    regard.corpus.project(states, corpus)                               # a trajectory among its neighbours

Needs torch and transformers (the extra ``models``) and lancedb (the extra ``corpus``).
"""

from regard.corpus.adding import Added
from regard.corpus.corpus import Corpus, open
from regard.corpus.indexing import index
from regard.corpus.lock import CorpusBusyError
from regard.corpus.neighbour import NearText, Neighbour, Neighbours
from regard.corpus.one_input import States, states
from regard.corpus.projection import NearPoint, Principal, Projection, pca, project
from regard.corpus.settings import Check
from regard.corpus.text import Text, Texts

__all__ = [
    "Added",
    "Check",
    "Corpus",
    "CorpusBusyError",
    "NearPoint",
    "NearText",
    "Neighbour",
    "Neighbours",
    "Principal",
    "Projection",
    "States",
    "Text",
    "Texts",
    "index",
    "open",
    "pca",
    "project",
    "states",
]
