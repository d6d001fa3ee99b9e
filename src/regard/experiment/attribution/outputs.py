"""What the heads of an attention call give, changed in whatever answers the call."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from torch import Tensor

from regard.capture.calls import Call
from regard.capture.written import Written
from regard.errors import NoAttentionError


def with_output(call: Call, answer: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """The answer with ``change`` of its output [batch, query, head, d_value].

    Raises ``NoAttentionError`` where one function projects and attends, so that there is no such output.
    """
    if isinstance(answer, Written):
        return replace(answer, outputs=change)
    if call.value is None:
        raise NoAttentionError(f"{call.path}: one function of torch projects and attends, whose heads are not seen")
    output, *rest = answer if isinstance(answer, tuple) else (answer,)
    found = change(output)
    return (found, *rest) if isinstance(answer, tuple) else found
