"""What is kept of an appointment for a clinician's list, and whose list it is on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.cards.listed import EXPECTED, ListedAppointment
from services.cards.rules import says
from shared.clinic.appointment import Appointment, AppointmentStatus
from tests.cards.fixtures import DR_ADA, listed, london


def test_a_list_is_its_clinicians_of_that_day() -> None:
    """The address in small letters and the day are the name; the address alone is a detail, and takes no answers."""
    owner = listed().patient
    assert owner is not None
    assert owner.id == "clinician ada.grey@nhs.example.org 2026-12-08"
    assert [(c.channel, c.value, c.may_answer) for c in owner.contacts or ()] == [
        ("email", "ada.grey@nhs.example.org", False)
    ]
    assert owner.first_name is None


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"clinician_email": None}, id="no address"),
        pytest.param({"clinician_email": "Dr Grey"}, id="no address, but a name"),
        pytest.param({"clinician_email": "a@b@example.org"}, id="no address to which a letter could go"),
        pytest.param({"clinician_email": f"{'a' * 60}@{'b.' * 60}org"}, id="an address longer than a name may be"),
        pytest.param({"attends": False}, id="named for information only"),
        *(pytest.param({"status": status}, id=status) for status in AppointmentStatus if status not in EXPECTED),
        pytest.param({"status": "cancelled", "start": None}, id="without a start"),
    ],
)
def test_what_is_on_nobodys_list(data: dict[str, Any]) -> None:
    """It is gone from whoever had it."""
    event = {"status": "booked", "start": london("2026-12-08 09:00").isoformat(), "patient": {"id": "p1"}}
    assert ListedAppointment.model_validate({**event, "clinician_email": DR_ADA, **data}).patient is None


def test_nothing_of_the_patient_and_no_address_is_kept() -> None:
    """What is kept says when and where, and the domain; it is read back as it was."""
    one = listed(
        clinician="Dr Ada Grey",
        zone="Europe/London",
        patient={"id": "9434765919", "first_name": "Siân", "contacts": [{"channel": "sms", "value": "07700 900001"}]},
    )
    kept = one.bare("00").model_dump_json(exclude_none=True)
    assert not [word for word in ("Siân", "9434765919", "07700", "Grey", "grey", "@") if word in kept]
    assert ListedAppointment.model_validate_json(kept) == one.bare("00")
    assert ListedAppointment.model_validate_json(kept).clinician_domain == "nhs.example.org"
    assert "grey" not in repr(one).lower()


@pytest.mark.parametrize(
    ("data", "where"),
    [
        pytest.param({"patient": {}}, ("patient", "id"), id="no patient's id"),
        pytest.param({"patient": None}, ("patient",), id="no patient"),
        pytest.param({"start": None}, (), id="booked without a start"),
        pytest.param({"mode": "pigeon"}, ("mode",), id="a mode that there is not"),
        pytest.param({"attends": "perhaps"}, ("attends",), id="whether the patient comes"),
        pytest.param({"clinician_domain": "nhs.example.org", "mode": "pigeon"}, ("mode",), id="a field of ours in it"),
    ],
)
def test_what_is_no_appointment_is_refused(data: dict[str, Any], where: tuple[str, ...]) -> None:
    """An event that prompts refuses must not count as readable here: it would end what holds the appointment."""
    event = {"status": "booked", "start": "2026-12-08T09:00:00Z", "patient": {"id": "p1"}, **data}
    with pytest.raises(ValidationError) as refused:
        ListedAppointment.model_validate(event)
    assert refused.value.errors()[0]["loc"] == where


JSON = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.just("2026-12-08T09:00:00Z")


@given(
    st.dictionaries(st.sampled_from([*Appointment.model_fields]), JSON | st.just({"id": "p1"}) | st.just("booked")),
)
def test_a_list_takes_what_an_appointment_is(data: dict[str, Any]) -> None:
    """Whatever comes, both read it or neither does."""

    def fits(model: type[Appointment] | type[ListedAppointment]) -> bool:
        try:
            model.model_validate(data)
        except ValidationError:
            return False
        return True

    assert fits(ListedAppointment) == fits(Appointment)


def test_what_a_clinician_would_be_told() -> None:
    """Another time, length, mode or clinic is a change; another address is another clinician's list."""
    told = says(listed())
    assert says(listed(clinician_email="bo@nhs.example.org")) == told
    changes = [
        listed("2026-12-08 10:00"),
        listed(mode="video"),
        listed(clinic="HILL"),
        listed(end="2026-12-08T10:00:00Z"),
    ]
    assert len({told, *map(says, changes)}) == 5
