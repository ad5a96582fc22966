"""Two clinics, as strangers and as partners."""

import pytest

from tests.attacks import clinics
from tests.harness import Harness


@pytest.fixture
async def strangers(harness: Harness) -> Harness:
    """Two organisations, neither of which may do anything beyond its own things."""
    return await clinics.strangers(harness)


@pytest.fixture
async def partners(harness: Harness) -> Harness:
    """Two organisations whose patients an NHS number may unite, and which may speak of deaths."""
    return await clinics.partners(harness)


@pytest.fixture(params=["strangers", "partners"])
async def either(request: pytest.FixtureRequest, harness: Harness) -> Harness:
    """Two organisations, however much each may do."""
    return await (clinics.strangers if request.param == "strangers" else clinics.partners)(harness)
