from pathlib import Path

import pytest

from regard.view.spec import SelectionSpec
from regard.view.typescript import typescript

SPEC = Path(__file__).parents[2] / "web" / "src" / "spec.ts"


def test_spec_ts_is_current():
    assert SPEC.read_text(encoding="utf-8") == typescript(), "run: make spec"


@pytest.mark.parametrize("field", SelectionSpec.__dataclass_fields__)
def test_every_field_is_there(field):
    assert f"  {field}: " in typescript()
