"""What clinics publish: what is kept of it, and which days make sense."""

from typing import Any

import pytest
from pydantic import ValidationError

from shared.clinic.appointment import Appointment
from shared.clinic.goal import Goal
from tests.harness import appointment, goal


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(
            Appointment.model_validate(appointment(clinician_email="rees@example.org")["data"]), id="appointment"
        ),
        pytest.param(Goal.model_validate(goal()["data"]), id="goal"),
    ],
)
def test_facts_keep_no_address_and_no_name(state: Appointment | Goal) -> None:
    """What is kept as a fact knows its patient by a blind index alone, and no clinician's address."""
    kept = state.bare("ab12").model_dump_json(exclude_none=True)
    assert '"id":"ab12"' in kept
    assert not [word for word in ("Ada", "07700", "example.org") if word in kept]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"set_on": 1764547200}, id="a number"),
        pytest.param({"set_on": "2026-12-01T09:00:00Z"}, id="an instant"),
        pytest.param({"set_on": "01/12/2026"}, id="a day as people write it"),
        pytest.param({"set_on": "9999-12-31"}, id="a year that nobody plans for"),
        pytest.param({"set_on": "2026-02-30"}, id="no day"),
        pytest.param({"set_on": "2026-12-01", "review_on": "2026-11-30"}, id="reviewed before it was set"),
        pytest.param({"set_on": "2026-12-01", "confidence": 11}, id="surer than sure"),
    ],
)
def test_days_and_confidence_that_make_no_sense(data: dict[str, Any]) -> None:
    """What would be a guess, or overflow later, is refused at the door."""
    with pytest.raises(ValidationError):
        Goal.model_validate({"patient": {"id": "p1"}, **data})
