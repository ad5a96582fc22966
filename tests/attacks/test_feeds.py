"""Attacks of ordinary feeds: another country's numbers, e-RS, versions that say two things, our account's faults."""

from typing import Any

import pytest

from services.delivery.providers.outcomes import Failure, on_callback
from shared.clinic.patient import Contact
from shared.formats.fhir.bundle import SAME_VERSION, Mapped, events
from shared.patients.person import address_of
from shared.platform.database import Pool
from shared.security.encryption import Encryption
from tests.harness import INDEX_KEY, KEYS, Harness, appointment

IRISH, ABROAD = "085 012 3456", "+353850123456"


@pytest.fixture
async def irish(pool: Pool) -> Harness:
    """A house in Ireland."""
    return await Harness(pool, Encryption.of(KEYS, INDEX_KEY, "IE")).open()


@pytest.mark.parametrize("body", ["she has died", "STOP", "wrong number"])
async def test_an_irish_phone_is_known_by_its_number(irish: Harness, body: str) -> None:
    """With COCREATE_REGION=IE a number that a clinic writes without its code is the one that texts: a reply acts."""
    await irish.clinic_says(appointment(phone=IRISH))
    sid = await irish.phone_says(body, phone=ABROAD)
    [row] = await irish.pool.fetch("SELECT * FROM texts.texts WHERE id = $1", sid)
    assert len(row["patients"]) == 1
    if body != "STOP":
        assert await irish.pool.fetchval("SELECT count(*) FROM texts.holds") == 1


def test_no_number_is_read_without_saying_where() -> None:
    """The country of numbers has no default where addresses are read: nobody can forget to hand it on."""
    with pytest.raises(TypeError):
        address_of(Contact(channel="sms", value=IRISH))  # type: ignore[call-arg]


def of_ers(**changed: Any) -> dict[str, Any]:
    """An appointment as e-RS answers with it: the patient is an NHS number, and nothing else."""
    service = {
        "identifier": {"system": "http://fhir.nhs.net/Id/ers-service", "value": "11000"},
        "display": "Cardiology",
    }
    number = {"identifier": {"system": "http://fhir.nhs.net/Id/nhs-number", "value": "9912003888"}}
    return {
        "resourceType": "Appointment",
        "id": "70000",
        "meta": {"versionId": "0"},
        "status": "booked",
        "start": "2026-12-01T12:00:00+00:00",
        "participant": [{"actor": service, "status": "accepted"}, {"actor": number, "status": "accepted"}],
        **changed,
    }


@pytest.mark.parametrize(
    "system",
    [
        "http://fhir.nhs.net/Id/nhs-number",
        "https://fhir.nhs.uk/Id/nhs-number",
        "http://fhir.nhs.uk/Id/nhs-number",
        "https://fhir.hl7.org.uk/Id/nhs-number",
        "urn:oid:2.16.840.1.113883.2.1.4.1",
    ],
)
def test_e_rs_appointments_are_read(system: str) -> None:
    """A patient who is named by an NHS number alone is known by it, whichever of its systems the server writes."""
    resource = of_ers()
    resource["participant"][1]["actor"]["identifier"]["system"] = system
    [one] = events(resource, "urn:ers")
    assert isinstance(one, Mapped), one
    assert one.event["data"]["patient"] == {"id": "9912003888", "nhs_number": "9912003888"}
    assert "9912003888" not in one.key


@pytest.mark.parametrize("meta", [{"versionId": "0"}, {"versionId": "7", "lastUpdated": "2026-11-01T00:00:00Z"}])
def test_a_version_that_says_two_things(meta: dict[str, str]) -> None:
    """The same version with other content is another event, with a note: the later counts. The same twice is one."""
    moved = of_ers(meta=meta, start="2026-12-02T12:00:00+00:00")
    first, again, later = events([of_ers(meta=meta), of_ers(meta=meta), moved], "urn:ers")
    assert isinstance(first, Mapped)
    assert isinstance(again, Mapped)
    assert isinstance(later, Mapped)
    assert first.event["id"] == again.event["id"] != later.event["id"]
    assert [SAME_VERSION in one.notes for one in (first, again, later)] == [False, False, True]


@pytest.mark.parametrize("code", [30010, 30024, 30034, 30500, 60005])
def test_faults_of_our_account_are_not_the_phone_s(code: int) -> None:
    """Twilio's codes for our own account and for faults in its network: the phone is tried again, not given up."""
    assert on_callback(code) is Failure.RETRY
