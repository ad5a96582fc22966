"""Reads FHIR's ContactPoint: its system, value, rank and use, and a practitioner's work e-mail."""

from collections.abc import Mapping
from typing import Any

from shared.formats.fhir.elements import ended, records, word

_NOT_AT_WORK = frozenset({"home", "old", "temp"})


def system_of(contact: Mapping[str, Any]) -> str:
    """The system: `phone`, `sms`, `email` and others; empty where there is none."""
    return word(contact.get("system")) or ""


def value_of(contact: Mapping[str, Any]) -> str:
    """The number or address; empty where it is not one line of text."""
    text = word(contact.get("value")) or ""
    return text.removeprefix("mailto:").strip() if system_of(contact) == "email" else text


def rank_of(contact: Mapping[str, Any]) -> float:
    """The rank (R4 positiveInt), 1 first; infinity without a rank."""
    rank = contact.get("rank")
    return rank if isinstance(rank, int) and not isinstance(rank, bool) and rank > 0 else float("inf")


def use_of(element: Mapping[str, Any]) -> str | None:
    """The `use`; None where there is none, `?` where it is malformed."""
    use = element.get("use")
    return None if use is None else word(use) or "?"


def work_email(resource: Mapping[str, Any]) -> str | None:
    """A practitioner's work e-mail: addresses marked as work first, never ones marked as home, old or temporary."""
    usable = [
        contact
        for contact in records(resource.get("telecom"))
        if system_of(contact) == "email" and use_of(contact) not in _NOT_AT_WORK and not ended(contact)
    ]
    ordered = sorted(usable, key=lambda contact: (use_of(contact) != "work", rank_of(contact)))
    return next((value for contact in ordered if _is_address(value := value_of(contact))), None)


def _is_address(value: str) -> bool:
    name, at, domain = value.rpartition("@")
    return bool(name and at and "." in domain) and " " not in value
