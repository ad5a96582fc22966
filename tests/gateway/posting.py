"""Who posts events: clinics with tokens, and what they say."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import ConsumerRecord
from multidict import CIMultiDictProxy

from services.followup import app as followup
from services.followup.policy import Policy as FollowupPolicy
from services.gateway.settings import Settings
from services.people.reports import KINDS
from services.prompts import app as prompts
from services.prompts.policy import Policy
from services.reunions import app as reunions
from services.reunions.policy import Policy as ReunionsPolicy
from shared.clinic import deaths
from shared.clinic.patient import PATIENTS
from shared.events.cloudevents import Event
from shared.kafka.client import record_of
from shared.settings import load
from tests.gateway.gateway_harness import LINK_KEY, PUBLIC, TOKEN, Door

RIVERSIDE, HILLSIDE = "https://riverside.example.org", "https://hillside.example.org"
SPINE = "https://fhir.nhs.uk/Id/nhsSpineASID/000000000000"

NEW, OLD, BOTH, NHS = (f"cocreate_{letter * 43}" for letter in "abcd")
"""Tokens: Riverside's in the middle of a rotation, one that speaks for two clinics, and one for the NHS's notices."""


def entry(name: str, token: str, source: str) -> str:
    """An entry of the setting, as an operator writes it."""
    return f"{name}:{hashlib.sha256(token.encode()).hexdigest()}:{source}"


ENTRIES = ",".join(
    [
        entry("riverside-new", NEW, f"{RIVERSIDE}/"),
        entry("riverside-old", OLD, RIVERSIDE),
        entry("trust", BOTH, RIVERSIDE),
        entry("trust", BOTH, HILLSIDE),
        entry("nhs", NHS, SPINE),
    ]
)

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"

READERS = {
    PATIENTS: KINDS,
    **followup.planner(FollowupPolicy()).topics,
    **reunions.planner(ReunionsPolicy()).topics,
    **prompts.planner(Policy()).topics,
}
"""What the services themselves read, by topic."""


def gateway(kafka_url: str, **more: Any) -> Settings:
    """A gateway's settings."""
    given = {"public_url": PUBLIC, "twilio_auth_token": TOKEN, "link_keys": LINK_KEY, "gateway_port": 0}
    return load(Settings, kafka_url=kafka_url, health_port=0, **given, **more)


def appointment(number: int = 1, **changed: Any) -> dict[str, Any]:
    """An appointment of Riverside's, with attributes changed, added or (None) left out."""
    event = {
        "specversion": "1.0",
        "id": f"{number}-1",
        "source": RIVERSIDE,
        "type": "cocreate.appointment.v1",
        "subject": f"appointment/{number}",
        "time": "2026-11-10T14:02:11Z",
        "data": {"status": "booked", "patient": {"id": "P1"}, "start": "2026-12-01T09:00:00Z"},
        **changed,
    }
    return {name: value for name, value in event.items() if value is not None}


def patient(**changed: Any) -> dict[str, Any]:
    """A patient of Riverside's, alike."""
    data = {"first_name": "Ada", "contacts": [{"channel": "sms", "value": "07700 900001"}]}
    return appointment(**{"type": "cocreate.patient.v1", "subject": "patient/P1", "data": data, **changed})


def goal(**changed: Any) -> dict[str, Any]:
    """A goal of that patient's, alike."""
    data = {"patient": {"id": "P1"}, "set_on": "2026-11-10", "review_on": "2026-11-24", "confidence": 7}
    return appointment(**{"type": "cocreate.goal.v1", "subject": "goal/G1", "data": data, **changed})


def course(**changed: Any) -> dict[str, Any]:
    """A course of Riverside's, alike."""
    data = {"sessions": [{"number": 1, "start": "2026-12-02T18:00:00Z"}], "clinic": "HALL"}
    return appointment(**{"type": "cocreate.course.v1", "subject": "course/C1", "data": data, **changed})


def enrolment(**changed: Any) -> dict[str, Any]:
    """That patient's part in it, alike."""
    data = {"patient": {"id": "P1"}, "course": "C1", "attended": [1]}
    return appointment(**{"type": "cocreate.enrolment.v1", "subject": "enrolment/E1", "data": data, **changed})


def reunion(**changed: Any) -> dict[str, Any]:
    """A reunion of that course, alike."""
    data = {"start": "2027-03-03T18:00:00Z", "capacity": 40, "rsvp_by": "2027-02-24T17:00:00Z", "courses": ["C1"]}
    return appointment(**{"type": "cocreate.reunion.v1", "subject": "reunion/R1", "data": data, **changed})


@dataclass(frozen=True)
class Answer:
    """What the gateway answers."""

    status: int
    said: Any
    headers: CIMultiDictProxy[str]

    @property
    def outcomes(self) -> list[str]:
        """The reason or the status of each event."""
        return [one["reason"] or one["status"] for one in self.said["results"]]


@dataclass(frozen=True)
class Clinic:
    """Posts to a gateway."""

    door: Door

    async def one(self, event: Any, token: str | None = NEW) -> Answer:
        """Post an event alone."""
        return await self.post(json.dumps(event).encode(), STRUCTURED, token)

    async def batch(self, *events: Any, token: str | None = NEW) -> Answer:
        """Post several."""
        return await self.post(json.dumps(events).encode(), BATCH, token)

    async def binary(self, data: Any, headers: dict[str, str], token: str | None = NEW) -> Answer:
        """Post an event whose attributes are headers."""
        return await self.post(json.dumps(data).encode(), "application/json", token, headers)

    async def post(
        self,
        body: Any,
        kind: str | None,
        token: str | None = NEW,
        headers: dict[str, str] | None = None,
        path: str = "/events",
    ) -> Answer:
        """Post anything that is answered with JSON."""
        given = dict(headers or {})
        if token is not None:
            given["Authorization"] = f"Bearer {token}"
        if kind is not None:
            given["Content-Type"] = kind
        skip = ("Content-Type",) if kind is None else ()
        url = f"{self.door.url}{path}"
        async with self.door.session.post(url, data=body, headers=given, skip_auto_headers=skip) as response:
            text = await response.text()
            return Answer(response.status, json.loads(text) if text else None, response.headers)


def ce(event: dict[str, Any]) -> dict[str, str]:
    """The attributes of an event, as headers of binary mode."""
    return {f"ce-{name}": value for name, value in event.items() if name != "data"}


def as_read(record: "ConsumerRecord[bytes, bytes]") -> Event:
    """What the service that reads this topic makes of a record."""
    event = deaths.read(record_of(record), READERS[record.topic], datetime.now(UTC))
    assert isinstance(event, Event), event
    return event
