"""Work that goes on after an answer was given, in a thread that lives as long as there is any."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from regard.serve.threads import thread

_QUIET_SECONDS = 0.05


class Background:
    """Runs iterators to their ends, one after another, in the order they were given.

    It stands back while anything is done in the ``foreground``, and for a moment after: who asks many things at once
    gets a first answer to each before any of them is worked out.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Iterator[None]] = deque()
        self._thread: threading.Thread | None = None
        self._ahead = 0
        self._quiet_since = 0.0

    @contextmanager
    def foreground(self) -> Iterator[None]:
        """Something that somebody waits for."""
        with self._lock:
            self._ahead += 1
        try:
            yield
        finally:
            with self._lock:
                self._ahead -= 1
                self._quiet_since = time.monotonic()

    def add(self, steps: Iterator[None]) -> None:
        """Run these steps too."""
        with self._lock:
            self._waiting.append(steps)
            if self._thread is None:
                self._thread = thread(self._run, name="regard refine")
                self._thread.start()

    def join(self, timeout: float | None = None) -> None:
        """Wait until nothing is left to do."""
        with self._lock:
            running = self._thread
        if running is not None:
            running.join(timeout)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._thread = None
                    return
                steps = self._waiting.popleft()
            self._stand_back()
            for _ in steps:
                self._stand_back()

    def _stand_back(self) -> None:
        while self._ahead or time.monotonic() - self._quiet_since < _QUIET_SECONDS:
            time.sleep(_QUIET_SECONDS / 5)
