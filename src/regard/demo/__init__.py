"""The embedded models and texts: two real trained models from the package registry, and what to look at in them."""

from regard.demo.load import load
from regard.demo.models import TITLES, minilm, smollm2

__all__ = ["TITLES", "load", "minilm", "smollm2"]
