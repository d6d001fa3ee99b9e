"""Requests of a picture that change something: done one at a time beside whatever else Python does, and answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

from regard.serve.threads import thread

_PROGRESS_SECONDS = 0.1


@runtime_checkable
class Asked(Protocol):
    """A view that answers requests (:class:`regard.view.workbench_spec.RequestSpec`)."""

    def ask(self, message: Any) -> Callable[..., dict[str, Any]]:
        """Let a request have its turn; calling the result (``progress=``) does it and gives the answer."""
        ...

    def news(self) -> dict[str, Any]:
        """An answer that nobody asked for: the session as it is now."""
        ...

    def watch(self, observer: Callable[[], None]) -> Callable[[], None]:
        """Call ``observer()`` after every change; returns a function that ends this."""
        ...


class Asking:
    """Answers ``{type: "ask", id, ask, fields}`` with ``{type: "answer", id, answer}``.

    ``{type: "progress", id, tokens, most}`` come before it where it takes long. A change that Python makes is told as
    an answer with the id -1. Each request has its turn in the order of arrival, so that a later one can end an earlier.
    """

    def __init__(self, view: Asked, send: Callable[[dict[str, Any], list[bytes]], None]):
        self._view, self._send = view, send
        self._ours: set[int] = set()
        self._end = view.watch(self._changed)
        self._threads: list[threading.Thread] = []

    def __call__(self, message: Mapping[str, Any]) -> None:
        """Begin to answer a request."""
        name, request = message.get("id"), self._view.ask(message)
        self._threads = [one for one in self._threads if one.is_alive()]
        self._threads.append(thread(self._answer, name, request, name="regard answer"))
        self._threads[-1].start()

    def close(self) -> None:
        """Tell no more."""
        self._end()

    def join(self, timeout: float | None = None) -> None:
        """Wait until every request so far is answered."""
        for one in self._threads:
            one.join(timeout)

    def _answer(self, name: Any, request: Callable[..., dict[str, Any]]) -> None:
        told = -_PROGRESS_SECONDS

        def progress(tokens: int, most: int) -> None:
            nonlocal told
            if time.monotonic() - told >= _PROGRESS_SECONDS:
                told = time.monotonic()
                self._send({"type": "progress", "id": name, "tokens": tokens, "most": most}, [])

        self._ours.add(threading.get_ident())
        try:
            answer = request(progress=progress)
        finally:
            self._ours.discard(threading.get_ident())
        self._send({"type": "answer", "id": name, "answer": answer}, [])

    def _changed(self) -> None:
        if threading.get_ident() not in self._ours:
            self._send({"type": "answer", "id": -1, "answer": self._view.news()}, [])
