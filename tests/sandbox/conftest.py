"""A sandbox that wastes no time."""

import pytest

from services.sandbox.settings import Settings


@pytest.fixture
def settings() -> Settings:
    return Settings(status_delay=0, callback_retry_after=0)
