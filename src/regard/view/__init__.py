"""Record and numbers → a declaration of what to show. No HTML, no drawing."""

from regard.view.head_view import HeadView, head_view
from regard.view.model_view import ModelView, model_view
from regard.view.selection import Selection
from regard.view.spec import AttentionSpec, SelectionSpec, TileHeader, TokensSpec, ViewSpec
from regard.view.view import View

__all__ = [
    "AttentionSpec",
    "HeadView",
    "ModelView",
    "Selection",
    "SelectionSpec",
    "TileHeader",
    "TokensSpec",
    "View",
    "ViewSpec",
    "head_view",
    "model_view",
]
