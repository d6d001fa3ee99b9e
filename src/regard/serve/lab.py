"""Tests that a picture in a notebook asks for: run beside the user's own work, and never raised into it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import get_args

from regard.errors import RegardError
from regard.serve.threads import thread
from regard.view import View
from regard.view.spec import About, AttentionSpec, TestSpec


class Lab:
    """Answers ``{type: "test", about}`` by testing what is selected, and ``{type: "stop", id}`` by ending a test.

    Each test runs in a thread of its own, one after another; how far it is and what it found is in ``view.tests``, and
    so is what went wrong.
    """

    def __init__(self, view: View):
        self._view = view
        self._threads: list[threading.Thread] = []

    def __call__(self, message: object) -> bool:
        """Take a message; whether it was one about tests."""
        fields = message if isinstance(message, Mapping) else {}
        number = fields.get("id")
        if fields.get("type") == "stop":
            if isinstance(number, int):
                self._view.tests.stop(number)
            return True
        if fields.get("type") != "test":
            return False
        about = fields.get("about")
        self._begin(about if about in get_args(About) else None)
        return True

    def join(self, timeout: float) -> None:
        """Wait for the tests that run, at most so many seconds for each."""
        for one in self._threads:
            one.join(timeout)

    def _begin(self, about: About | None) -> None:
        try:
            test = self._view.tests.begin(about, self._view.selection.state)
        except RegardError:  # without a question the picture offers no test
            return
        offer = next(one for one in self._view.attentions() if one.kind == test.kind)
        begun = thread(self._run, test, offer, name="regard test")
        self._threads = [*(one for one in self._threads if one.is_alive()), begun]
        begun.start()

    def _run(self, test: TestSpec, offer: AttentionSpec) -> None:
        try:
            self._view.tests.run(test, offer)
        except Exception:  # it is said in the test, where the user sees it
            return
