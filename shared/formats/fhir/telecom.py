"""FHIR's ContactPoint: what it is, how it ranks, and a practitioner's address at work. Pure."""

from collections.abc import Mapping
from typing import Any

from shared.formats.fhir.elements import ended, records, word

_NOT_AT_WORK = frozenset({"home", "old", "temp"})


def system_of(contact: Mapping[str, Any]) -> str:
    """`phone`, `sms`, `email` and others; empty where it is not said."""
    return word(contact.get("system")) or ""


def value_of(contact: Mapping[str, Any]) -> str:
    """The number or address; empty where it is not one line of text."""
    text = word(contact.get("value")) or ""
    return text.removeprefix("mailto:").strip() if system_of(contact) == "email" else text


def rank_of(contact: Mapping[str, Any]) -> float:
    """R4 positiveInt, 1 first; none at all ranks last."""
    rank = contact.get("rank")
    return rank if isinstance(rank, int) and not isinstance(rank, bool) and rank > 0 else float("inf")


def use_of(element: Mapping[str, Any]) -> str | None:
    """The `use`; one of a strange shape is one that nothing knows."""
    use = element.get("use")
    return None if use is None else word(use) or "?"


def work_email(resource: Mapping[str, Any]) -> str | None:
    """Where a practitioner reads e-mail at work: what is marked so first, never what is marked as their home's."""
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
