"""One person from all who speak of them."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.clinic.patient import Contact, Details, Patient
from shared.events.cloudevents import Event, EventKind, Record, Rejected, read
from shared.patients.person import Address, Person, Voice, address_of, answers, person, present, usable

HERE, THERE = b"here", b"there"


def voice(version: str, reference: bytes, paused: bool | None, *, embedded: bool = False) -> Voice:
    return Voice(version, embedded, Details(paused=paused), reference)


PAUSES = [
    ("nobody says anything", [voice("1", HERE, None)], False),
    ("one says so", [voice("1", HERE, True)], True),
    ("a newer one of another source says no", [voice("1", HERE, True), voice("2", THERE, False)], True),
    ("a newer one of another source says nothing", [voice("1", HERE, True), voice("2", THERE, None)], True),
    ("embedded, its own record says no", [voice("2", HERE, True, embedded=True), voice("1", HERE, False)], False),
    ("embedded says no, its own record so", [voice("2", HERE, False, embedded=True), voice("1", HERE, True)], True),
    ("embedded, another's record says no", [voice("1", HERE, True, embedded=True), voice("2", THERE, False)], True),
    ("embedded fills the gap of its own record", [voice("1", HERE, True, embedded=True), voice("2", HERE, None)], True),
]


@pytest.mark.parametrize(("voices", "paused"), [case[1:] for case in PAUSES], ids=[case[0] for case in PAUSES])
def test_any_source_pauses(voices: list[Voice], paused: bool) -> None:
    """A patient is paused while any source says so; its embedded details count where its own record is silent."""
    assert present(voices).paused is paused


FORMATS: list[tuple[str, list[tuple[str, bool, tuple[str, ...] | None]], tuple[str, ...] | None]] = [
    ("nobody says anything", [("1", False, None)], None),
    ("embedded alone", [("1", True, ("braille",))], ("braille",)),
    ("its own record outranks newer embedded ones", [("2", True, ("text",)), ("1", False, ("braille",))], ("braille",)),
    ("its own record knows of none", [("2", True, ("braille",)), ("1", False, ())], ()),
    ("its own record is silent", [("1", True, ("braille",)), ("2", False, None)], ("braille",)),
    ("of two records the newer", [("1", False, ("braille",)), ("2", False, ("letter", "audio"))], ("letter", "audio")),
]


@pytest.mark.parametrize(("voices", "formats"), [case[1:] for case in FORMATS], ids=[case[0] for case in FORMATS])
def test_needs_come_from_the_best_voice_that_knows(voices: list[Any], formats: tuple[str, ...] | None) -> None:
    """What a patient needs is told by the best voice that says anything of it, like names and contacts."""
    said = [Voice(version, embedded, Details(formats=told)) for version, embedded, told in voices]
    assert present(said).formats == formats


TEXT, MAIL = (
    Address(channel="sms", value="+447700900001", index=b"1"),
    Address(channel="email", value="ada@example.org", index=b"2"),
)
CARER_TEXT, CARER_MAIL = (
    Address(channel="sms", value="+447700900003", index=b"3", role="carer"),
    Address(channel="email", value="bo@example.org", index=b"4", role="carer"),
)

FITTING: list[tuple[str, tuple[str, ...] | None, tuple[Address, ...], tuple[Address, ...], set[str]]] = [
    # label, needs, addresses, those that fit, needs that nothing meets
    ("nobody knows", None, (TEXT, MAIL), (TEXT, MAIL), set()),
    ("none", (), (TEXT, MAIL), (TEXT, MAIL), set()),
    ("a text", ("text",), (MAIL, TEXT), (TEXT,), set()),
    ("an e-mail", ("email",), (TEXT, MAIL), (MAIL,), set()),
    ("either, in the patient's order", ("email", "text"), (MAIL, TEXT), (MAIL, TEXT), set()),
    ("a text or a letter", ("letter", "text"), (TEXT, MAIL), (TEXT,), set()),
    ("a letter", ("letter",), (TEXT, MAIL), (), {"letter"}),
    ("large print in a letter", ("letter", "large-print"), (TEXT,), (), {"letter", "large-print"}),
    ("an e-mail, and there are texts only", ("email",), (TEXT,), (), {"email"}),
    ("a text, and there is no address", ("text",), (), (), set()),
    ("braille, and there is no address", ("braille",), (), (), {"braille"}),
    ("an interpreter in the room", ("interpreter", "support"), (TEXT, MAIL), (TEXT, MAIL), set()),
    ("an interpreter, and texts", ("interpreter", "text"), (MAIL, TEXT), (TEXT,), set()),
    ("an interpreter, and a signed video", ("bsl", "interpreter"), (TEXT,), (), {"bsl"}),
    ("braille, a carer first", ("braille",), (CARER_TEXT, TEXT, CARER_MAIL), (CARER_TEXT, CARER_MAIL), set()),
    ("braille, a carer later", ("braille",), (TEXT, CARER_TEXT), (), {"braille"}),
    ("braille, a carer alone", ("braille",), (CARER_TEXT,), (CARER_TEXT,), set()),
    ("a text, a carer later", ("text",), (TEXT, CARER_MAIL), (TEXT, CARER_MAIL), set()),
    ("an e-mail, a carer first", ("email",), (CARER_TEXT, TEXT, MAIL), (CARER_TEXT, MAIL), set()),
]


@pytest.mark.parametrize(
    ("needs", "addresses", "fitting", "unmet"), [case[1:] for case in FITTING], ids=[case[0] for case in FITTING]
)
def test_where_a_patient_can_read_it(
    needs: tuple[str, ...] | None, addresses: tuple[Address, ...], fitting: tuple[Address, ...], unmet: set[str]
) -> None:
    """A message goes only where the patient, or a carer whom they put first, can read it; else the needs are named."""
    contacts = tuple(Contact(channel=a.channel, value=a.value, role=a.role) for a in addresses)
    details = Details.model_validate({"formats": needs, "contacts": contacts})
    who = person(UUID(int=1), details, {a.value: a.index for a in addresses}.__getitem__, "GB")
    assert who.fitting == fitting
    assert set(who.unmet) == unmet


REFUSED: list[tuple[str, tuple[str, ...] | None, tuple[Address, ...], set[bytes], tuple[Address, ...], set[str]]] = [
    # label, needs, addresses, those that refused it, those that fit, needs that nothing meets
    ("no needs", None, (TEXT, MAIL), {b"1"}, (MAIL,), set()),
    ("no needs, none left", None, (TEXT, MAIL), {b"1", b"2"}, (), set()),
    ("a text, another address that cannot be read", ("text",), (TEXT, MAIL), {b"1"}, (), {"text"}),
    ("a text, no other address", ("text",), (TEXT,), {b"1"}, (), {"text"}),
    ("a text or braille", ("braille", "text"), (TEXT,), {b"1"}, (), {"braille", "text"}),
    ("either", ("email", "text"), (TEXT, MAIL), {b"1"}, (MAIL,), set()),
    ("a text, a carer later", ("text",), (MAIL, TEXT, CARER_MAIL), {b"1"}, (CARER_MAIL,), set()),
    ("braille, a carer first", ("braille",), (CARER_TEXT, TEXT), {b"3"}, (), {"braille"}),
    ("a number that is theirs no more", ("text",), (TEXT, MAIL), {b"9"}, (TEXT,), set()),
]


@pytest.mark.parametrize(
    ("needs", "addresses", "refused", "fitting", "unmet"), [case[1:] for case in REFUSED], ids=[c[0] for c in REFUSED]
)
def test_an_address_that_refused_fits_no_more(
    needs: tuple[str, ...] | None,
    addresses: tuple[Address, ...],
    refused: set[bytes],
    fitting: tuple[Address, ...],
    unmet: set[str],
) -> None:
    """What is left once addresses refused a message; where needs are stated and nothing is, they are unmet."""
    who = Person(patient_id=UUID(int=1), addresses=addresses, formats=frozenset(needs or ())).without(
        frozenset(refused)
    )
    assert who.fitting == fitting
    assert set(who.unmet) == unmet


MAILBOXES = [
    ("Ada@Example.org", "ada@example.org"),
    (" ADA.LOVELACE+clinic@EXAMPLE.ORG ", "ada.lovelace+clinic@example.org"),
    ("Siân@example.org", "siân@example.org"),
    ("Strauß@example.org", "strauß@example.org"),
    ("ada@example", None),
]


@pytest.mark.parametrize(("written", "address"), MAILBOXES, ids=[case[0] for case in MAILBOXES])
def test_a_mailbox_is_one_address(written: str, address: str | None) -> None:
    """However it is spelt, a mailbox is one address, and never another's."""
    assert address_of(Contact(channel="email", value=written), "GB") == address


def test_two_spellings_are_one_mailbox() -> None:
    """A mailbox that stands twice in a record, in two spellings, is written to once: as whose it is first."""
    contacts = [
        Contact(channel="email", value="Ada@Example.org"),
        Contact(channel="email", value="ada@example.org", role="carer"),
    ]
    (address,), _ = usable(contacts, str.encode, "GB")
    assert (address.value, address.role) == ("ada@example.org", "self")


def test_what_a_patient_needs_is_in_no_log() -> None:
    """Needs tell of a disability: showing a person does not show them."""
    assert "braille" not in repr(Person(patient_id=UUID(int=1), formats=frozenset({"braille"})))
    assert "braille" not in repr(Details(formats=("braille",)))


def test_an_address_says_who_reads_it() -> None:
    """A carer's address is known as one; a number that both use is whose it is first."""
    shared_phone = [
        Contact(channel="sms", value="07700 900001"),
        Contact(channel="sms", value="+44 7700 900001", role="carer"),
        Contact(channel="email", value="bo@example.org", role="carer"),
    ]
    for contacts, roles in ((shared_phone, ["self", "carer"]), (shared_phone[1:], ["carer", "carer"])):
        addresses, _ = usable(contacts, str.encode, "GB")
        assert [address.role for address in addresses] == roles


ANSWERING: list[tuple[str, list[tuple[str, bool, bool]], list[bool]]] = [
    # label, contacts as value, may receive, may answer; who may answer, address by address
    ("may", [("07700 900001", True, True)], [True]),
    ("may not", [("07700 900001", True, False)], [False]),
    ("two phones", [("07700 900001", True, False), ("07700 900002", True, True)], [False, True]),
    ("one phone, the second may", [("07700 900001", True, False), ("+447700900001", True, True)], [True]),
    ("one phone, the first may", [("07700 900001", True, True), ("+447700900001", True, False)], [True]),
    ("one phone, neither may", [("07700 900001", True, False), ("+447700900001", True, False)], [False]),
    ("one phone, who gets nothing may", [("07700 900001", False, True), ("+447700900001", True, False)], [True]),
    ("gets nothing", [("07700 900001", False, True)], []),
]


@pytest.mark.parametrize(("told", "may_answer"), [case[1:] for case in ANSWERING], ids=[case[0] for case in ANSWERING])
def test_a_phone_answers_where_any_of_its_contacts_may(
    told: list[tuple[str, bool, bool]], may_answer: list[bool]
) -> None:
    """Nobody can tell which of those who share a phone wrote: what comes from it counts if any of them may answer."""
    contacts = [Contact(channel="sms", value=v, may_receive=gets, may_answer=may) for v, gets, may in told]
    addresses, _ = usable(contacts, str.encode, "GB")
    assert [address.may_answer for address in addresses] == may_answer
    anyhow = answers(contacts, "GB")
    assert all(anyhow[address.value] is address.may_answer for address in addresses)


def read_patient(formats: object) -> Event | Rejected | None:
    """A patient's event that tells of needs."""
    now = datetime(2026, 11, 16, 9, tzinfo=UTC)
    event: dict[str, object] = {"specversion": "1.0", "id": "1", "source": "s", "type": "t", "subject": "patient/p1"}
    event |= {"time": now.isoformat(), "data": {"formats": formats}}
    return read(
        Record(
            topic="clinic.patients", partition=0, offset=1, timestamp=now, key=None, value=json.dumps(event).encode()
        ),
        {"t": EventKind("patient", Patient)},
        now,
    )


UNKNOWN_NEEDS: list[tuple[object, set[str]]] = [
    (["Braille 2"], {"other"}),
    ("braille", {"braille"}),
    (["Large Print", "easyRead"], {"large-print", "easy-read"}),
    (["telepathy", "email"], {"email", "other"}),
    ([7], {"other"}),
    ({"braille": True}, {"other"}),
    ([None, ""], set()),
    (["text"] * 21, {"text"}),
]


@pytest.mark.parametrize(
    ("formats", "needs"), UNKNOWN_NEEDS, ids=lambda one: str(sorted(one) if isinstance(one, set) else one)
)
def test_a_need_that_we_do_not_know_stays_one(formats: object, needs: set[str]) -> None:
    """A code that is none of ours does not cost the event, and nobody is written to as if it had not been there."""
    event = read_patient(formats)
    assert isinstance(event, Event)
    assert isinstance(event.data, Patient)
    assert set(event.data.formats or ()) - {"other"} == needs - {"other"}
    reader = person(UUID(int=1), event.data, str.encode, "GB")
    assert ("other" in reader.formats) is ("other" in needs)


@pytest.mark.parametrize("formats", [None, [], ["letter", "large-print"]], ids=str)
def test_needs_are_read(formats: list[str] | None) -> None:
    """Codes that we know are read; an empty list says that there is no such need."""
    event = read_patient(formats)
    assert isinstance(event, Event)
    assert isinstance(event.data, Patient)
    assert event.data.formats == (None if formats is None else tuple(formats))
