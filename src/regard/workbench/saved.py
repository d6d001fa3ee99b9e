"""A session as a file of JSON: what was asked of a model and what it answered. It is opened by asking again.

Nothing of the model is in it, and nothing in it is executed.
"""

from __future__ import annotations

import json
import warnings
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from regard.errors import ArgumentError
from regard.record.atomic import replacing
from regard.record.sound import Sound
from regard.workbench.asked import Asked
from regard.workbench.backend import AttentionEdit, Backend
from regard.workbench.state import State

VERSION = 1


class Saved(Asked):
    """A session that can be written to a file, and brought back by asking everything again."""

    def save(self, path: str | Path) -> Path:
        """Write the session to a file of JSON, to be opened again with :meth:`regard.Workbench.open`.

        It holds source, forced tokens, edits and settings of every state, its name, gold and favourite mark, the tokens
        of its answer, what is shown and what is pinned; nothing of the model, and not what was found (near words and
        states, alignments), which is asked for again. The file appears whole or not at all. Raises ``ArgumentError``
        for a source that is no words where the back end cannot write it down.
        """
        found = Path(path)
        states = [_state_data(state, self.backend) for state in self.states]
        data = {"regard": "workbench", "version": VERSION, "family": self.backend.family, "states": states}
        data |= {"way": self._history.way, "pinned": None if self.pinned is None else self.pinned.id}
        with replacing(found) as part:
            part.write_text(_lines(data), encoding="utf-8", errors="surrogatepass")
        return found

    def _replay(self, data: Mapping[str, Any]) -> None:
        """Ask everything after the first state again, in order, then show what was shown."""
        for one in data["states"][1:]:
            self.show(one["parent"])
            changes = {"source": source_of(one, self.backend), "forced": tuple(one["forced"])}
            self._tried(one["made"], **changes, edits=_edits(one), settings=one["settings"], whole=one["whole"])
        for one in data["states"]:
            self._history.change(one["id"], name=one["name"], made=one["made"], favourite=one["favourite"])
            if one["gold"] is not None:
                self.give_gold(one["gold"]["links"], state=one["id"], words=one["gold"]["words"])
        self._moved(lambda: self._history.resume(data["way"], data["pinned"]))
        self._compare(data["states"])

    def _compare(self, states: Sequence[Mapping[str, Any]]) -> None:
        pairs = zip(self.states, states, strict=True)
        other = [str(state.id) for state, one in pairs if list(state.target) != one["answer"]["ids"]]
        if other:
            warnings.warn(
                f"{len(other)} of {len(states)} answers are not what they were when the session was saved "
                f"(of state {', '.join(other)}): the model or its settings are others",
                UserWarning,
                stacklevel=4,
            )


def read(path: str | Path, family: str) -> dict[str, Any]:
    """The data of a file; raises ``ArgumentError`` for one that is no session, or of another version or family."""
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8", errors="surrogatepass"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ArgumentError(f"{path} is no saved workbench: {error}") from None
    if not isinstance(found, dict) or found.get("regard") != "workbench" or not found.get("states"):
        raise ArgumentError(f"{path} is no saved workbench, but some other JSON; Workbench.save writes one")
    if found.get("version") != VERSION:
        raise ArgumentError(f"{path} is of version {found.get('version')!r}; this regard reads version {VERSION}")
    if found.get("family") != family:
        raise ArgumentError(
            f"the session in {path} is of a model of family {found.get('family')!r}; this is {family!r}"
        )
    return found


def source_of(data: Mapping[str, Any], backend: Backend) -> Any:
    """The source of a saved state; raises ``ArgumentError`` where its tokens are other text to this tokenizer."""
    sound = data["source"].get("sound")
    if sound is not None:
        return Sound(np.frombuffer(b64decode(sound["samples"]), "<f4").astype(np.float32), sound["rate"])
    if "ids" not in data["source"]:
        return backend.given(_with_arrays(backend).source_from(data["source"]["arrays"]))
    ids, text = tuple(data["source"]["ids"]), data["source"]["text"]
    here = backend.text(ids)
    if here != text:
        raise ArgumentError(
            f"the session was saved with another tokenizer: the source of state {data['id']} was {text!r:.60}, "
            f"and to this one its tokens are {here!r:.60}"
        )
    return ids


def _lines(data: Mapping[str, Any]) -> str:
    """The data as JSON with a state a line."""
    states = ",\n  ".join(json.dumps(one, ensure_ascii=False) for one in data["states"])
    rest = {name: json.dumps(value, ensure_ascii=False) for name, value in data.items()} | {"states": f"[\n  {states}]"}
    return "{" + ",\n ".join(f'"{name}": {value}' for name, value in rest.items()) + "}\n"


def _edits(data: Mapping[str, Any]) -> tuple[AttentionEdit, ...]:
    return tuple(AttentionEdit(**edit) for edit in data["edits"])


def _state_data(state: State, backend: Backend) -> dict[str, Any]:
    gold = state.gold
    return {
        "id": state.id,
        "name": state.name,
        "parent": state.parent,
        "made": state.made,
        "source": _source_data(state, backend),
        "forced": list(state.forced),
        "whole": state.whole,
        "edits": [asdict(edit) for edit in state.edits],
        "settings": dict(state.settings),
        "gold": None if gold is None else {"links": gold.pharaoh(), "words": gold.words},
        "favourite": state.favourite,
        "answer": {"ids": list(state.target), "text": backend.text(state.target)},
    }


def _source_data(state: State, backend: Backend) -> dict[str, Any]:
    if isinstance(state.source, Sound):
        samples = b64encode(state.source.samples.astype("<f4").tobytes()).decode("ascii")
        return {"sound": {"rate": state.source.rate, "samples": samples}}
    if isinstance(state.source, tuple):
        return {"ids": list(state.source), "text": backend.text(state.source)}
    return {"arrays": _with_arrays(backend).source_data(state.source)}


def _with_arrays(backend: Any) -> Any:
    if not hasattr(backend, "source_data"):
        raise ArgumentError(
            f"a source that is no words can only be saved where the back end has source_data and source_from; "
            f"{type(backend).__name__} has not"
        )
    return backend
