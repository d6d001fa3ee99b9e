"""An attribute of a library, replaced for as long as anyone needs it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any


class Replaced:
    """``owner.name`` is ``wrap(original)`` inside the ``with`` block.

    Blocks of several threads may overlap: the first one replaces it, the last one puts the original back. The
    replacement must answer as the original does wherever it is not meant (another thread, another model).
    """

    def __init__(self, owner: Any, name: str, wrap: Callable[[Any], Any]):
        self._owner, self._name, self._wrap = owner, name, wrap
        self._lock = threading.Lock()
        self._users = 0
        self._original: Any = None

    def __enter__(self) -> None:
        with self._lock:
            if self._users == 0:
                self._original = getattr(self._owner, self._name)
                setattr(self._owner, self._name, self._wrap(self._original))
            self._users += 1

    def __exit__(self, *raised: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0:
                setattr(self._owner, self._name, self._original)
