"""Reads FHIR's data types from JSON of any shape: an absent or malformed value is None; nothing raises."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from shared.clinic.nhs_number import nhs_number
from shared.events.types import EARLIEST, LATEST
from shared.events.visible import visible

NHS_SYSTEMS = frozenset(
    {
        "https://fhir.nhs.uk/Id/nhs-number",
        "http://fhir.nhs.uk/Id/nhs-number",
        "http://fhir.nhs.net/Id/nhs-number",  # e-RS, which names patients by it alone
        "https://fhir.nhs.net/Id/nhs-number",
        "https://fhir.hl7.org.uk/Id/nhs-number",
        "urn:oid:2.16.840.1.113883.2.1.4.1",
    }
)

# By hl7.org/fhir/R4/datatypes.html#id letters, digits, hyphens and dots, 64 at most; servers also write underscores and
# longer ones.
_ID = r"[A-Za-z0-9._-]{1,128}"
_KIND = r"[A-Z][A-Za-z]{1,63}"
_ADDRESS = re.compile(rf"(?:.*/)?(?P<kind>{_KIND})/(?P<id>{_ID})(?:/_history/.*)?")
_CONDITION = re.compile(rf"(?:.*/)?(?P<kind>{_KIND})\?identifier=(?:(?P<system>[^|&]*)\|)?(?P<value>[^|&]+)")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})", re.ASCII)
_OPEN_END = re.compile(r"2[1-9]\d\d|[3-9]\d\d\d", re.ASCII)  # 2999-12-31, 9999-12-31: how systems write "no end"
_LONGEST = 200  # characters of a `shared.events.types.Code`

_USES = {"usual": 0, "official": 1, None: 2}


@dataclass(frozen=True, slots=True)
class ReadResource:
    """The data of an event that was read from a resource, and notes for a person, without personal data."""

    data: dict[str, Any]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnusableResource:
    """A resource that cannot be used; the cause is one sentence with the cure."""

    cause: str


@dataclass(frozen=True, slots=True)
class BundleEntry:
    """A resource and its id at the source; a contained resource has none of its own."""

    resource: dict[str, Any]
    id: str | None


@dataclass(frozen=True, slots=True)
class Target:
    """The resource to which a reference points, as far as it is known."""

    kind: str | None
    id: str | None = None
    identifiers: tuple[dict[str, Any], ...] = ()
    resource: dict[str, Any] | None = None


def record(value: Any) -> dict[str, Any]:
    """The value as an object; an empty one where it is none."""
    return value if isinstance(value, dict) else {}


def records(value: Any) -> list[dict[str, Any]]:
    """The objects of a list, or a single object as a list: STU3 has single ones where R4 has lists."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def word(value: Any) -> str | None:
    """The value as a code, an identifier or a name: one short printable line; else None."""
    text = visible(value).strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= _LONGEST and text.isprintable() else None


def kind_of(resource: Mapping[str, Any]) -> str | None:
    """The `resourceType`; None where it is malformed."""
    kind = resource.get("resourceType")
    return kind if isinstance(kind, str) and re.fullmatch(_KIND, kind) else None


def id_of(resource: Mapping[str, Any]) -> str | None:
    """The logical id; None where it is malformed."""
    value = word(resource.get("id"))
    return value if value is not None and re.fullmatch(_ID, value) else None


def instant(value: Any) -> datetime | None:
    """An instant with a zone, in UTC. One without a zone gives None: its zone would be a guess."""
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        return None
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return None
    return at.astimezone(UTC) if EARLIEST <= at <= LATEST else None


def written(at: datetime) -> str:
    """An instant as RFC 3339 text."""
    return at.isoformat().replace("+00:00", "Z")


def ended(element: Mapping[str, Any]) -> bool:
    """Whether the `period` of an element has an end.

    An end that still lies ahead counts too: our events have no end dates, so the element would be used beyond it.
    """
    end = record(element.get("period")).get("end")
    return end is not None and not (isinstance(end, str) and _OPEN_END.match(end))


def codes(concepts: Any, *systems: str) -> list[str]:
    """The codes of CodeableConcepts in these code systems; without systems, in any."""
    found = [coding for concept in records(concepts) for coding in records(concept.get("coding"))]
    chosen = [c.get("code") for c in found if not systems or c.get("system") in systems]
    return [code for code in chosen if isinstance(code, str)]


def nhs(identifiers: Iterable[Mapping[str, Any]], notes: list[str]) -> str | None:
    """The valid NHS number; None where there are none or several: a wrong one would unite two people."""
    given = [i for i in identifiers if _is_nhs(i) and _stands(i)]
    valid = {number for i in given if (number := nhs_number(word(i.get("value"))))}
    if given and not valid:
        notes.append("NHS number fails its check digit: not used")
    if len(valid) > 1:
        notes.append("several NHS numbers: none is used")
    return valid.pop() if len(valid) == 1 else None


def nhs_status(identifiers: Iterable[Mapping[str, Any]]) -> str | None:
    """Whether the NHS number was traced, as its identifier's extension says; None where that is unsaid or ambiguous."""
    found = {
        code
        for one in identifiers
        if _is_nhs(one) and _stands(one)
        for extension in records(one.get("extension"))
        if isinstance(extension.get("url"), str) and "NHSNumberVerificationStatus" in extension["url"]
        for code in codes([extension.get("valueCodeableConcept")])
    }
    return found.pop() if len(found) == 1 else None


def local(identifiers: Iterable[Mapping[str, Any]]) -> str | None:
    """The source's own identifier, the usual one first; never an NHS number, for it may become a Kafka key."""
    found = [i for i in identifiers if not _is_nhs(i) and _stands(i)]
    ranked = sorted(found, key=lambda i: _USES.get(word(i.get("use")), len(_USES)))
    return next((value for i in ranked if (value := word(i.get("value")))), None)


def _is_nhs(identifier: Mapping[str, Any]) -> bool:
    return word(identifier.get("system")) in NHS_SYSTEMS


def _stands(identifier: Mapping[str, Any]) -> bool:
    return identifier.get("use") != "old" and not ended(identifier) and word(identifier.get("value")) is not None


def address(url: Any) -> Target:
    """The target of a URL: `Patient/1`, `https://…/Patient/1/_history/2`, `Patient?identifier=system|value`."""
    text = word(url) or ""
    if found := _ADDRESS.fullmatch(text):
        return Target(found["kind"], found["id"])
    if found := _CONDITION.fullmatch(unquote(text)):
        return Target(found["kind"], identifiers=({"system": found["system"], "value": found["value"]},))
    return Target(None)


def by_urn(name: str) -> str:
    """The URL by which a Bundle refers to a resource whose id is a UUID, where it has no `fullUrl`."""
    return same(f"urn:uuid:{name}")


def resolve(reference: Mapping[str, Any], *known: Mapping[str, BundleEntry]) -> Target:
    """The target of a Reference: a resource of the document (`known`), an address, or only an identifier."""
    text = word(reference.get("reference")) or ""
    own = records(reference.get("identifier"))
    if entry := next((found[same(text)] for found in known if same(text) in found), None):
        identifiers = (*records(entry.resource.get("identifier")), *own)
        return Target(kind_of(entry.resource), entry.id, identifiers, entry.resource)
    named = address(text)
    implied = "Patient" if any(_is_nhs(i) for i in own) else None
    return Target(named.kind or word(reference.get("type")) or implied, named.id, (*named.identifiers, *own))


def by_name(kind: str, name: str) -> str:
    """The key of a resource of the document by its kind and id; no reference has this form."""
    return f"{kind} {name}"


def came_along(target: Target, known: Mapping[str, BundleEntry]) -> dict[str, Any]:
    """The resource of a reference's target; an empty one where it is not in the document."""
    if target.resource is not None:
        return target.resource
    entry = known.get(by_name(target.kind, target.id)) if target.kind and target.id else None
    return {} if entry is None else entry.resource


def contained(resource: Mapping[str, Any]) -> dict[str, BundleEntry]:
    """The contained resources by `#id`; these ids are local to it (hl7.org/fhir/R4/references.html#contained)."""
    return {
        f"#{name}": BundleEntry(inner, None) for inner in records(resource.get("contained")) if (name := id_of(inner))
    }


def same(url: str) -> str:
    """A URL in the form in which URLs are compared: UUIDs may be in either case (RFC 9562, section 4)."""
    return url.lower() if url.startswith("urn:") else url
