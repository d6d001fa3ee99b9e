"""Blocks so small that short sequences are cut into many."""

import pytest

from regard.record.engine import blocks


@pytest.fixture(scope="module", params=["one block", "many blocks"])
def cut(request):
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "many blocks":
            for name, value in {"TILE": 12, "_MOST": 5, "_LEAST": 2, "_LEAST_KEYS": 3}.items():
                patch.setattr(blocks, name, value)
        yield request.param
