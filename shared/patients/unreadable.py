"""What came along with an event and cannot be read, or used, of a patient: remarks for the clinic, without values."""

from collections.abc import Iterable

from shared.clinic.patient import Contact, Details, OfPatient
from shared.clinic.unread import Unread, UnreadReason
from shared.events.types import EventData
from shared.patients.person import refusal_of
from shared.patients.phone import PhoneRefusal

ANYWHERE = "GB"
"""Any country: what is asked below is the same in all of them."""

_NO_NUMBER = frozenset({PhoneRefusal.EMPTY, PhoneRefusal.NOT_A_NUMBER})
"""What is no number in any country. Whether one has too few digits depends on where it is."""


def unreadable(data: EventData | None) -> tuple[Unread, ...]:
    """The details that an event leaves us without, by their names in it."""
    if isinstance(data, Details):
        return tuple(dict.fromkeys((*data.unread, *_contacts(data.contacts or (), ""))))
    if isinstance(data, OfPatient):
        return tuple(dict.fromkeys((*data.unread, *_contacts(data.patient.contacts or (), "patient."))))
    return ()


def _contacts(contacts: Iterable[Contact], prefix: str) -> Iterable[Unread]:
    for contact in contacts:
        refusal = refusal_of(contact, ANYWHERE)
        if contact.channel == "email" and refusal:
            yield Unread(f"{prefix}contacts.value", UnreadReason.NO_ADDRESS)
        elif refusal in _NO_NUMBER:
            yield Unread(f"{prefix}contacts.value", UnreadReason.NO_NUMBER)
