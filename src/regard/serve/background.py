"""Work that goes on after an answer was given, in a thread that lives as long as there is any."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator


class Background:
    """Runs iterators to their ends, one after another, in the order they were given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Iterator[None]] = deque()
        self._thread: threading.Thread | None = None

    def add(self, steps: Iterator[None]) -> None:
        """Run these steps too."""
        with self._lock:
            self._waiting.append(steps)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="regard refine", daemon=True)
                self._thread.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait until nothing is left to do."""
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(timeout)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                steps = self._waiting.popleft()
            for _ in steps:
                pass
