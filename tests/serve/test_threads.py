"""Threads that can talk to a picture: marimo's own kind where marimo runs, else the usual one."""

import sys
import threading
import types

import pytest

from regard.serve.threads import thread


class Own(threading.Thread):
    """What stands for marimo's threads."""


@pytest.mark.parametrize(("runs", "kind"), [(True, Own), (False, threading.Thread)])
def test_marimo_hears_its_own_threads_only(monkeypatch, runs, kind):
    marimo = types.SimpleNamespace(Thread=Own, running_in_notebook=lambda: runs)
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    heard: list[int] = []
    made = thread(heard.append, 3, name="regard answer")
    assert type(made) is kind
    assert (made.name, made.daemon) == ("regard answer", True)
    made.start()
    made.join(10)
    assert heard == [3]


def test_elsewhere_threads_are_as_usual(monkeypatch):
    monkeypatch.delitem(sys.modules, "marimo", raising=False)
    assert type(thread(print, name="x")) is threading.Thread
