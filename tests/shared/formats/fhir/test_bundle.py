"""What a clinic's FHIR becomes."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.clinic.appointment import Appointment, AppointmentStatus
from shared.clinic.goal import Goal
from shared.clinic.patient import Contact, Patient
from shared.events.cloudevents import Event, EventKind, Record, read
from shared.events.types import EARLIEST, LATEST
from shared.formats.fhir import appointment as fhir_appointment
from shared.formats.fhir import bundle as fhir
from shared.formats.fhir import goal as fhir_goal
from shared.formats.fhir import subject
from shared.formats.fhir.bundle import Mapped, Unmappable, events, is_fhir

SOURCE = "https://example.org/pas"
FIXTURES = Path(__file__).parent / "fixtures"
NAMES = ("appointment", "goal", "patient", "message", "book-request")
KINDS: dict[str, EventKind[Any]] = {
    "cocreate.appointment.v1": EventKind("appointment", Appointment),
    "cocreate.goal.v1": EventKind("goal", Goal),
    "cocreate.patient.v1": EventKind("patient", Patient),
}
NHS = "https://fhir.nhs.uk/Id/nhs-number"
NHS_NUMBER = "9990000018"
CHANNEL = "https://fhir.nhs.uk/STU3/StructureDefinition/Extension-GPConnect-DeliveryChannel-"
UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeliveryChannel"
INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
PATIENT_EXTENSION = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-"
VIRTUAL = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.virtualService"
REASONS = "http://terminology.hl7.org/CodeSystem/appointment-cancellation-reason"
GONE = object()
"""In a case: without this field."""


def fixture(name: str) -> Any:
    """A resource of an invented person."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


def changed(name: str, /, **fields: Any) -> dict[str, Any]:
    """A fixture with these fields instead."""
    resource = {**fixture(name), **fields}
    return {key: value for key, value in resource.items() if value is not GONE}


def mapped(resource: Any) -> Mapped:
    """The one event of a resource, which is published and read as it is."""
    (found,) = events(resource, SOURCE)
    assert isinstance(found, Mapped), found
    assert is_read(found)
    return found


def refused(resource: Any) -> Unmappable:
    """Why the one resource gives no event."""
    (found,) = events(resource, SOURCE)
    assert isinstance(found, Unmappable), found
    return found


def data(resource: Any) -> dict[str, Any]:
    """What the one event of a resource says."""
    said: dict[str, Any] = mapped(resource).event["data"]
    return said


def is_read(found: Mapped) -> bool:
    """Whether a planner would read this event as it was meant."""
    value = json.dumps(found.event).encode()
    record = Record(topic=found.topic, partition=0, offset=0, timestamp=LATEST, key=found.key.encode(), value=value)
    event = read(record, KINDS, LATEST)
    return isinstance(event, Event) and event.thing == found.key and event.data is not None


def coded(extension: str, **parts: Any) -> list[dict[str, Any]]:
    """An extension of UK Core with these codes, one a part; None: a part that is written in words alone."""
    values = {
        part: {"text": "in words"} if code is None else {"coding": [{"code": code}]} for part, code in parts.items()
    }
    inner = [{"url": part, "valueCodeableConcept": value} for part, value in values.items()]
    return [{"url": PATIENT_EXTENSION + extension, "extension": inner}]


def participants(*actors: Any, **said: Any) -> dict[str, Any]:
    """An appointment with these actors alone."""
    return changed("appointment", participant=[{"actor": actor, "status": "accepted", **said} for actor in actors])


def bundle(*resources: Any, kind: str = "collection") -> dict[str, Any]:
    """A Bundle of resources."""
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": resource} for resource in resources]}


class TestAppointment:
    """An Appointment resource."""

    def test_whole(self) -> None:
        """Every field that we use arrives, and nothing else."""
        found = mapped(fixture("appointment"))
        assert (found.topic, found.key) == ("clinic.appointments", f"{SOURCE}/appointment/1001")
        assert found.notes == ()
        assert found.event | {"id": ""} == {
            "specversion": "1.0",
            "id": "",
            "source": SOURCE,
            "type": "cocreate.appointment.v1",
            "subject": "appointment/1001",
            "time": "2026-11-02T10:15:00Z",
            "data": {
                "status": "booked",
                "patient": {"id": "p1"},
                "start": "2026-12-01T09:00:00Z",
                "end": "2026-12-01T09:30:00Z",
                "created": "2026-10-10T07:00:00Z",
                "mode": "in-person",
                "clinic": "32",
                "clinician": "Dr Olu Adeyemi",
            },
        }

    @pytest.mark.parametrize("status", list(AppointmentStatus))
    def test_each_status(self, status: str) -> None:
        """Every status of FHIR is carried over as it is."""
        assert data(changed("appointment", status=status))["status"] == status

    @pytest.mark.parametrize(
        ("fields", "cause"),
        [
            pytest.param({"status": "canceled"}, "status", id="American spelling"),
            pytest.param({"status": "Booked"}, "status", id="capital"),
            pytest.param({"status": GONE}, "status", id="no status"),
            pytest.param({"status": ["booked"]}, "status", id="status a list"),
            pytest.param({"start": GONE}, "start", id="no start"),
            pytest.param({"start": "2026-12-01T09:00:00"}, "start", id="start without a zone"),
            pytest.param({"start": "2026-12-01"}, "start", id="start a date"),
            pytest.param({"start": "2026-02-30T09:00:00Z"}, "start", id="no such day"),
            pytest.param({"start": "1764547200"}, "start", id="seconds as text"),
            pytest.param({"start": 1764547200}, "start", id="seconds"),
            pytest.param({"start": "9999-12-31T23:59:59-12:00"}, "start", id="edge of the calendar"),
            pytest.param({"participant": GONE}, "names no patient", id="no participants"),
            pytest.param({"participant": [{"actor": {"display": "Rhian"}}]}, "names no patient", id="a display only"),
            pytest.param({"participant": [{"actor": {"reference": "Group/1"}}]}, "names no patient", id="a group"),
            pytest.param({"id": GONE, "identifier": GONE}, "no id and no identifier", id="no id"),
            pytest.param({"id": "a b/c", "identifier": GONE}, "no id and no identifier", id="no usable id"),
        ],
    )
    def test_unmappable(self, fields: dict[str, Any], cause: str) -> None:
        """What can't be understood is refused with a sentence about that."""
        found = refused(changed("appointment", **fields))
        assert found.resource == "Appointment"
        assert cause in found.cause

    @pytest.mark.parametrize("status", ["cancelled", "noshow", "entered-in-error", "proposed", "pending", "waitlist"])
    @pytest.mark.parametrize("start", [GONE, "2026-12-01T09:00:00", 5])
    def test_a_cancellation_needs_no_start(self, status: str, start: Any) -> None:
        """A cancellation with a bad start still cancels."""
        found = mapped(changed("appointment", status=status, start=start, end=GONE))
        assert "start" not in found.event["data"]
        assert any("start" in note for note in found.notes) is (start is not GONE)

    @pytest.mark.parametrize(
        ("field", "value", "expected", "noted"),
        [
            pytest.param("created", "2026-10-10", "2026-10-10T00:00:00Z", False, id="a date is its first instant"),
            pytest.param("created", "2026-10-10T23:30:00-05:00", "2026-10-11T04:30:00Z", False, id="another zone"),
            pytest.param("created", "2026-10-10T23:30Z", "2026-10-10T23:30:00Z", False, id="without seconds"),
            pytest.param("created", "2026-10-10T08:00:00", None, True, id="no zone"),
            pytest.param("created", "2026-10", None, True, id="a month"),
            pytest.param("created", "2026-02-30", None, True, id="no such date"),
            pytest.param("created", "0001-01-01", None, True, id="before our calendar"),
            pytest.param("created", GONE, None, False, id="none"),
            pytest.param("end", "2026-12-01T09:00:00Z", "2026-12-01T09:00:00Z", False, id="ends at once"),
            pytest.param("end", "2026-12-01T08:59:00Z", None, True, id="ends before it starts"),
            pytest.param("end", "later", None, True, id="end in words"),
            pytest.param("start", "2026-12-01T09:00:00.1234567Z", "2026-12-01T09:00:00.123456Z", False, id="fraction"),
        ],
    )
    def test_times(self, field: str, value: Any, expected: str | None, noted: bool) -> None:
        """A time is an instant in UTC, or is left out with a note."""
        found = mapped(changed("appointment", **{field: value, "end": value if field == "end" else GONE}))
        assert found.event["data"].get(field) == expected
        assert any(field in note for note in found.notes) is noted

    @pytest.mark.parametrize(
        ("actor", "expected"),
        [
            pytest.param({"reference": "Patient/p1"}, {"id": "p1"}, id="relative"),
            pytest.param({"reference": "https://ehr.example.org/fhir/Patient/p1"}, {"id": "p1"}, id="absolute"),
            pytest.param({"reference": "Patient/p1/_history/4"}, {"id": "p1"}, id="versioned"),
            pytest.param(
                {"reference": "Patient/p1", "identifier": {"system": NHS, "value": "999 000 0018"}},
                {"id": "p1", "nhs_number": NHS_NUMBER},
                id="with the NHS number",
            ),
            pytest.param(
                {"identifier": {"system": NHS, "value": NHS_NUMBER}},
                {"id": NHS_NUMBER, "nhs_number": NHS_NUMBER},
                id="NHS number alone",
            ),
            pytest.param(
                {"type": "Patient", "identifier": {"system": "https://example.org/mrn", "value": "MRN-5"}},
                {"id": "MRN-5"},
                id="local identifier",
            ),
            pytest.param(
                {"reference": "Patient?identifier=https://example.org/mrn|MRN-5"}, {"id": "MRN-5"}, id="conditional"
            ),
            pytest.param(
                {"reference": f"Patient?identifier={NHS}%7C{NHS_NUMBER}"},
                {"id": NHS_NUMBER, "nhs_number": NHS_NUMBER},
                id="conditional, encoded",
            ),
        ],
    )
    def test_patient_references(self, actor: dict[str, Any], expected: dict[str, Any]) -> None:
        """A patient is found by every way in which FHIR refers to one."""
        assert data(participants(actor))["patient"] == expected

    @pytest.mark.parametrize(
        ("actor", "cause"),
        [
            pytest.param({"reference": "urn:uuid:00000000-0000-4000-8000-000000000001"}, "whole Bundle", id="urn"),
            pytest.param({"reference": "#p"}, "whole Bundle", id="not contained"),
            pytest.param({"identifier": {"system": NHS, "value": "9990000019"}}, "neither an id", id="check digit"),
            pytest.param({"identifier": {"system": NHS, "value": "9999999999"}}, "neither an id", id="placeholder"),
            pytest.param({"type": "Patient", "display": "Rhian"}, "neither an id", id="a name alone"),
            pytest.param(
                {"identifier": {"system": "https://example.org/x", "value": "5"}}, "no patient", id="of whom?"
            ),
        ],
    )
    def test_patients_not_found(self, actor: dict[str, Any], cause: str) -> None:
        """A patient whom nobody could find again is refused, and no placeholder unites two."""
        assert cause in refused(participants(actor)).cause

    def test_contained_patient(self) -> None:
        """A contained patient is known by an identifier, and their details come along."""
        inner = changed("patient", id="inside")
        found = data(participants({"reference": "#inside"}) | {"contained": [inner]})
        assert found["patient"]["id"] == "MRN-5"
        assert found["patient"]["nhs_number"] == NHS_NUMBER
        assert [contact["value"] for contact in found["patient"]["contacts"]] == ["07700 900101", "rhian@example.org"]

    def test_contained_without_identifier(self) -> None:
        """The id of a contained resource means nothing outside it."""
        inner = {"resourceType": "Patient", "id": "inside"}
        assert "neither an id" in refused(participants({"reference": "#inside"}) | {"contained": [inner]}).cause

    @pytest.mark.parametrize(
        ("required", "expected", "attends"),
        [
            pytest.param(["required"], "a", True, id="one"),
            pytest.param([None], "a", True, id="one, not said"),
            pytest.param(["information-only"], "a", False, id="only to be informed"),
            pytest.param(["information-only", "required"], "b", True, id="the other is informed"),
            pytest.param(["optional", "information-only"], "a", True, id="optional attends"),
            pytest.param(["required", "required"], None, None, id="a group"),
            pytest.param(["information-only", "information-only"], None, None, id="two informed"),
            pytest.param(["required", "optional", "information-only"], None, None, id="a group and one informed"),
        ],
    )
    def test_who_is_invited(self, required: list[str | None], expected: str | None, attends: bool | None) -> None:
        """Exactly one patient is invited; whoever only gets to know of it isn't reminded."""
        taking_part = [
            {"actor": {"reference": f"Patient/{name}"}, "required": said}
            for name, said in zip("abc", required, strict=False)
        ]
        resource = changed("appointment", participant=taking_part)
        if expected is None:
            assert "several patients" in refused(resource).cause
            return
        found = mapped(resource)
        assert found.event["data"]["patient"] == {"id": expected}
        assert found.event["data"].get("attends", True) is attends
        assert any("information only" in note for note in found.notes) is ("information-only" in required)

    def test_named_twice(self) -> None:
        """The same patient named twice, once to be informed, is one patient who attends."""
        taking_part = [
            {"actor": {"reference": "Patient/p1"}, "required": "information-only"},
            {"actor": {"reference": "https://ehr.example.org/fhir/Patient/p1"}},
        ]
        assert data(changed("appointment", participant=taking_part, subject={"reference": "Patient/p1"})) == (
            data(participants({"reference": "Patient/p1"}))
        )

    @pytest.mark.parametrize(("status", "noted"), [("booked", True), ("pending", True), ("cancelled", False)])
    def test_declined(self, status: str, noted: bool) -> None:
        """A patient's refusal leaves the status as it is, and a person is told of the contradiction."""
        found = mapped(participants({"reference": "Patient/p1"}) | {"status": status})
        taking_part = [{"actor": {"reference": "Patient/p1"}, "status": "declined"}]
        again = mapped(changed("appointment", participant=taking_part, status=status))
        assert again.event["data"] == found.event["data"]
        assert any("declined" in note for note in again.notes) is noted

    @pytest.mark.parametrize(
        ("actors", "clinic", "note"),
        [
            pytest.param([{"reference": "Location/32"}], "32", None, id="relative"),
            pytest.param([{"reference": "https://ehr.example.org/Location/32"}], "32", None, id="absolute"),
            pytest.param(
                [
                    {
                        "type": "Location",
                        "identifier": {"system": "https://fhir.nhs.uk/Id/ods-site-code", "value": "RXX01"},
                    }
                ],
                "RXX01",
                None,
                id="identifier",
            ),
            pytest.param([{"reference": "Location?identifier=x|L9"}], "L9", None, id="conditional"),
            pytest.param([{"display": "Renal unit"}], None, "no location", id="display only"),
            pytest.param([{"type": "Location", "display": "Renal unit"}], None, "no location", id="typed display"),
            pytest.param([{"reference": "Location/1"}, {"reference": "Location/2"}], "1", "several", id="two"),
            pytest.param([{"reference": "Location/1"}, {"reference": "x/Location/1"}], "1", None, id="one, twice"),
            pytest.param([], None, "no location", id="none"),
        ],
    )
    def test_clinic(self, actors: list[Any], clinic: str | None, note: str | None) -> None:
        """The clinic is a code, never a label."""
        found = mapped(participants({"reference": "Patient/p1"}, *actors))
        assert found.event["data"].get("clinic") == clinic
        assert any(note in said for said in found.notes) if note else not found.notes
        assert "Renal" not in str(found)

    def test_a_place_that_declined(self) -> None:
        """A room that was refused is not where the patient is sent."""
        taking_part = [
            {"actor": {"reference": "Patient/p1"}},
            {"actor": {"reference": "Location/1"}, "status": "declined"},
            {"actor": {"reference": "Location/2"}, "status": "accepted"},
        ]
        assert data(changed("appointment", participant=taking_part))["clinic"] == "2"

    def test_contained_location(self) -> None:
        """A contained location is known by its identifier alone."""
        inner = {"resourceType": "Location", "id": "l", "name": "Renal", "identifier": [{"value": "RXX01"}]}
        resource = participants({"reference": "Patient/p1"}, {"reference": "#l"}) | {"contained": [inner]}
        assert data(resource)["clinic"] == "RXX01"

    @pytest.mark.parametrize(
        ("taking_part", "expected"),
        [
            pytest.param([("Practitioner/1", "Dr A", None, None)], "Dr A", id="one"),
            pytest.param(
                [("Practitioner/1", "Dr A", None, None), ("Practitioner/2", "Dr B", None, None)], "Dr A", id="two"
            ),
            pytest.param(
                [("Practitioner/1", "Dr A", None, "ATND"), ("PractitionerRole/2", "Dr B", None, "PPRF")],
                "Dr B",
                id="the primary performer",
            ),
            pytest.param(
                [("Practitioner/1", "Dr A", "declined", None), ("Practitioner/2", "Dr B", None, None)],
                "Dr B",
                id="one has declined",
            ),
            pytest.param([("Practitioner/1", None, None, None)], None, id="no display"),
            pytest.param([("RelatedPerson/1", "Gethin", None, None)], None, id="a relative"),
        ],
    )
    def test_clinician(
        self, taking_part: list[tuple[str, str | None, str | None, str | None]], expected: str | None
    ) -> None:
        """The clinician is the practitioner who leads, else the first."""
        found = [{"actor": {"reference": "Patient/p1"}}] + [
            {
                "actor": {"reference": reference, "display": display},
                "status": status,
                "type": [{"coding": [{"system": fhir_appointment.PARTICIPATION, "code": code}]}],
            }
            for reference, display, status, code in taking_part
        ]
        assert data(changed("appointment", participant=found)).get("clinician") == expected

    @pytest.mark.parametrize(
        ("fields", "mode"),
        [
            pytest.param({"extension": [{"url": f"{CHANNEL}1", "valueCode": "Telephone"}]}, "telephone", id="GPC 1"),
            pytest.param({"extension": [{"url": f"{CHANNEL}2", "valueCode": "Video"}]}, "video", id="GPC 2"),
            pytest.param(
                {"extension": [{"url": f"{CHANNEL}2", "valueCode": "In-person"}]}, "in-person", id="in person"
            ),
            pytest.param(
                {"extension": [{"url": UK_CORE, "valueCodeableConcept": {"coding": [{"code": "telephone"}]}}]},
                "telephone",
                id="UK Core",
            ),
            pytest.param({"extension": [{"url": f"{CHANNEL}2", "valueCode": "Video call"}]}, None, id="no such code"),
            pytest.param(
                {"extension": [{"url": "https://x.org/DeliveryChannel-2", "valueCode": "Video"}]}, None, id="whose?"
            ),
            pytest.param({"extension": [{"url": VIRTUAL, "extension": []}]}, "video", id="R5 carried by R4"),
            pytest.param({"extension": [], "virtualService": [{"channelType": {}}]}, "video", id="R5"),
            pytest.param({"extension": [], "virtualService": []}, None, id="R5, none"),
            pytest.param({"extension": [], "serviceType": [{"text": "Video clinic"}]}, None, id="not from a text"),
            pytest.param({"extension": GONE}, None, id="not said"),
        ],
    )
    def test_mode(self, fields: dict[str, Any], mode: str | None) -> None:
        """How they meet is what a standard's code says, and never a guess."""
        assert data(changed("appointment", **fields)).get("mode") == mode

    @pytest.mark.parametrize(
        ("service", "link"),
        [
            pytest.param({"addressUrl": "https://video.nhs.uk/ab"}, "https://video.nhs.uk/ab", id="an address"),
            pytest.param({"addressString": " https://video.nhs.uk/ab "}, "https://video.nhs.uk/ab", id="as text"),
            pytest.param({"addressUrl": "http://video.nhs.uk/ab"}, None, id="not by https"),
            pytest.param({"addressUrl": "sip:ward@video.nhs.uk"}, None, id="a meeting system's"),
            pytest.param({"addressContactPoint": {"system": "phone", "value": "0191"}}, None, id="a number"),
            pytest.param({"addressUrl": 5}, None, id="no text"),
            pytest.param({}, None, id="none"),
        ],
    )
    def test_join_link(self, service: dict[str, Any], link: str | None) -> None:
        """The address of the virtual service, as R5 has it and as R4 carries it; any other is left out."""
        parts = [{"url": name, "valueUrl": value} for name, value in service.items()]
        carried = {"extension": [{"url": VIRTUAL, "extension": parts}]}
        for fields in ({"extension": [], "virtualService": [service]}, carried):
            found = data(changed("appointment", **fields))
            assert (found["mode"], found.get("join_link")) == ("video", link)

    @pytest.mark.parametrize(
        ("status", "system", "code", "expected"),
        [
            pytest.param("cancelled", REASONS, "pat", "patient", id="patient"),
            pytest.param("cancelled", REASONS, "pat-cpp", "patient", id="patient, by portal"),
            pytest.param("cancelled", REASONS, "prov", "clinic", id="provider"),
            pytest.param("cancelled", REASONS, "prov-hosp", "clinic", id="provider in hospital"),
            pytest.param("cancelled", REASONS, "pathology", None, id="only begins alike"),
            pytest.param("cancelled", REASONS, "oth-weath", None, id="weather"),
            pytest.param("cancelled", "https://example.org/reasons", "pat", None, id="another system"),
            pytest.param("booked", REASONS, "pat", None, id="not cancelled"),
        ],
    )
    @pytest.mark.parametrize("spelt", ["cancelationReason", "cancellationReason"])
    def test_cancelled_by(self, status: str, system: str, code: str, expected: str | None, spelt: str) -> None:
        """Who cancelled is known from HL7's codes alone, and the reason itself stays behind."""
        said = {"coding": [{"system": system, "code": code, "display": "Because"}], "text": "Because"}
        found = data(changed("appointment", status=status, **{"cancelationReason": GONE, spelt: said}))
        assert found.get("cancelled_by") == expected
        assert "Because" not in str(found)

    def test_death(self) -> None:
        """An appointment that was cancelled for the patient's death says that the patient has died."""
        said = {"coding": [{"system": REASONS, "code": "pat-dec"}]}
        found = mapped(changed("appointment", status="cancelled", cancelationReason=said))
        assert found.event["data"]["patient"] == {"id": "p1", "deceased": True}
        assert any("died" in note for note in found.notes)

    def test_an_identifier_in_place_of_an_id(self) -> None:
        """Without an id the appointment's own identifier stands for it, and a note says so."""
        found = mapped(changed("appointment", id=GONE))
        assert found.key == f"{SOURCE}/appointment/APT-77"
        assert any("identifier" in note for note in found.notes)

    def test_a_modifier_is_noted(self) -> None:
        """A modifierExtension, which might turn the meaning round, is pointed out."""
        assert any("modifier" in n for n in mapped(changed("appointment", modifierExtension=[{"url": "x"}])).notes)


class TestWhoComes:
    """What an appointment learns from the people who came along with it."""

    @pytest.mark.parametrize(
        ("birth", "child"),
        [
            pytest.param("2008-12-02", True, id="eighteen on the next day"),
            pytest.param("2008-12-01", False, id="eighteen on that day"),
            pytest.param("2008-12", True, id="a month: its last day counts"),
            pytest.param("2008-11", False, id="the month before"),
            pytest.param("2008", True, id="a year: its last day counts"),
            pytest.param("2026-12-01", True, id="born on that day"),
            pytest.param("2027-01-01", False, id="born after it"),
            pytest.param("1971-03-09", False, id="grown up"),
            pytest.param("2008-13", False, id="no such month"),
            pytest.param("8 December 2009", False, id="in words"),
            pytest.param(20091208, False, id="a number"),
            pytest.param(GONE, False, id="not said"),
        ],
    )
    def test_children(self, birth: Any, child: bool) -> None:
        """Whoever is under 18 on the day is brought by others, wherever the Patient came along."""
        young = changed("patient", birthDate=birth)
        for document in (
            bundle(young, fixture("appointment")),
            [
                {"fullUrl": "https://ehr.example.org/Patient/p1", "resource": young},
                {"resource": fixture("appointment")},
            ],
            participants({"reference": "#p1"}) | {"contained": [young]},
        ):
            *_, found = events(document, SOURCE)
            assert isinstance(found, Mapped)
            assert found.event["data"].get("brought_by_others") is (True if child else None)
            assert any("under 18" in note for note in found.notes) is child

    @pytest.mark.parametrize(
        ("birth", "known"),
        [
            pytest.param("2019-04-30", "2019-04-30", id="a day"),
            pytest.param("2019-04", "2019-04", id="a month"),
            pytest.param("2019", "2019", id="a year"),
            pytest.param("2019-04-30T00:00:00Z", "2019-04-30", id="a day's midnight"),
            pytest.param("2019-02-30", None, id="no such day"),
            pytest.param("30/04/2019", None, id="in another order"),
            pytest.param("0001-01-01", None, id="an empty date of a database"),
            pytest.param(["2019"], None, id="a list"),
        ],
    )
    def test_birth_dates(self, birth: Any, known: str | None) -> None:
        """A Patient alone tells its birth date, so that appointments that come apart from it are a child's too."""
        (found,) = events(changed("patient", birthDate=birth), SOURCE)
        assert isinstance(found, Mapped)
        assert found.event["data"].get("birth_date") == known
        assert ("birthDate is no date: not used" in found.notes) is (known is None)
        inside, *_ = events(
            participants({"reference": "#p1"}) | {"contained": [changed("patient", birthDate=birth)]}, SOURCE
        )
        assert isinstance(inside, Mapped)
        assert inside.event["data"]["patient"].get("birth_date") == known

    def test_nobody_is_a_child_by_another(self) -> None:
        """Another patient of the Bundle, or one of a cancelled appointment without a start, says nothing."""
        other = changed("patient", id="p9", birthDate="2015-01-01")
        *_, found = events(bundle(other, fixture("appointment")), SOURCE)
        assert isinstance(found, Mapped)
        assert "brought_by_others" not in found.event["data"]
        young = changed("patient", birthDate="2015-01-01")
        *_, gone = events(bundle(young, changed("appointment", status="cancelled", start=GONE, end=GONE)), SOURCE)
        assert isinstance(gone, Mapped)
        assert "brought_by_others" not in gone.event["data"]

    @pytest.mark.parametrize(
        ("telecom", "email"),
        [
            pytest.param([{"system": "email", "value": "olu@example.org"}], "olu@example.org", id="plain"),
            pytest.param([{"system": "email", "value": "mailto:olu@example.org "}], "olu@example.org", id="mailto"),
            pytest.param(
                [
                    {"system": "email", "value": "a@example.org", "rank": 1},
                    {"system": "email", "value": "b@example.org", "use": "work"},
                ],
                "b@example.org",
                id="at work first",
            ),
            pytest.param([{"system": "email", "value": "olu@example.org", "use": "home"}], None, id="at home"),
            pytest.param([{"system": "email", "value": "olu@example.org", "use": "old"}], None, id="old"),
            pytest.param(
                [{"system": "email", "value": "olu@example.org", "period": {"end": "2026-01-01"}}], None, id="ended"
            ),
            pytest.param([{"system": "email", "value": "ext 4711"}], None, id="no address"),
            pytest.param([{"system": "phone", "value": "07700 900103"}], None, id="a phone"),
            pytest.param([{"value": "olu@example.org"}], None, id="of no kind"),
            pytest.param("olu@example.org", None, id="text"),
            pytest.param(GONE, None, id="none"),
        ],
    )
    def test_the_clinicians_address(self, telecom: Any, email: str | None) -> None:
        """Where the clinician came along with an address at work, it is theirs."""
        doctor = {"resourceType": "Practitioner", "id": "d7", "telecom": telecom}
        doctor = {name: value for name, value in doctor.items() if value is not GONE}
        found = list(events(bundle(doctor, fixture("appointment")), SOURCE))
        assert isinstance(found[-1], Mapped)
        assert found[-1].event["data"].get("clinician_email") == email
        assert len(found) == 1

    def test_the_address_of_a_role(self) -> None:
        """A role's own address goes before that of the person who has it."""
        person = {
            "resourceType": "Practitioner",
            "id": "d7",
            "telecom": [{"system": "email", "value": "d@example.org"}],
        }
        role: dict[str, Any] = {"resourceType": "PractitionerRole", "id": "r1", "practitioner": {"reference": "#d7"}}
        resource = participants(
            {"reference": "Patient/p1"}, {"reference": "#r1", "type": "PractitionerRole", "display": "Dr A"}
        )
        said = data(resource | {"contained": [role, person]})
        assert (said["clinician"], said["clinician_email"]) == ("Dr A", "d@example.org")
        role["telecom"] = [{"system": "email", "value": "clinic@example.org"}]
        assert data(resource | {"contained": [role, person]})["clinician_email"] == "clinic@example.org"

    def test_nobody_elses_address(self) -> None:
        """The address is that of the clinician who is named, never another's who takes part."""
        other = {"resourceType": "Practitioner", "id": "d8", "telecom": [{"system": "email", "value": "x@example.org"}]}
        resource = participants(
            {"reference": "Patient/p1"},
            {"reference": "Practitioner/d7", "display": "Dr A"},
            {"reference": "Practitioner/d8", "display": "Dr B"},
        )
        (found,) = events(bundle(other, resource), SOURCE)
        assert isinstance(found, Mapped)
        assert found.event["data"]["clinician"] == "Dr A"
        assert "clinician_email" not in found.event["data"]


class TestGoal:
    """A Goal resource."""

    def test_whole(self) -> None:
        """Whose it is, since when and what became of it arrive, and nothing else."""
        found = mapped(fixture("goal"))
        assert (found.topic, found.key) == ("clinic.goals", f"{SOURCE}/goal/g1")
        assert found.event | {"id": ""} == {
            "specversion": "1.0",
            "id": "",
            "source": SOURCE,
            "type": "cocreate.goal.v1",
            "subject": "goal/g1",
            "time": "2026-11-24T15:00:00Z",
            "data": {"status": "active", "patient": {"id": "p1"}, "set_on": "2026-11-24"},
        }
        assert ["review_on is left out" in note for note in found.notes] == [True]

    @pytest.mark.parametrize(
        ("lifecycle", "achievement", "status", "note"),
        [
            pytest.param("active", None, "active", None, id="active"),
            pytest.param("active", "improving", "active", None, id="getting better"),
            pytest.param("active", "sustaining", "active", None, id="met, and worked on"),
            pytest.param("active", "not-achieved", "active", None, id="not yet"),
            pytest.param("active", "achieved", "achieved", "counts as achieved", id="active, but achieved"),
            pytest.param("active", "not-attainable", "abandoned", "counts as abandoned", id="active, but hopeless"),
            pytest.param("accepted", None, "active", None, id="agreed"),
            pytest.param("proposed", None, "on-hold", "pursues it yet", id="proposed"),
            pytest.param("planned", "achieved", "on-hold", "pursues it yet", id="planned"),
            pytest.param("on-hold", None, "on-hold", None, id="on hold"),
            pytest.param("completed", "achieved", "achieved", None, id="achieved"),
            pytest.param("completed", "sustaining", "achieved", None, id="sustained"),
            pytest.param("completed", "not-achieved", "abandoned", "counts as abandoned", id="over, not achieved"),
            pytest.param("completed", None, "abandoned", "counts as abandoned", id="over, who knows how"),
            pytest.param("cancelled", "achieved", "abandoned", None, id="cancelled"),
            pytest.param("rejected", None, "abandoned", None, id="rejected"),
            pytest.param("entered-in-error", None, "entered-in-error", None, id="a mistake"),
        ],
    )
    def test_status(self, lifecycle: str, achievement: str | None, status: str, note: str | None) -> None:
        """Lifecycle and achievement together say what became of it; where they were read freely a note says so."""
        said = {"coding": [{"system": fhir_goal.ACHIEVEMENT, "code": achievement}]} if achievement else GONE
        found = mapped(changed("goal", lifecycleStatus=lifecycle, achievementStatus=said, target=GONE))
        assert found.event["data"]["status"] == status
        assert [note in one for one in found.notes] == [True] if note else found.notes == ()

    def test_anothers_achievement(self) -> None:
        """A code of another system says nothing."""
        said = {"coding": [{"system": "https://example.org/x", "code": "achieved"}]}
        assert data(changed("goal", achievementStatus=said))["status"] == "active"

    @pytest.mark.parametrize(
        ("fields", "cause"),
        [
            pytest.param({"lifecycleStatus": GONE}, fhir_goal.UNKNOWN_LIFECYCLE, id="no lifecycle"),
            pytest.param({"lifecycleStatus": "done"}, fhir_goal.UNKNOWN_LIFECYCLE, id="another lifecycle"),
            pytest.param({"lifecycleStatus": ["active"]}, fhir_goal.UNKNOWN_LIFECYCLE, id="a list"),
            pytest.param({"startDate": GONE}, fhir_goal.NO_START_DATE, id="no start"),
            pytest.param({"startDate": "2026-11"}, fhir_goal.NO_START_DATE, id="a month"),
            pytest.param({"startDate": "2026-02-30"}, fhir_goal.NO_START_DATE, id="no such day"),
            pytest.param({"startDate": "9999-12-31"}, fhir_goal.NO_START_DATE, id="the edge of the calendar"),
            pytest.param({"startDate": 20261124}, fhir_goal.NO_START_DATE, id="a number"),
            pytest.param({"subject": GONE}, fhir_goal.NOT_A_PATIENTS, id="nobody's"),
            pytest.param({"subject": {"reference": "Group/1"}}, fhir_goal.NOT_A_PATIENTS, id="a group's"),
            pytest.param({"subject": {"display": "Rhian"}}, fhir_goal.NOT_A_PATIENTS, id="a name"),
            pytest.param({"subject": {"reference": "urn:uuid:1"}}, subject.UNRESOLVED_SUBJECT, id="a urn"),
            pytest.param({"subject": {"type": "Patient"}}, subject.NAMELESS, id="of a patient without an id"),
            pytest.param({"id": GONE, "identifier": GONE}, fhir.NO_ID["Goal"], id="no id"),
        ],
    )
    def test_unmappable(self, fields: dict[str, Any], cause: str) -> None:
        """What can't be understood is refused with the cure."""
        assert refused(changed("goal", **fields)).cause == cause

    @pytest.mark.parametrize("lifecycle", ["completed", "cancelled", "rejected", "entered-in-error", "on-hold"])
    @pytest.mark.parametrize(
        ("fields", "set_on"),
        [
            pytest.param({"statusDate": "2026-11-30"}, "2026-11-30", id="the status's day"),
            pytest.param({"statusDate": GONE}, "2026-11-24", id="the record's day"),
            pytest.param({"statusDate": GONE, "meta": GONE}, None, id="no day at all"),
        ],
    )
    def test_what_ends_needs_no_start(self, lifecycle: str, fields: dict[str, Any], set_on: str | None) -> None:
        """A goal that ends does so whether or not its beginning is known."""
        resource = changed("goal", lifecycleStatus=lifecycle, startDate=GONE, **fields)
        if set_on is None:
            assert refused(resource).cause == fhir_goal.NO_START_DATE
            return
        found = mapped(resource)
        assert found.event["data"]["set_on"] == set_on
        assert any("startDate" in note for note in found.notes)

    def test_its_patient_is_the_appointments(self) -> None:
        """A goal and an appointment name one patient alike, by whatever way they refer to them."""
        for actor in ({"reference": "Patient/p1"}, {"identifier": {"system": NHS, "value": NHS_NUMBER}}):
            assert data(changed("goal", subject=actor))["patient"] == data(participants(actor))["patient"]


class TestNothingOfTheCondition:
    """What must stay behind."""

    def test_nothing_of_what_a_goal_is(self) -> None:
        """No text that tells what a goal is, why it was set or how it went is anywhere in what comes out."""
        resource = fixture("goal")
        found = str(mapped(resource))
        used = {"resourceType", "id", "meta", "lifecycleStatus", "achievementStatus", "startDate", "subject"}
        hidden = {text for key in resource.keys() - used for text in texts(resource[key])} | {"Rhian Penrose"}
        assert len(hidden) > 10
        assert [text for text in hidden if len(text) > 2 and text in found] == []

    @pytest.mark.parametrize("name", ["appointment", "book-request"])
    def test_no_text_of_these_fields(self, name: str) -> None:
        """No text that tells of a condition, nor a name of the patient or place, is anywhere in what comes out."""
        resource = changed(name, id="1001")
        found = str(mapped(resource))
        used = {"resourceType", "id", "meta", "status", "start", "end", "created", "participant", "extension"}
        hidden = {text for key in resource.keys() - used for text in texts(resource[key])}
        hidden |= {"Brought forward after a raised potassium", "Rhian Penrose", "Renal unit, level 2"}
        assert len(hidden) > 5
        assert [text for text in hidden if len(text) > 2 and text in found] == []

    def test_notes_and_causes_are_silent(self) -> None:
        """No name, number or text of a patient is in a note or a cause."""
        wrong = [{"system": NHS, "value": "9990000019"}]
        found = [
            *events(changed("patient", identifier=wrong), SOURCE),
            *events(changed("patient", id=GONE, identifier=wrong), SOURCE),
            *events(participants({"identifier": wrong[0], "display": "Rhian"}), SOURCE),
            *events(changed("appointment", status="Rhian"), SOURCE),
            *events(changed("goal", lifecycleStatus="Rhian"), SOURCE),
            *events(changed("goal", subject={"identifier": wrong[0], "display": "Rhian"}), SOURCE),
            *events(changed("appointment", resourceType="Rhian Penrose"), SOURCE),
        ]
        said = " ".join(" ".join(f.notes) if isinstance(f, Mapped) else f"{f.resource} {f.cause}" for f in found)
        assert len(found) == 7
        assert not any(secret in said for secret in ("Rhian", "07700", "900102", "9990000019", "@", "Gethin"))


def texts(value: Any) -> Iterator[str]:
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts(inner)


class TestPatient:
    """A Patient resource."""

    def test_whole(self) -> None:
        """Every field that we use arrives, and nothing else."""
        found = mapped(fixture("patient"))
        assert (found.topic, found.key) == ("clinic.patients", f"{SOURCE}/patient/p1")
        assert found.event["time"] == "2026-11-01T09:00:00Z"
        assert found.event["subject"] == "patient/p1"
        assert found.event["data"] == {
            "nhs_number": NHS_NUMBER,
            "deceased": False,
            "first_name": "Rhian",
            "birth_date": "1971-03-09",
            "language": "cy",
            "contacts": [
                {"channel": "sms", "value": "07700 900101"},
                {"channel": "email", "value": "rhian@example.org"},
            ],
        }
        assert found.notes == ("phone use 'old' left out", "next of kin are left out: they are not the patient")

    @pytest.mark.parametrize(
        ("identifiers", "expected", "note"),
        [
            pytest.param([(NHS, "999 000 0018", {})], NHS_NUMBER, None, id="spaced"),
            pytest.param([("urn:oid:2.16.840.1.113883.2.1.4.1", NHS_NUMBER, {})], NHS_NUMBER, None, id="by its OID"),
            pytest.param([(NHS, "9990000019", {})], None, "check digit", id="check digit"),
            pytest.param([(NHS, "9999999999", {})], None, "check digit", id="placeholder"),
            pytest.param([(NHS, NHS_NUMBER, {"use": "old"})], None, None, id="old"),
            pytest.param([(NHS, NHS_NUMBER, {"period": {"end": "2020-01-01"}})], None, None, id="ended"),
            pytest.param([(NHS, NHS_NUMBER, {}), (NHS, "9434765919", {})], None, "several", id="two"),
            pytest.param([(NHS, NHS_NUMBER, {}), (NHS, "9990000019", {})], NHS_NUMBER, None, id="one of two is right"),
            pytest.param([("https://example.org/mrn", NHS_NUMBER, {})], None, None, id="another system"),
            pytest.param([([NHS], NHS_NUMBER, {})], None, None, id="system a list"),
        ],
    )
    def test_nhs_number(self, identifiers: list[tuple[Any, str, Any]], expected: str | None, note: str | None) -> None:
        """Only a number that is surely this patient's is passed on."""
        given_ = [{"system": system, "value": value, **more} for system, value, more in identifiers]
        found = mapped(changed("patient", identifier=given_))
        assert found.event["data"].get("nhs_number") == expected
        assert any("NHS" in said for said in found.notes) is bool(note)
        assert note is None or any(note in said for said in found.notes)

    @pytest.mark.parametrize(
        ("names", "expected"),
        [
            pytest.param([{"given": ["Rhiannon", "Mair"]}], "Rhiannon", id="the first of several"),
            pytest.param(
                [{"use": "official", "given": ["A"]}, {"use": "usual", "given": ["B"]}], "B", id="usual first"
            ),
            pytest.param([{"given": ["A"]}, {"use": "official", "given": ["B"]}], "B", id="official before unsaid"),
            pytest.param(
                [{"use": "usual", "family": "P"}, {"use": "official", "given": ["B"]}], "B", id="usual without"
            ),
            pytest.param([{"use": "maiden", "given": ["A"]}], None, id="maiden"),
            pytest.param([{"use": "old", "given": ["A"]}], None, id="old"),
            pytest.param([{"use": "anonymous", "given": ["A"]}], None, id="anonymous"),
            pytest.param([{"use": "temp", "given": ["Baby"]}], None, id="temporary"),
            pytest.param([{"use": "nickname", "given": ["Bunny"]}], None, id="nickname"),
            pytest.param([{"use": "usual", "given": ["A"], "period": {"end": "2002"}}], None, id="ended"),
            pytest.param([{"use": "usual", "given": ["A"], "period": {"start": "2002"}}], "A", id="begun"),
            pytest.param(
                [{"use": "usual", "given": ["A"], "period": {"end": "9999-12-31"}}], "A", id="no end, written"
            ),
            pytest.param([{"given": [" ", None, "A"]}], "A", id="blanks"),
            pytest.param([{"given": "A"}], "A", id="no list"),
            pytest.param([{"given": ["A\u0000"]}], None, id="control character"),
            pytest.param([{"text": "Rhian Penrose"}], None, id="never taken from the text"),
            pytest.param([], None, id="none"),
        ],
    )
    def test_first_name(self, names: list[Any], expected: str | None) -> None:
        """A patient is called what they are usually called now, or nothing."""
        assert data(changed("patient", name=names)).get("first_name") == expected

    @pytest.mark.parametrize(
        ("telecom", "expected"),
        [
            pytest.param("phone mobile 2 1, phone mobile 1 2", "2 1", id="rank"),
            pytest.param("phone mobile - 1, phone mobile 3 2", "2 1", id="without a rank after those with"),
            pytest.param("phone - - 1, phone mobile - 2", "2 1", id="mobiles first"),
            pytest.param("email - - 1, sms - - 2", "2 1", id="sms is as good as mobile"),
            pytest.param("email work - 1, email home - 2", "2 1", id="work mail last"),
            pytest.param("phone mobile 2 1, phone - 1 2", "2 1", id="rank outweighs mobile"),
            pytest.param("phone home 1 1, phone mobile 2 2", "2 1", id="home numbers after mobiles"),
            pytest.param("phone work 1 1, email - - 2, phone home 1 3", "2 3 1", id="home and work after all"),
            pytest.param("phone temp - 1", "1", id="temporary, still in use"),
            pytest.param("phone mobile 0 1, phone mobile 5 2", "2 1", id="rank 0 is none"),
            pytest.param("phone mobile - 1, phone - - 1", "1", id="twice"),
            pytest.param("fax - - 1, pager - - 2, url - - 3, other - - 4", "", id="no ways to write"),
            pytest.param("phone old - 1, email old - 2", "", id="old"),
        ],
    )
    def test_order(self, telecom: str, expected: str) -> None:
        """Contacts come in the patient's order; home and work numbers last."""
        given_ = []
        for row in telecom.split(", "):
            system, use, rank, value = row.split()
            contact: dict[str, Any] = {"system": system, "value": value}
            contact |= {} if use == "-" else {"use": use}
            given_.append(contact | ({} if rank == "-" else {"rank": int(rank)}))
        found = data(changed("patient", telecom=given_))["contacts"]
        assert [contact["value"] for contact in found] == expected.split()

    @pytest.mark.parametrize(
        ("telecom", "expected", "note"),
        [
            pytest.param({"system": "sms", "value": "07700 900111"}, ("sms", "07700 900111"), None, id="sms"),
            pytest.param(
                {"system": "email", "value": "mailto:a@example.org"}, ("email", "a@example.org"), None, id="URL"
            ),
            pytest.param({"system": "phone", "value": "1", "use": "old"}, None, "'old' left out", id="old"),
            pytest.param({"system": "phone", "value": "1", "period": {"end": "2014"}}, None, "end date", id="ended"),
            pytest.param(
                {"system": "email", "value": "1", "use": "temp", "period": {"end": "2"}}, None, "end", id="temp"
            ),
            pytest.param({"system": "phone", "value": "1", "period": {"end": 2014}}, None, "end date", id="odd end"),
            pytest.param(
                {"system": "phone", "value": "1", "period": {"end": "2999-12-31"}},
                ("sms", "1"),
                None,
                id="no end, written",
            ),
            pytest.param({"value": "07700 900111"}, None, "doesn't say", id="no system"),
            pytest.param({"system": "phone", "value": "1\n2"}, None, "one line", id="two lines"),
            pytest.param({"system": "phone", "value": 7700900111}, None, "one line", id="a number"),
            pytest.param({"system": "email", "value": "mailto:"}, None, "one line", id="empty URL"),
            pytest.param({"system": "phone"}, None, None, id="no value"),
            pytest.param({"use": "home"}, None, None, id="nothing"),
        ],
    )
    def test_contacts(self, telecom: dict[str, Any], expected: tuple[str, str] | None, note: str | None) -> None:
        """Only what is in use is passed on; what is left out is told of, but for what is empty."""
        found = mapped(changed("patient", telecom=[telecom], contact=GONE))
        assert [(c["channel"], c["value"]) for c in found.event["data"]["contacts"]] == ([expected] if expected else [])
        assert any(note in said for said in found.notes) if note else not found.notes

    def test_many_contacts(self) -> None:
        """As many contacts as the wire takes, and a note."""
        found = mapped(
            changed("patient", telecom=[{"system": "sms", "value": f"07700 900{n}"} for n in range(100, 130)])
        )
        assert len(found.event["data"]["contacts"]) == 20
        assert any("20" in note for note in found.notes)

    def test_unknown_is_not_empty(self) -> None:
        """Without `telecom` the contacts are not known; with nothing usable in it they are known to be none."""
        assert "contacts" not in data(changed("patient", telecom=GONE))
        assert data(changed("patient", telecom=[{"use": "home"}]))["contacts"] == []

    @pytest.mark.parametrize(
        ("spoken", "expected"),
        [
            pytest.param([("en", True)], "en", id="English"),
            pytest.param([("en-GB", True)], "en", id="of Britain"),
            pytest.param([("cy", True), ("en", False)], "cy", id="Welsh"),
            pytest.param([("CY-gb", True)], "cy", id="case"),
            pytest.param([("cy", True), ("en", True)], "both", id="both"),
            pytest.param([("cy", None)], "cy", id="the only one"),
            pytest.param([("cy", False)], None, id="the only one, not preferred"),
            pytest.param([("cy", None), ("en", None)], None, id="none preferred"),
            pytest.param([("pl", True)], "other", id="Polish"),
            pytest.param([("pl", True), ("en", True)], "en", id="Polish or English"),
            pytest.param([("cym", True)], "cy", id="another code"),
            pytest.param([("und", True)], None, id="undetermined"),
        ],
    )
    def test_language(self, spoken: list[tuple[str, bool | None]], expected: str | None) -> None:
        """The preferred language, where it is one of ours; else that it is another."""
        given_ = [{"language": {"coding": [{"code": code}]}, "preferred": preferred} for code, preferred in spoken]
        assert data(changed("patient", communication=given_)).get("language") == expected

    @pytest.mark.parametrize(
        ("more", "is_test"),
        [
            pytest.param(
                {"name": [{"use": "official", "family": "XXTESTPATIENT-TDKA", "given": ["Ada"]}]}, True, id="family"
            ),
            pytest.param({"name": {"use": "usual", "given": "ZZZTEST"}}, True, id="STU3, given"),
            pytest.param({"name": [{"text": "Test Patient"}]}, True, id="text"),
            pytest.param({"meta": {"security": [{"code": "HTEST"}]}}, True, id="label"),
            pytest.param({"name": [{"family": "Testa", "given": ["Nan"]}]}, None, id="a name"),
        ],
    )
    def test_records_that_stand_for_nobody(self, more: dict[str, Any], is_test: bool | None) -> None:
        """A record by which a hospital tries its system out is named as one, wherever that stands."""
        found = mapped(changed("patient", **more))
        assert found.event["data"].get("test_patient") is is_test
        assert any("test patient" in note for note in found.notes) is bool(is_test)

    @pytest.mark.parametrize(
        ("language", "expected"),
        [
            pytest.param({"text": "Urdu"}, "other", id="by name alone"),
            pytest.param({"text": "Welsh"}, "cy", id="one of ours by name"),
            pytest.param({"coding": [{"code": "en"}], "text": "Urdu"}, "en", id="the code counts"),
            pytest.param({"text": ""}, None, id="nothing"),
        ],
    )
    def test_language_by_name(self, language: dict[str, Any], expected: str | None) -> None:
        """Where a language has no code, its name tells it."""
        assert data(changed("patient", communication=[{"language": language}])).get("language") == expected

    @pytest.mark.parametrize(
        ("extension", "formats"),
        [
            pytest.param({"url": INTERPRETER, "valueBoolean": True}, ["interpreter"], id="FHIR's"),
            pytest.param({"url": INTERPRETER, "valueBoolean": False}, None, id="none needed"),
            pytest.param(
                {
                    "url": f"{PATIENT_EXTENSION}NHSCommunication",
                    "extension": [{"url": "interpreterRequired", "valueBoolean": True}],
                },
                ["interpreter"],
                id="UK Core's",
            ),
        ],
    )
    def test_interpreter(self, extension: dict[str, Any], formats: list[str] | None) -> None:
        """Whether somebody has to interpret is a need at the meeting."""
        assert data(changed("patient", extension=[extension])).get("formats") == formats

    @pytest.mark.parametrize(
        ("fields", "expected"),
        [
            pytest.param({"deceasedBoolean": True}, True, id="yes"),
            pytest.param({"deceasedBoolean": "true"}, True, id="yes, as text"),
            pytest.param({"deceasedBoolean": False}, False, id="no"),
            pytest.param({"deceasedBoolean": GONE}, None, id="not said"),
            pytest.param({"deceasedBoolean": "perhaps"}, None, id="not understood"),
            pytest.param({"deceasedBoolean": GONE, "deceasedDateTime": "2026-10"}, True, id="in a month"),
            pytest.param({"deceasedDateTime": "last week"}, True, id="a date that nobody reads, against a no"),
        ],
    )
    def test_deceased(self, fields: dict[str, Any], expected: bool | None) -> None:
        """Whoever is said to have died, however it is written, has died."""
        assert data(changed("patient", **fields)).get("deceased") is expected

    @pytest.mark.parametrize(
        ("code", "fields", "expected"),
        [
            pytest.param("1", {"deceasedBoolean": GONE}, True, id="informal"),
            pytest.param("2", {"deceasedBoolean": False}, True, id="formal, against a no"),
            pytest.param("U", {"deceasedBoolean": GONE}, False, id="removed"),
            pytest.param("U", {"deceasedDateTime": "2026-10-01"}, True, id="removed, with a date of death"),
            pytest.param("7", {"deceasedBoolean": GONE}, True, id="a code that nobody knows"),
            pytest.param(None, {"deceasedBoolean": GONE}, None, id="no code"),
        ],
    )
    def test_death_notification(self, code: str | None, fields: dict[str, Any], expected: bool | None) -> None:
        """The death notification status of UK Core is believed as a date of death is."""
        extension = coded("DeathNotificationStatus", deathNotificationStatus=code)
        assert data(changed("patient", extension=extension, **fields)).get("deceased") is expected

    @pytest.mark.parametrize(
        ("written", "method", "expected", "paused"),
        [
            pytest.param("11", GONE, ["large-print"], False, id="large print"),
            pytest.param("12", "1", ["braille"], False, id="braille, by letter"),
            pytest.param("13", GONE, ["audio"], False, id="audio"),
            pytest.param("11", "4", ["large-print", "email"], False, id="large print, or e-mail"),
            pytest.param("12", "9", ["braille", "text"], False, id="braille, or a text"),
            pytest.param(GONE, "5", ["text-relay"], False, id="textphone"),
            pytest.param(GONE, "7", ["bsl"], False, id="sign language"),
            pytest.param("11", "7", ["large-print", "bsl"], False, id="both"),
            pytest.param(GONE, "4", None, False, id="e-mail is a wish"),
            pytest.param(GONE, "3", None, False, id="telephone is a wish"),
            pytest.param(GONE, "8", None, False, id="no telephone is a wish"),
            pytest.param("99", GONE, None, True, id="a format that nobody knows"),
            pytest.param(None, "7", ["bsl"], True, id="a format in words"),
            pytest.param(GONE, GONE, None, False, id="nothing"),
        ],
    )
    def test_needs(self, written: Any, method: Any, expected: list[str] | None, paused: bool) -> None:
        """Formats and methods that are needs are ours; wishes are none; a need without a word pauses."""
        said = {"PreferredWrittenCommunicationFormat": written, "PreferredContactMethod": method}
        extension = coded("ContactPreference", **{part: code for part, code in said.items() if code is not GONE})
        found = mapped(changed("patient", extension=extension))
        assert found.event["data"].get("formats") == expected
        assert found.event["data"].get("paused", False) is paused
        assert any("wish" in note for note in found.notes) is (method is not GONE and expected is None)

    @pytest.mark.parametrize("extension", [7, [7], [{"url": 7}], [{"url": f"{PATIENT_EXTENSION}ContactPreference"}]])
    def test_odd_extensions(self, extension: Any) -> None:
        """Extensions of any shape say nothing rather than break."""
        assert "formats" not in data(changed("patient", extension=extension))

    @pytest.mark.parametrize(("active", "paused"), [(True, None), (False, True), (GONE, None), ("false", None)])
    def test_inactive(self, active: Any, paused: bool | None) -> None:
        """A record that is not in use pauses the patient: its number may be anybody's by now."""
        found = mapped(changed("patient", active=active))
        assert found.event["data"].get("paused") is paused
        assert any("paused" in note for note in found.notes) is bool(paused)

    def test_replaced(self) -> None:
        """A record that another has replaced gives no contacts and doesn't pause the person."""
        link = [{"other": {"reference": "Patient/p9"}, "type": "replaced-by"}]
        found = mapped(changed("patient", active=False, link=link))
        assert found.event["data"] == {"nhs_number": NHS_NUMBER, "deceased": False}
        assert any("replaced" in note for note in found.notes)

    @pytest.mark.parametrize(
        ("fields", "key"),
        [
            pytest.param({"id": GONE}, "patient/MRN-5", id="a local identifier"),
            pytest.param({"id": NHS_NUMBER}, f"patient/{NHS_NUMBER}", id="an NHS number as id"),
            pytest.param(
                {"id": GONE, "identifier": [{"system": NHS, "value": NHS_NUMBER}]}, None, id="NHS number alone"
            ),
            pytest.param({"id": GONE, "identifier": GONE}, None, id="nothing"),
        ],
    )
    def test_identity(self, fields: dict[str, Any], key: str | None) -> None:
        """We put no NHS number into a key; where the source did, a note says so."""
        if key is None:
            assert "publish it with its id" in refused(changed("patient", **fields)).cause
        else:
            found = mapped(changed("patient", **fields))
            assert found.key == f"{SOURCE}/{key}"
            assert any(word in note for note in found.notes for word in ("identifier", "NHS number"))

    def test_contacts_are_contacts(self) -> None:
        """What comes out is read as contacts of the patient, who may answer."""
        found = Patient.model_validate(data(fixture("patient"))).contacts
        assert found == (
            Contact(channel="sms", value="07700 900101"),
            Contact(channel="email", value="rhian@example.org"),
        )


class TestIdentity:
    """Which event it is."""

    @pytest.mark.parametrize("name", ["appointment", "patient"])
    @pytest.mark.parametrize("meta", [{"versionId": "3"}, {"lastUpdated": "2026-11-02T10:15:00Z"}, GONE])
    def test_twice_is_the_same(self, name: str, meta: Any) -> None:
        """Publishing the same file twice is publishing the same event."""
        assert mapped(changed(name, meta=meta)) == mapped(changed(name, meta=meta))

    @pytest.mark.parametrize(
        ("before", "after", "is_same"),
        [
            pytest.param({"meta": {"versionId": "1"}}, {"meta": {"versionId": "2"}}, False, id="version"),
            pytest.param(
                {"meta": {"versionId": "1"}}, {"meta": {"versionId": "1"}, "comment": "x"}, True, id="comment"
            ),
            pytest.param(
                {"meta": {"lastUpdated": "2026-11-02T10:15:00Z"}},
                {"meta": {"lastUpdated": "2026-11-02T10:16:00Z"}},
                False,
                id="time",
            ),
            pytest.param({"meta": GONE}, {"meta": GONE, "start": "2026-12-01T09:05:00Z"}, False, id="content"),
            pytest.param({"meta": GONE}, {"meta": {"profile": ["x"]}}, True, id="a profile is no version"),
            pytest.param({"meta": {"versionId": "1"}}, {"meta": {"versionId": "1"}, "id": "1002"}, False, id="thing"),
        ],
    )
    def test_what_makes_an_event(self, before: dict[str, Any], after: dict[str, Any], is_same: bool) -> None:
        """An event is one version of one thing; without versions, one content."""
        one, other = mapped(changed("appointment", **before)), mapped(changed("appointment", **after))
        assert (one.event["id"] == other.event["id"]) is is_same

    def test_sources_differ(self) -> None:
        """The same id of two hospitals is two things and two events."""
        found = [mapped_ for s in (SOURCE, "https://example.org/other") for mapped_ in events(fixture("patient"), s)]
        assert len({f.event["id"] for f in found if isinstance(f, Mapped)}) == 2

    @pytest.mark.parametrize("updated", ["2026-11-02", "yesterday", 5])
    def test_odd_times(self, updated: Any) -> None:
        """A `lastUpdated` that is no instant is not used, with a note."""
        found = mapped(changed("patient", meta={"lastUpdated": updated}))
        assert "time" not in found.event
        assert any("lastUpdated" in note for note in found.notes)


class TestDocuments:
    """Bundles, lists and other resources."""

    def test_message(self) -> None:
        """A message's appointment finds its patient and place by urn, and what isn't understood is told of."""
        appointment, patient, goal = events(fixture("message"), SOURCE)
        assert isinstance(appointment, Mapped)
        assert appointment.event["data"]["patient"] == {"id": "p2"}
        assert appointment.event["data"]["clinic"] == "44"
        assert isinstance(patient, Mapped)
        assert patient.key == f"{SOURCE}/patient/p2"
        assert isinstance(goal, Unmappable)
        assert (goal.resource, goal.id) == ("Goal", "g1")

    def test_book_request(self) -> None:
        """A request to book has no id yet, and the cause says what to publish instead."""
        found = refused(fixture("book-request"))
        assert found == Unmappable("Appointment", None, fhir.NO_ID["Appointment"])
        assert data(changed("book-request", id="9"))["clinic"] == "32"

    @pytest.mark.parametrize("kind", ["collection", "searchset", "message", "batch", "transaction", "document"])
    def test_bundles(self, kind: str) -> None:
        """Every type of Bundle gives the events of its resources, in its order."""
        found = list(events(bundle(fixture("patient"), fixture("appointment"), kind=kind), SOURCE))
        assert found == [mapped(fixture("patient")), mapped(fixture("appointment"))]

    def test_lists(self) -> None:
        """A list of entries, of resources, and a single entry give the same as a Bundle."""
        whole = bundle(fixture("patient"), fixture("appointment"))
        expected = list(events(whole, SOURCE))
        assert list(events(whole["entry"], SOURCE)) == expected
        assert list(events([fixture("patient"), fixture("appointment")], SOURCE)) == expected
        assert list(events(whole["entry"][0], SOURCE)) == expected[:1]

    def test_history_is_oldest_first(self) -> None:
        """A history, which is newest first, is published oldest first."""
        versions = [changed("patient", meta={"versionId": version}) for version in ("3", "2", "1")]
        assert list(events(bundle(*versions, kind="history"), SOURCE)) == [mapped(v) for v in versions[::-1]]

    def test_ids_from_the_address(self) -> None:
        """A resource without an id is known by the address it lies at, or is put to."""
        bare = changed("patient", id=GONE)
        entries = [
            {"fullUrl": "https://ehr.example.org/fhir/Patient/p1", "resource": bare},
            {"resource": bare, "request": {"method": "PUT", "url": "Patient/p1"}},
        ]
        assert [f.key for f in events(entries, SOURCE) if isinstance(f, Mapped)] == [f"{SOURCE}/patient/p1"] * 2

    def test_created_patient(self) -> None:
        """A patient without an id, named by urn, is the same in their own event and in their appointment's."""
        urn = "urn:uuid:00000000-0000-4000-8000-000000000001"
        entries = [
            {"fullUrl": urn, "resource": changed("patient", id=GONE), "request": {"method": "POST", "url": "Patient"}},
            {"resource": participants({"reference": urn})},
        ]
        patient, appointment = events({"resourceType": "Bundle", "type": "transaction", "entry": entries}, SOURCE)
        assert isinstance(patient, Mapped)
        assert isinstance(appointment, Mapped)
        assert patient.key.endswith(f"/patient/{appointment.event['data']['patient']['id']}")

    @pytest.mark.parametrize(
        ("entry", "expected"),
        [
            pytest.param(
                {"request": {"method": "DELETE", "url": "Patient/5"}}, ("Patient", "5", fhir.DELETED), id="delete"
            ),
            pytest.param(
                {"fullUrl": "https://x.org/Appointment/7", "request": {"method": "DELETE"}},
                ("Appointment", "7", fhir.DELETED),
                id="deleted, in a history",
            ),
            pytest.param({"request": {"method": "DELETE"}}, ("?", None, fhir.DELETED), id="delete what?"),
            pytest.param({"request": {"method": "GET", "url": "Patient/5"}}, None, id="get"),
            pytest.param({"response": {"status": "204"}}, None, id="nothing to answer"),
            pytest.param({"resource": {"resourceType": "Slot", "id": "1"}}, None, id="slot"),
            pytest.param({"resource": {"resourceType": "Organization"}}, None, id="organization"),
            pytest.param(
                {"resource": {"resourceType": "OperationOutcome"}}, ("OperationOutcome", None, fhir.SERVER_ERROR)
            ),
            pytest.param({"resource": {"resourceType": "Binary"}}, ("Binary", None, fhir.NOT_READ.format("Binary"))),
            pytest.param({"fullUrl": "Patient/5"}, ("?", None, fhir.NO_RESOURCE), id="no resource"),
            pytest.param({"resource": {"resourceType": 5}}, ("?", None, fhir.NO_RESOURCE), id="no type"),
            pytest.param("Patient/5", ("?", None, fhir.NO_RESOURCE), id="a text"),
        ],
    )
    def test_entries(self, entry: Any, expected: tuple[str, str | None, str] | None) -> None:
        """What gives no event is told of, but for what merely comes along."""
        document = {"resourceType": "Bundle", "type": "batch", "entry": [entry]}
        assert list(events(document, SOURCE)) == ([Unmappable(*expected)] if expected else [])

    @pytest.mark.parametrize(
        ("document", "cause"),
        [
            pytest.param({"resourceType": "Slot", "id": "1"}, "a Slot alone", id="slot"),
            pytest.param({"resourceType": "Goal", "id": "1"}, "lifecycleStatus is none", id="goal"),
            pytest.param({"resourceType": "Bundle", "entry": {"a": 1}}, "no list", id="entry an object"),
            pytest.param({"resourceType": "Bundle", "entry": None}, "no list", id="entry null"),
            pytest.param({"specversion": "1.0"}, "no FHIR", id="a CloudEvent"),
            pytest.param("Patient", "no FHIR", id="text"),
            pytest.param(None, "no FHIR", id="null"),
        ],
    )
    def test_refused_whole(self, document: Any, cause: str) -> None:
        """A document that gives nothing says why."""
        assert cause in refused(document).cause

    def test_bundles_in_bundles(self) -> None:
        """A batch's answer, a Bundle of Bundles, is read; without end they are refused."""
        document = bundle(fixture("patient"))
        assert list(events(bundle(document), SOURCE)) == list(events(document, SOURCE))
        for _ in range(400):
            document = bundle(document)
        assert refused(document).cause == fhir.TOO_DEEP

    def test_many(self) -> None:
        """In a Bundle of thousands each appointment finds its own patient, even where other things share the id."""
        entries = [{"fullUrl": f"urn:uuid:{n}", "resource": changed("patient", id=f"p{n}")} for n in range(1000)] + [
            {"resource": participants({"reference": f"urn:uuid:{n}"}) | {"id": str(n)}} for n in range(1000)
        ]
        found = list(events(entries, SOURCE))
        assert [f.event["data"]["patient"]["id"] for f in found[1000:] if isinstance(f, Mapped)] == [
            f"p{n}" for n in range(1000)
        ]

    @pytest.mark.parametrize(
        ("document", "expected"),
        [
            pytest.param({"resourceType": "Patient"}, True, id="resource"),
            pytest.param({"resourceType": "Bundle", "entry": []}, True, id="bundle"),
            pytest.param([{"resource": {"resourceType": "Patient"}}], True, id="entries"),
            pytest.param([{"resourceType": "Patient"}], True, id="resources"),
            pytest.param({"resource": {"resourceType": "Patient"}}, True, id="entry"),
            pytest.param([{"resourceType": "Patient"}, {"specversion": "1.0"}], False, id="mixed"),
            pytest.param({"specversion": "1.0", "type": "x", "data": {}}, False, id="CloudEvent"),
            pytest.param({"resourceType": 5}, False, id="number"),
            pytest.param([], False, id="empty list"),
            pytest.param("Patient", False, id="text"),
            pytest.param(None, False, id="null"),
        ],
    )
    def test_is_fhir(self, document: Any, expected: bool) -> None:
        """FHIR is told from CloudEvents by its resourceType."""
        assert is_fhir(document) is expected


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield at
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inner, (*at, key))


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["Patient", "Appointment", "Bundle", "Patient/p1", "#c1", "urn:uuid:1", "DELETE", "2026-12-01T09:00:00Z", "old"]
    )
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    sorted({key for name in NAMES for path in paths(fixture(name)) for key in path if isinstance(key, str)})
)
shaped = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(fields, inner, max_size=6), max_leaves=20
)


@st.composite
def mutated(draw: st.DrawFn) -> Any:
    """A valid document of which some places hold anything, or nothing."""
    document: Any = {"": copy.deepcopy(draw(st.sampled_from([fixture(name) for name in NAMES])))}
    for _ in range(draw(st.integers(1, 3))):
        *way, last = draw(st.sampled_from([path for path in paths(document) if path]))
        place = document
        for key in way:
            place = place[key]
        if draw(st.booleans()):
            place[last] = draw(anything | shaped)
        elif last != "":
            del place[last]
    return document[""]


def holds(document: Any) -> None:
    """Nothing raises, and every event is one that a planner reads."""
    is_fhir(document)
    for found in events(document, SOURCE):
        if isinstance(found, Mapped):
            assert is_read(found), found
        else:
            assert found.cause.isprintable()
            assert found.resource == "?" or found.resource.isalpha()


class TestAnything:
    """JSON of any shape."""

    @given(anything | shaped)
    def test_any_json(self, document: Any) -> None:
        """No JSON whatever raises."""
        holds(document)

    @given(mutated())
    def test_mutated(self, document: Any) -> None:
        """No damaged resource raises or gives an event that can't be read."""
        holds(document)

    @given(mutated(), mutated())
    def test_in_a_bundle(self, one: Any, other: Any) -> None:
        """Neither does one damaged resource beside another."""
        holds({"resourceType": "Bundle", "entry": [{"resource": one}, {"resource": other}, one]})

    @given(st.datetimes(EARLIEST.replace(tzinfo=None), LATEST.replace(tzinfo=None)), st.integers(-840, 840))
    def test_every_instant(self, at: Any, offset: int) -> None:
        """An instant of any zone comes out as the same instant in UTC."""
        sign, (hours, minutes) = "-" if offset < 0 else "+", divmod(abs(offset), 60)
        written = f"{at.isoformat()}{sign}{hours:02}:{minutes:02}"
        resource = changed("appointment", status="cancelled", start=written, end=GONE)
        said = data(resource).get("start")
        assert said is None or Appointment.model_validate({**data(resource), "start": written}).start == (
            Appointment.model_validate(data(resource)).start
        )
