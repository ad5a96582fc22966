"""Who speaks of a patient, at the terminal: whose word it is, and no detail."""

import pytest

from shared.clinic.patient import Details
from shared.patients import details, identity
from shared.patients.identity import Name
from shared.patients.voices import ReportedDetails
from shared.platform.clock import Connection
from shared.security.encryption import Encryption
from tests.cli.conftest import Desk
from tests.harness import INDEX_KEY, KEYS, MONDAY, OTHER_SOURCE, SOURCE

NUMBER = "9434765919"
SAID = {"first_name": "Una", "contacts": [{"channel": "sms", "value": "07700 900001"}], "nhs_number": NUMBER}


async def _known(connection: Connection) -> None:
    encryption = Encryption.of(KEYS, INDEX_KEY)
    for source, status in ((SOURCE, "01"), (OTHER_SOURCE, "02")):
        async with connection.transaction():
            name = Name(source, "p1", NUMBER)
            [(reference, patient)] = (await identity.resolve(connection, encryption, [name])).items()
            told = ReportedDetails(
                patient_id=patient,
                reference=reference,
                embedded=False,
                version="2026-11-16T09:00:00",
                details=Details.model_validate({**SAID, "nhs_number_status": status}),
                source=source,
            )
            await details.speak(connection, encryption, [told], MONDAY)


@pytest.mark.parametrize("text", ["p1", NUMBER, "07700 900001"])
def test_who_speaks_of_a_patient(desk: Desk, text: str) -> None:
    """By whatever they are looked for: each source with its organisation, and of what it speaks."""
    desk.do(_known)
    shown = desk("people", "show", text)
    assert SOURCE in shown
    assert OTHER_SOURCE in shown
    assert "contacts, first_name" in shown
    assert ("traced" in shown, "claimed" in shown) == (True, True)
    assert "2 patients" in shown


def test_no_detail_is_shown(desk: Desk) -> None:
    """Neither a name nor a number: whoever looks over a shoulder learns nothing of anybody."""
    desk.do(_known)
    shown = desk("people", "show", "p1")
    assert not any(secret in shown for secret in ("Una", "900001", NUMBER, "5919"))


def test_nobody(desk: Desk) -> None:
    """Who is not known is said not to be."""
    assert "Nobody" in desk("people", "show", "p9", code=1)


def test_a_record_is_parted_with_a_reason(desk: Desk) -> None:
    """No reason, no such record, or none to part it from: nothing changes, and the cause is said."""
    desk.do(_known)
    assert "Say why" in desk("people", "part", "p1", "--source", SOURCE, code=1)
    assert "no records" in desk("people", "part", "p1", "--source", "https://x.example.org", "--why", "x", code=1)
    assert "nothing to part" in desk("people", "part", "p1", "--source", SOURCE, "--why", "x", code=1)
