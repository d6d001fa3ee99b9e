"""One protocol for every picture and program that is not Python: a request in, an answer out, both plain JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from regard.errors import ArgumentError, RegardError, StoppedError, not_one_of
from regard.view.state_spec import AttentionEditSpec
from regard.view.workbench_spec import ASKS, AnswerSpec
from regard.workbench.answers import Answers
from regard.workbench.backend import AttentionEdit

if TYPE_CHECKING:
    from regard.workbench.session import Workbench

DECODES = frozenset(
    {
        "translate",
        "replace_source",
        "insert_source",
        "delete_source",
        "silence_source",
        "cut_source",
        "keep_source",
        "force",
        "follow",
        "score",
        "begin",
        "edit_attention",
        "reset_attention",
        "settings",
    }
)
"""Requests that decode."""

TAKE_LONG = DECODES | {"projection", "replacements"}
"""Requests of which each takes the place of one that still runs."""


@dataclass(frozen=True)
class Request:
    """A request whose turn has come: call it to have it done and get the answer."""

    bench: Workbench
    message: Any

    def __call__(self, progress: Callable[[int, int], None] | None = None) -> dict[str, Any]:
        """The answer; whatever goes wrong is told in it. ``progress(tokens, most)`` is told how far a decoding is."""
        with self.bench.telling(progress):
            return self._answer()

    def _answer(self) -> dict[str, Any]:
        number = _id(self.message)
        answers = Answers(self.bench)
        try:
            ask, fields = checked(self.message)
            answer = _ASKED[ask](self.bench, answers, fields) or AnswerSpec(number, None, False)
        except StoppedError as error:
            return asdict(AnswerSpec(number, str(error), True))
        except RegardError as error:
            return asdict(AnswerSpec(number, str(error), False))
        except Exception as error:  # a model may raise anything, and whoever asks must hear of it
            return asdict(AnswerSpec(number, f"{type(error).__name__}: {error}", False))
        return asdict(replace(answer, id=number, session=answers.session()))


def checked(message: Any) -> tuple[str, dict[str, Any]]:
    """The name of what is asked and its fields, of the right types; raises ``ArgumentError``."""
    if not isinstance(message, Mapping):
        raise ArgumentError(f"a request is an object with id, ask and fields; got {type(message).__name__}")
    ask, fields = message.get("ask"), message.get("fields") or {}
    if not isinstance(ask, str) or ask not in ASKS:
        raise not_one_of("request", ask, ASKS)
    if not isinstance(fields, Mapping):
        raise ArgumentError(f"fields of {ask!r} must be an object; got {type(fields).__name__}")
    known = ASKS[ask]
    for name in fields:
        if name not in known:
            raise not_one_of(f"field of {ask!r}", name, known)
    for name, kind in known.items():
        if name not in fields and not kind.endswith("None"):
            raise ArgumentError(f"{ask!r} needs {name}, a {kind}")
        if name in fields and not _fits(fields[name], kind):
            raise ArgumentError(f"{name} of {ask!r} must be {kind}; got {fields[name]!r:.60}")
    return ask, {name: fields.get(name) for name in known}


def _fits(value: Any, kind: str) -> bool:
    return any(_TYPES[one](value) for one in kind.split(" | "))


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _is_pair(value: Any) -> bool:
    return _is_list(value) and len(value) == 2 and all(map(_is_int, value))


_TYPES: dict[str, Callable[[Any], bool]] = {
    "int": _is_int,
    "number": lambda value: _is_number(value),
    "str": lambda value: isinstance(value, str),
    "None": lambda value: value is None,
    "bool": lambda value: isinstance(value, bool),
    "list[pair]": lambda value: _is_list(value) and all(map(_is_pair, value)),
    "list[int]": lambda value: _is_list(value) and all(map(_is_int, value)),
    "list[AttentionEditSpec]": lambda value: _is_list(value) and all(isinstance(one, Mapping) for one in value),
}


def edit_of(fields: Mapping[str, Any]) -> AttentionEdit:
    """An edit from its fields as JSON; raises ``ArgumentError``."""
    known = AttentionEditSpec.__dataclass_fields__
    for name in fields:
        if name not in known:
            raise not_one_of("field of an edit", name, known)
    checks = {
        "step": _is_int(fields.get("step")),
        "change": isinstance(fields.get("change", "move"), str),
        "kind": fields.get("kind") in (None, "encoder", "decoder", "cross"),
        "share": isinstance(fields.get("share", 1.0), (int, float)),
        "row": fields.get("row") is None or (_is_list(fields["row"]) and all(map(_is_number, fields["row"]))),
    }
    lists = {name: fields.get(name) for name in ("keys", "to", "layers", "heads")}
    checks |= {name: value is None or (_is_list(value) and all(map(_is_int, value))) for name, value in lists.items()}
    for name, fits in checks.items():
        if not fits:
            raise ArgumentError(f"{name} of an edit cannot be {fields.get(name)!r:.60}")
    given = {name: value for name, value in fields.items() if value is not None}
    return AttentionEdit(**given)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


Asked = Callable[["Workbench", Answers, dict[str, Any]], AnswerSpec | None]


def _shown(bench: Workbench, answers: Answers, f: dict[str, Any]) -> None:
    answers.whole(bench.show(f["state"]).id)


def _session(_bench: Workbench, answers: Answers, _f: dict[str, Any]) -> None:
    answers.shown()


def _pinned(bench: Workbench, answers: Answers, f: dict[str, Any]) -> None:
    bench.pin(f["state"])
    if f["state"] is not None:
        answers.whole(f["state"])


def _did(name: str) -> Asked:
    """A request that is a method of the workbench with the same fields, and gives a state."""

    def asked(bench: Workbench, answers: Answers, fields: dict[str, Any]) -> None:
        answers.whole(getattr(bench, name)(**fields).id)

    return asked


def _edited(bench: Workbench, answers: Answers, f: dict[str, Any]) -> None:
    answers.whole(bench.edit_attention(*(edit_of(fields) for fields in f["edits"])).id)


def _set(bench: Workbench, answers: Answers, f: dict[str, Any]) -> None:
    answers.whole(bench.change_settings(**{name: value for name, value in f.items() if value is not None}).id)


def _translated(bench: Workbench, answers: Answers, f: dict[str, Any]) -> None:
    answers.whole(bench.translate(f["text"]).id)


def _favourite(bench: Workbench, _answers: Answers, f: dict[str, Any]) -> None:
    bench.favourite(f["state"], on=f["on"])


def _gold(bench: Workbench, answers: Answers, f: dict[str, Any]) -> None:
    bench.give_gold(f["links"], state=f["state"], words=f["words"] is not False)
    answers.whole(f["state"])


def _cancelled(bench: Workbench, _answers: Answers, _f: dict[str, Any]) -> None:
    bench.interrupt()


_ASKED: dict[str, Asked] = {
    "session": _session,
    "show": _shown,
    "translate": _translated,
    **{name: _did(name) for name in ("replace_source", "insert_source", "delete_source", "force", "follow")},
    **{name: _did(name) for name in ("silence_source", "cut_source", "keep_source")},
    **{name: _did(name) for name in ("score", "begin", "reset_attention", "undo", "redo", "rename", "swap")},
    "edit_attention": _edited,
    "settings": _set,
    "pin": _pinned,
    "compare": lambda _bench, answers, f: answers.comparison(**f),
    "branch": lambda _bench, answers, f: answers.branch(**f),
    "words": lambda _bench, answers, f: answers.words(**f),
    "links": lambda _bench, answers, f: answers.links(**f),
    "neighbours": lambda _bench, answers, f: answers.neighbours(**f),
    "projection": lambda _bench, answers, f: answers.projection(**f),
    "components": lambda _bench, answers, f: answers.components(**f),
    "replacements": lambda _bench, answers, f: answers.replacements(**f),
    "favourite": _favourite,
    "gold": _gold,
    "cancel": _cancelled,
}


def _id(message: Any) -> int:
    found = message.get("id") if isinstance(message, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else -1
