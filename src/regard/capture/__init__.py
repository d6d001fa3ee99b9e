"""Model → record: runs a model as it always runs and keeps what its attention was made from.

Needs torch and transformers (the extra ``models``). ``regard.capture`` is at once this package and the function: the
package can be called, so that ``regard.capture(model, ...)`` works whichever was imported first.
"""

import sys
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from regard.errors import missing_extra

for _package in ("torch", "transformers"):
    if find_spec(_package) is None:
        raise missing_extra("regard.capture", _package, "models")

from regard.capture.calls import Call  # noqa: E402
from regard.capture.pieces import tokens_from_ids  # noqa: E402
from regard.capture.registry import recording  # noqa: E402
from regard.capture.run import capture  # noqa: E402

__all__ = ["Call", "capture", "recording", "tokens_from_ids"]


class _CallablePackage(ModuleType):
    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return capture(*args, **kwargs)


sys.modules[__name__].__class__ = _CallablePackage
