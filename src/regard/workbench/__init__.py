"""The workbench: a model, a source, and every answer that was tried, side by side.

It joins what the other parts may not join themselves: experiments that decode, and the view that shows them. A model is
reached through a :class:`~regard.workbench.backend.Backend`; everything else here knows plain data only.
"""

from regard.workbench.backend import AttentionEdit, Backend, Neighbours
from regard.workbench.composed import seq2seq_view
from regard.workbench.session import Workbench
from regard.workbench.state import Comparison, State

__all__ = ["AttentionEdit", "Backend", "Comparison", "Neighbours", "State", "Workbench", "seq2seq_view"]
