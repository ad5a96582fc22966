"""Reads FHIR R4 (and the STU3 of GP Connect) as our own events: Appointment, Goal and Patient, alone or in a Bundle.

No input raises: an unusable resource becomes an `Unmappable`, with the cure.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from pydantic import ValidationError

from shared.clinic.appointment import APPOINTMENTS, Appointment
from shared.clinic.goal import GOALS, Goal
from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import PATIENTS, Patient
from shared.events.cloudevents import explain, thing_of
from shared.events.types import EventData
from shared.formats.fhir.appointment import appointment
from shared.formats.fhir.elements import (
    BundleEntry,
    ReadResource,
    UnusableResource,
    address,
    by_name,
    by_urn,
    id_of,
    instant,
    kind_of,
    local,
    record,
    records,
    same,
    word,
    written,
)
from shared.formats.fhir.goal import goal
from shared.formats.fhir.patient import patient

PASSED_OVER: Final = frozenset(
    {
        "HealthcareService",
        "Location",
        "MessageHeader",
        "Organization",
        "Practitioner",
        "PractitionerRole",
        "Schedule",
        "Slot",
    }
)
"""Resource types that accompany appointments in a Bundle, and give no event of their own."""

NOT_FHIR = "this is no FHIR resource: it has no resourceType, such as Appointment, Goal, Patient or Bundle"
NOT_ENTRIES = 'its entry is no list of objects: write each one as {"resource": {…}}'
NO_RESOURCE = 'an entry holds no resource: write each one as {"resource": {…}}'
TOO_DEEP = "a Bundle lies in a Bundle in a Bundle: publish the inner ones by themselves"
DELETED = "a deletion is not carried over: publish it as entered-in-error, or a record without a value under its key"
NOT_READ = "a {} is not read: publish Appointment, Goal and Patient"
NOTHING_IN_IT = "a {} alone says nothing of a patient: publish the Appointment, Goal or Patient that refers to it"
SAME_VERSION = "the same version came before with other content: the later counts"
SERVER_ERROR = "this is a server's answer about an error: look into it, and fetch the data again"
NO_ID: Final[Mapping[str, str]] = {
    "Appointment": "it has no id and no identifier, like a request to book: publish the server's answer, with its id",
    "Goal": "it has no id and no identifier: publish the server's answer, with its id",
    "Patient": "it has no id and no local identifier, and no key may hold an NHS number: publish it with its id",
}

_DEEPEST = 2  # Bundles: a batch of searches is answered by a Bundle of Bundles
_SILENT_METHODS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Mapped:
    """An event that is ready to be published, and notes for a person on how it was read."""

    topic: str
    key: str
    event: dict[str, Any]
    notes: tuple[str, ...]
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Unmappable:
    """A resource that gives no event; the cause is one sentence with the cure, without personal data."""

    resource: str
    id: str | None
    cause: str


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    topic: str
    data: type[EventData]


_APPOINTMENT = _Kind("appointment", APPOINTMENTS, Appointment)
_GOAL = _Kind("goal", GOALS, Goal)
_PATIENT = _Kind("patient", PATIENTS, Patient)


def is_fhir(document: Any) -> bool:
    """Whether the document looks like a FHIR resource, or a list of resources or entries; a CloudEvent does not."""
    items = document if isinstance(document, list) else [document]
    return bool(items) and all(kind_of(item) or kind_of(record(item.get("resource"))) for item in map(record, items))


def events(resource: Any, source: str) -> Iterator[Mapped | Unmappable]:
    """The events of a document, in its own order.

    Args:
        resource: parsed JSON: an Appointment, a Goal, a Patient, a Bundle of them, or a list of resources or entries.
        source: the CloudEvents `source` to which its ids belong.

    """
    seen: dict[tuple[str, str], str] = {}
    for one in _events(resource, source):
        yield _noted(one, seen) if isinstance(one, Mapped) else one


def _noted(one: Mapped, seen: dict[tuple[str, str], str]) -> Mapped:
    """An event, with a note where the same version of its thing has said something else in this document."""
    if one.version is None:
        return one
    before = seen.setdefault((one.key, one.version), one.event["id"])
    seen[one.key, one.version] = one.event["id"]
    return one if before == one.event["id"] else replace(one, notes=(*one.notes, SAME_VERSION))


def _events(resource: Any, source: str) -> Iterator[Mapped | Unmappable]:
    if isinstance(resource, list):
        yield from _each(resource, source, 0)
    elif kind_of(record(resource)) == "Bundle":
        yield from _bundle(resource, source, 0)
    elif kind_of(record(resource)):
        kind = kind_of(resource)
        passed_over = Unmappable(str(kind), id_of(resource), NOTHING_IN_IT.format(kind))
        yield passed_over if kind in PASSED_OVER else _read(BundleEntry(resource, id_of(resource)), {}, source)
    elif isinstance(resource, dict) and "resource" in resource:
        yield from _each([resource], source, 0)
    else:
        yield Unmappable("?", None, NOT_FHIR)


def _bundle(bundle: Mapping[str, Any], source: str, depth: int) -> Iterator[Mapped | Unmappable]:
    entries = bundle.get("entry", [])
    if depth > _DEEPEST:
        yield Unmappable("Bundle", id_of(bundle), TOO_DEEP)
    elif not isinstance(entries, list):
        yield Unmappable("Bundle", id_of(bundle), NOT_ENTRIES)
    else:
        # A history is sorted newest first (hl7.org/fhir/R4/http.html#history); events are published oldest first.
        yield from _each(entries[::-1] if bundle.get("type") == "history" else entries, source, depth)


def _each(items: list[Any], source: str, depth: int) -> Iterator[Mapped | Unmappable]:
    items = list(map(_as_entry, items))
    known = _known(records(items))
    for item in map(record, items):
        entry = _entry(item)
        method = word(record(item.get("request")).get("method"))
        kind = kind_of(entry.resource)
        if method == "DELETE":
            yield Unmappable(kind or _kind_by_address(item), entry.id, DELETED)
        elif kind == "Bundle":
            yield from _bundle(entry.resource, source, depth + 1)
        elif kind is not None and kind not in PASSED_OVER:
            yield _read(entry, known, source)
        elif kind is None and "response" not in item and method not in _SILENT_METHODS:
            yield Unmappable("?", None, NO_RESOURCE)


def _as_entry(item: Any) -> Any:
    """A resource that stands where an entry should, as one."""
    return {"resource": item} if kind_of(record(item)) else item


def _known(items: list[dict[str, Any]]) -> dict[str, BundleEntry]:
    """The entries by every URL that a reference may use."""
    found = [(item, _entry(item)) for item in items]
    known = {by_urn(entry.id): entry for _, entry in found if entry.id}
    known |= {by_name(kind, e.id): e for _, e in found if (kind := kind_of(e.resource)) and e.id}
    return known | {same(url): entry for item, entry in found if (url := word(item.get("fullUrl")))}


def _kind_by_address(item: Mapping[str, Any]) -> str:
    """What kind of resource an entry without one is of, as its URL tells; else a question mark."""
    return address(record(item.get("request")).get("url")).kind or address(item.get("fullUrl")).kind or "?"


def _entry(item: Mapping[str, Any]) -> BundleEntry:
    """A Bundle entry. Where its resource has no id, its full URL or its request's URL ends in one."""
    resource = record(item.get("resource"))
    urls = (item.get("fullUrl"), record(item.get("request")).get("url"))
    return BundleEntry(resource, id_of(resource) or next((found for url in urls if (found := address(url).id)), None))


def _read(entry: BundleEntry, known: Mapping[str, BundleEntry], source: str) -> Mapped | Unmappable:
    """Read one resource as an event."""
    match kind_of(entry.resource):
        case "Appointment":
            return _mapped(_APPOINTMENT, entry, appointment(entry.resource, known), source)
        case "Goal":
            return _mapped(_GOAL, entry, goal(entry.resource, known), source)
        case "Patient":
            return _mapped(_PATIENT, entry, patient(entry.resource), source)
        case "OperationOutcome":
            return Unmappable("OperationOutcome", entry.id, SERVER_ERROR)
        case kind:
            return Unmappable(kind or "?", entry.id, NOT_READ.format(kind))


def _mapped(kind: _Kind, entry: BundleEntry, said: ReadResource | UnusableResource, source: str) -> Mapped | Unmappable:
    resource = kind.name.capitalize()
    id_ = entry.id or local(records(entry.resource.get("identifier")))
    if id_ is None:
        return Unmappable(resource, None, NO_ID[resource])
    if isinstance(said, UnusableResource):
        return Unmappable(resource, entry.id, said.cause)
    try:
        kind.data.model_validate(said.data)
    except ValidationError as error:
        return Unmappable(resource, entry.id, f"its content does not fit: {explain(error)}")
    meta = record(entry.resource.get("meta"))
    updated = instant(meta.get("lastUpdated"))
    subject = f"{kind.name}/{id_}"
    key = thing_of(source, kind.name, subject)
    event = {
        "specversion": "1.0",
        "id": _event_id(key, meta, said.data),
        "source": source,
        "type": f"cocreate.{kind.name}.v1",
        "subject": subject,
        "data": said.data,
    }
    if updated is not None:
        event["time"] = written(updated)
    notes = (*_about_identity(kind, entry, id_), *said.notes)
    return Mapped(kind.topic, key, event, notes, word(meta.get("versionId")))


def _event_id(key: str, meta: Mapping[str, Any], data: Mapping[str, Any]) -> str:
    """The event's id: equal for the same version of the same thing with the same content.

    A server that changes what it says and not its version (e-RS writes version 0 and no time) says something new.
    """
    version = [word(meta.get("versionId")), word(meta.get("lastUpdated"))]
    content = json.dumps([version, data], sort_keys=True)
    return str(uuid5(NAMESPACE_URL, f"{key}\n{content}"))


def _about_identity(kind: _Kind, entry: BundleEntry, id_: str) -> Iterator[str]:
    if entry.id is None:
        yield "no id: an identifier stands for it, which later versions must carry too"
    if kind is _PATIENT and nhs_number(id_):
        yield "the id is an NHS number, and stands in the event's key"
    if records(entry.resource.get("modifierExtension")):
        yield "it has a modifierExtension, which may change its meaning and is not read"
    meta = record(entry.resource.get("meta"))
    if meta.get("lastUpdated") is not None and instant(meta.get("lastUpdated")) is None:
        yield "meta.lastUpdated is no instant with a zone: not used"
