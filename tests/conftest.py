"""Shared by all tests: a switch for tests that pass what the signatures forbid, as users do."""

from collections.abc import Iterator

import jaxtyping
import pytest


@pytest.fixture
def as_users_do() -> Iterator[None]:
    """Run without the checks of signatures, so that regard's own errors are what is met."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)
