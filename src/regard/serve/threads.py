"""Threads that can talk to a picture, whatever notebook it is in."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any


def thread(target: Callable[..., None], *args: Any, name: str) -> threading.Thread:
    """A daemon thread, not yet started, whose messages reach the notebook that it is made in.

    Jupyter passes on what any thread sends. marimo silently drops it, unless the thread is one of its own kind
    (``marimo.Thread``) and was made by one that it knows, as the one that brings a picture's messages is.
    """
    marimo = sys.modules.get("marimo")
    own = marimo is not None and marimo.running_in_notebook()
    kind: type[threading.Thread] = marimo.Thread if own and marimo is not None else threading.Thread
    return kind(target=target, args=args, name=name, daemon=True)
