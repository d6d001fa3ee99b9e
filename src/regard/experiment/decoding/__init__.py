"""Decoding: an answer, the search behind it, and what it would have been otherwise."""

from regard.experiment.decoding.decode import decode
from regard.experiment.decoding.follower import DecodingStoppedError

__all__ = ["DecodingStoppedError", "decode"]
