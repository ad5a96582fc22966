"""Reads from a FHIR Appointment how patient and clinician meet, and by which link."""

import re
from collections.abc import Mapping
from typing import Any

from shared.clinic.appointment import Mode
from shared.clinic.joining import LONGEST_LINK, is_web_address
from shared.formats.fhir.elements import codes, record, records, word

# GP Connect (STU3) writes a code, UK Core (R4) a CodeableConcept: In-person, Telephone, Video.
_CHANNEL = re.compile(
    r"https://fhir\.(?:nhs|hl7\.org)\.uk/(?:STU3/|R4/)?StructureDefinition/"
    r"Extension-(?:GPConnect-DeliveryChannel-[12]|UKCore-DeliveryChannel)"
)
# R5's element as R4 servers carry it (hl7.org/fhir/R5/versions.html#extensions).
_VIRTUAL = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Appointment.virtualService"

# addressUrl, of address[x]; an extension's own parts may be named by the element alone.
_ADDRESSES = ("addressUrl", "addressString", "address", "addressUri")


def mode(resource: Mapping[str, Any], notes: list[str]) -> str | None:
    """The mode, where a standard's own code gives it; never from a display text or a service type."""
    extensions = records(resource.get("extension"))
    for extension in extensions:
        if _CHANNEL.fullmatch(str(extension.get("url"))):
            modes = _modes_named(extension)
            if len(modes) == 1:
                return modes[0]
            notes.append("the delivery channel is none of In-person, Telephone, Video: not used")
    is_virtual = records(resource.get("virtualService")) or any(e.get("url") == _VIRTUAL for e in extensions)
    return Mode.VIDEO.value if is_virtual else None


def join_link(resource: Mapping[str, Any], notes: list[str]) -> str | None:
    """The address of the first virtual service that has one that a text could hold: R5's, or R4's by its extension.

    A number to dial, or an address of a meeting system, is none: patients would not know what to do with it.
    """
    services: list[Mapping[str, Any]] = [*records(resource.get("virtualService"))]
    for carried in records(resource.get("extension")):
        if carried.get("url") == _VIRTUAL:
            parts = records(carried.get("extension"))
            services.append({str(part.get("url")): part.get("valueUrl") or part.get("valueString") for part in parts})
            services.append(record(carried.get("valueVirtualServiceDetail")))
    said = [address for one in services for name in _ADDRESSES if isinstance(address := one.get(name), str)]
    found = next((address.strip() for address in said if is_web_address(address.strip())), None)
    if said and found is None:
        notes.append(f"the virtual service has no https address of up to {LONGEST_LINK} characters: no link is sent")
    return found


def _modes_named(channel: Mapping[str, Any]) -> list[str]:
    said = [word(channel.get("valueCode")), *codes(channel.get("valueCodeableConcept"))]
    named = {code.casefold() for code in said if code}
    return [mode.value for mode in Mode if mode.value in named]
