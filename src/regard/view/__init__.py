"""Record and numbers → a declaration of what to show. No HTML, no drawing."""

from regard.view.head_view import HeadView, head_view
from regard.view.map_view import MapView, map_view
from regard.view.model_view import ModelView, model_view
from regard.view.selection import Selection
from regard.view.spec import AttentionSpec, MaskSpec, SelectionSpec, TileHeader, TokensSpec, ViewSpec
from regard.view.text_view import TextView, text_view
from regard.view.view import View

__all__ = [
    "AttentionSpec",
    "HeadView",
    "MapView",
    "MaskSpec",
    "ModelView",
    "Selection",
    "SelectionSpec",
    "TextView",
    "TileHeader",
    "TokensSpec",
    "View",
    "ViewSpec",
    "head_view",
    "map_view",
    "model_view",
    "text_view",
]
