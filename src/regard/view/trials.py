"""Tests of what is selected in a view, and the list of those that were made."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Protocol, get_args, runtime_checkable

from regard.axes import Kind
from regard.errors import ArgumentError, not_one_of
from regard.view.spec import About, AttentionSpec, FindingSpec, SelectionSpec, TestSpec

Observer = Callable[[], None]
STEPS: dict[About, int] = {"edge": 6, "heads": 2, "token": 1}
_busy = threading.RLock()


@runtime_checkable
class Asked(Protocol):
    """What a view is asked with as ``question=``: a :class:`regard.experiment.Question`.

    ``effect`` is the name of what is measured. ``trial`` changes what is named in the live model, and gives one finding
    after another (see :func:`regard.experiment.trial.trial`).
    """

    @property
    def effect(self) -> str: ...  # noqa: D102

    def trial(  # noqa: D102
        self,
        about: str,
        *,
        kind: Kind,
        layer: int,
        heads: Any,
        query: int | None,
        key: int | None,
        size: tuple[int, int],
    ) -> Iterator[Any]: ...


class Trials:
    """The tests of a view, oldest first: a sequence of :class:`regard.view.spec.TestSpec`."""

    def __init__(self, question: Asked | None):
        self.question = question
        self._tests: list[TestSpec] = []
        self._stopped: set[int] = set()
        self._observers: list[Observer] = []

    def __len__(self) -> int:
        return len(self._tests)

    def __iter__(self) -> Iterator[TestSpec]:
        return iter(tuple(self._tests))

    def __getitem__(self, number: int) -> TestSpec:
        return self._tests[number]

    def __repr__(self) -> str:
        return (
            f"<{len(self)} tests>"
            if not self._tests
            else "\n".join(line for test in self._tests for line in lines(test))
        )

    def observe(self, observer: Observer) -> Callable[[], None]:
        """Call ``observer()`` after every change; returns a function that ends this."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def begin(self, about: str | None, place: SelectionSpec) -> TestSpec:
        """A test of what is selected there, not run yet. Raises ``ArgumentError`` without a question."""
        if self.question is None:
            raise ArgumentError(
                "this view cannot test: make it with question=regard.experiment.ask(model, tokenizer, text), of the "
                "text that is shown"
            )
        about = about or about_of(place)
        if about not in get_args(About):
            raise not_one_of("kind of test", about, get_args(About))
        target = str(getattr(getattr(self.question, "baseline", None), "piece", ""))
        made = TestSpec(
            id=len(self._tests),
            about=about,  # type: ignore[arg-type]
            kind=place.kind,
            layer=place.layer,
            heads=list(place.heads),
            query=None if about == "heads" else place.query,
            key=None if about == "heads" else place.key,
            name=self.question.effect,
            target=target,
            state="running",
            done=0,
            of=STEPS[about],  # type: ignore[index]
            findings=[],
            message="",
        )
        self._tests.append(made)
        self._tell()
        return made

    def run(self, test: TestSpec, offer: AttentionSpec) -> TestSpec:
        """Run a test that was begun; what goes wrong is said in it and raised. One test runs at a time."""
        assert self.question is not None
        place = {"kind": test.kind, "layer": test.layer, "heads": test.heads, "query": test.query, "key": test.key}
        try:
            with _busy:
                for found in self.question.trial(test.about, **place, size=(offer.queries, offer.keys)):  # type: ignore[arg-type]
                    test = self._put(replace(test, findings=[*test.findings, _plain(found)], done=test.done + 1))
                    if test.id in self._stopped and test.done < test.of:
                        return self._put(replace(test, state="stopped"))
        except BaseException as error:
            self._put(replace(test, state="failed", message=f"{error}" or type(error).__name__))
            raise
        return self._put(replace(test, state="done"))

    def stop(self, number: int) -> None:
        """End a test after the finding that it is at."""
        self._stopped.add(number)

    def _put(self, test: TestSpec) -> TestSpec:
        self._tests[test.id] = test
        self._tell()
        return test

    def _tell(self) -> None:
        for observer in list(self._observers):
            observer()


def about_of(place: SelectionSpec) -> About:
    """What is selected: an edge where a query and a key are, a token where one of them is, else heads."""
    if place.query is not None and place.key is not None:
        return "edge"
    return "heads" if place.query is None and place.key is None else "token"


def lines(test: TestSpec) -> list[str]:
    """A test in words: where, and under it a line for each finding."""
    where = {
        "edge": f"edge from key {test.key} to query {test.query}, ",
        "heads": "",
        "token": f"token {test.query if test.key is None else test.key}",
    }[test.about]
    heads = f"layer {test.layer}, {'head' if len(test.heads) == 1 else 'heads'} {', '.join(map(str, test.heads))}"
    of = f"Δ {test.name}" + (f" of {test.target!r}" if test.target else "")
    state = {"done": "", "failed": f": {test.message}"}.get(test.state, f" ({test.state}, {test.done} of {test.of})")
    found = [
        f"  {_value(one)}  {_WORDS[one.how]}{_SCOPES[one.scope] * (test.about == 'edge')}" for one in test.findings
    ]
    return [f"{where}{'' if test.about == 'token' else heads}: {of}{state}", *found]


_WORDS = {
    "mask": "hidden",
    "value": "weight set to zero",
    "zero": "output set to zero",
    "mean": "output set to its mean",
    "replace": "replaced by other tokens",
}
_SCOPES = {"heads": " in these heads", "layer": " in the layer", "model": " in all layers"}


def _value(found: FindingSpec) -> str:
    spread = "" if found.spread is None else f" ± {found.spread:.2g}"
    return f"{found.value:+.3g}{spread}" if found.measurable else f"{found.value:+.2g} (not measurable)"


def _plain(found: Any) -> FindingSpec:
    return FindingSpec(found.how, found.scope, found.value, found.noise, found.spread, found.measurable)
