"""Who is who: an NHS number unites, its correction parts, and neither loses, doubles or leaks a message."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.delivery.providers.outcomes import OptedOut
from services.people.claims import NhsNumberClaim, Step, step
from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import PATIENTS
from shared.patients import details, identity
from shared.patients.identity import Merged, Name
from shared.patients.person import Person
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient

N1, N2 = "9434765919", "9434765870"
SMS, OTHER_SMS = [{"channel": "sms", "value": "07700 900001"}], [{"channel": "sms", "value": "07700 900002"}]

NUMBERS = [
    ("sound", N1, N1),
    ("with spaces", "943 476 5919", N1),
    ("with hyphens", "943-476-5919", N1),
    ("wrong check digit", "9434765918", None),
    ("check digit ten", "9434765810", None),
    ("check digit eleven is nought", "9434765870", "9434765870"),
    ("a placeholder of nines", "9999999999", None),
    ("a placeholder of noughts", "0000000000", None),
    ("nine digits", "943476591", None),
    ("eleven digits", "94347659190", None),
    ("other scripts' digits", "٩٤٣٤٧٦٥٩١٩", None),
    ("words", "not known", None),
    ("empty", "", None),
    ("none", None, None),
]


@pytest.mark.parametrize(("text", "number"), [case[1:] for case in NUMBERS], ids=[case[0] for case in NUMBERS])
def test_an_nhs_number_has_a_check_digit(text: str | None, number: str | None) -> None:
    """A number whose check digit is wrong, or that is a placeholder, unites nobody."""
    assert nhs_number(text) == number


P, Q = UUID(int=1), UUID(int=2)

STEPS = [
    # label, bearer, other numbers, other records, what follows
    ("theirs already", P, False, False, Step.NOTHING),
    ("new number, first one", None, False, False, Step.NAME),
    ("new number, others know the patient", None, False, True, Step.NAME),
    ("new number instead of another", None, True, False, Step.NAME),
    ("new number, others know the old one", None, True, True, Step.MOVE),
    ("another's number", Q, False, False, Step.MERGE),
    ("another's number instead of another", Q, True, False, Step.MERGE),
    ("another's number, others know the old one", Q, True, True, Step.MOVE),
]


@pytest.mark.parametrize(
    ("bearer", "numbers", "records", "expected"), [case[1:] for case in STEPS], ids=[case[0] for case in STEPS]
)
def test_what_a_number_makes_of_a_patient(bearer: UUID | None, numbers: bool, records: bool, expected: Step) -> None:
    """Patients are united only where nobody else knows them by another number."""
    assert step(NhsNumberClaim(patient=P, bearer=bearer, other_numbers=numbers, other_records=records)) is expected


async def owner(harness: Harness, local_id: str, source: str = SOURCE) -> UUID:
    async with harness.pool.acquire() as connection:
        found = await identity.find(connection, [identity.reference(harness.encryption, source, local_id)])
    return next(iter(found.values()))


async def person(harness: Harness, patient_id: UUID) -> Person:
    async with harness.pool.acquire() as connection:
        return (await details.load(connection, harness.encryption, [patient_id]))[patient_id]


async def test_two_who_meet_a_new_patient_at_once_agree(harness: Harness) -> None:
    """Eight connections that resolve the same new patients at once all mean the same ones; no number unites them."""
    names = [Name(SOURCE, "p1", N1), Name(OTHER_SOURCE, "q1", N1), Name(SOURCE, "p2"), Name(SOURCE, "p3", N2)]

    async def resolved(order: list[Name]) -> dict[bytes, UUID]:
        async with harness.pool.acquire() as connection, connection.transaction():
            return await identity.resolve(connection, harness.encryption, order)

    orders = [names, names[::-1], names[1:], names[:2], names[:1], names[1:2], names[2:], names]
    for_each = await asyncio.gather(*(resolved(order) for order in orders))
    together: dict[bytes, set[UUID]] = {}
    for one in for_each:
        for key, meant in one.items():
            together.setdefault(key, set()).add(meant)
    assert all(len(meant) == 1 for meant in together.values())
    assert await owner(harness, "p1") != await owner(harness, "q1", OTHER_SOURCE)
    assert len({await owner(harness, "p1"), await owner(harness, "p2"), await owner(harness, "p3")}) == 3


@pytest.mark.parametrize("first", ["p1", "q1"])
async def test_a_number_unites_in_either_order(harness: Harness, first: str) -> None:
    """Two sources that come to give one NHS number have one patient: details, opt-outs and what was told are shared."""
    await harness.registry_says(patient("p1", contacts=SMS), patient("q1", source=OTHER_SOURCE, opt_outs=["groups"]))
    await harness.clinic_says(appointment(), appointment("2", patient="q1", source=OTHER_SOURCE, phone=None))
    later = MONDAY + timedelta(minutes=3)
    told = {"p1": patient("p1", later, contacts=SMS, nhs_number=N1)}
    told["q1"] = patient("q1", later, OTHER_SOURCE, nhs_number=N1, opt_outs=["groups"])
    for name in sorted(told, key=lambda name: name != first):
        await harness.registry_says(told[name])
    one = await owner(harness, "p1")
    assert one == await owner(harness, "q1", OTHER_SOURCE)
    known = await person(harness, one)
    assert [address.value for address in known.addresses] == ["+447700900001"]
    assert known.opted_out == {"groups"}
    letters = []
    for day in range(22):
        letters += await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    rows = await harness.messages()
    assert {row["patient_id"] for row in rows} == {one}
    assert sorted(row["kind"] for row in rows if row["state"] == "sent") == ["agenda", "agenda", "reminder", "reminder"]
    assert len({letter.message_id for letter in letters}) == len(letters) == 4


async def test_a_merge_doubles_nothing_that_was_told(harness: Harness) -> None:
    """What one was told before the merge counts as told to both, and the daily cap counts it."""
    await harness.clinic_says(
        appointment("1"),
        appointment("2", MONDAY + timedelta(days=22), patient="q1", source=OTHER_SOURCE, phone="07700 900002"),
    )
    first = []
    for day in range(15):
        first += await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    both = MONDAY + timedelta(days=14, hours=8)
    await harness.registry_says(patient("p1", both, nhs_number=N1), patient("q1", both, OTHER_SOURCE, nhs_number=N1))
    again = await harness.deliver()
    assert not {letter.message_id for letter in first} & {letter.message_id for letter in again}
    assert {row["patient_id"] for row in await harness.messages()} == {await owner(harness, "p1")}


async def test_a_merge_after_a_thing_changed_hands_keeps_it(harness: Harness) -> None:
    """An appointment that went from one local id to another of one person is not cancelled when they unite."""
    await harness.clinic_says(appointment(patient="p1"))
    await harness.clinic_says(appointment(patient="p2", at=MONDAY + timedelta(minutes=1)))
    later = MONDAY + timedelta(minutes=3)
    await harness.registry_says(patient("p1", later, contacts=SMS, nhs_number=N1))
    await harness.registry_says(patient("p2", later, contacts=SMS, nhs_number=N1))
    letters = []
    for day in range(22):
        letters += await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    assert [row["kind"] for row in await harness.messages() if row["state"] == "sent"] == ["agenda", "reminder"]


async def test_a_stop_outlives_a_merge(harness: Harness) -> None:
    """Whoever stopped at one number stays stopped under the other name."""
    harness.texts.answers = [OptedOut("21610")]
    await harness.clinic_says(appointment("1"))
    for day in range(15):
        await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    now = MONDAY + timedelta(days=15)
    await harness.registry_says(patient("p1", now, nhs_number=N1), patient("q1", now, OTHER_SOURCE, nhs_number=N1))
    await harness.clinic_says(appointment("9", MONDAY + timedelta(days=40), patient="q1", source=OTHER_SOURCE, at=now))
    sent = len(harness.texts.letters)
    for day in range(15, 41):
        await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    assert len(harness.texts.letters) == sent == 1


async def test_a_corrected_number_moves_one_record_only(harness: Harness) -> None:
    """Where others know the patient by the old number, only the record that was wrong goes to whom it means."""
    await harness.registry_says(
        patient("p1", nhs_number=N1, contacts=SMS),
        patient("q1", source=OTHER_SOURCE, nhs_number=N1, contacts=OTHER_SMS),
    )
    assert await owner(harness, "p1") == await owner(harness, "q1", OTHER_SOURCE)
    await harness.clinic_says(appointment("1"), appointment("2", patient="q1", source=OTHER_SOURCE))
    await harness.registry_says(patient("p1", MONDAY + timedelta(minutes=1), nhs_number=N2, contacts=SMS))
    mine, theirs = await owner(harness, "p1"), await owner(harness, "q1", OTHER_SOURCE)
    assert mine != theirs
    assert [a.value for a in (await person(harness, mine)).addresses] == ["+447700900001"]
    assert [a.value for a in (await person(harness, theirs)).addresses] == ["+447700900002"]
    letters = []
    for day in range(22):
        letters += await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))
    rows = {row["id"]: row["patient_id"] for row in await harness.messages()}
    assert {(rows[letter.message_id], letter.address) for letter in letters} == {
        (mine, "+447700900001"),
        (theirs, "+447700900002"),
    }


async def test_a_number_taken_back_unites_nobody_later(harness: Harness) -> None:
    """A typing mistake that was corrected does not unite its patient with whom the number really belongs to."""
    await harness.registry_says(patient("p1", nhs_number=N1, contacts=SMS))
    await harness.registry_says(patient("p1", MONDAY + timedelta(minutes=1), nhs_number=N2, contacts=SMS))
    await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1, contacts=OTHER_SMS))
    assert await owner(harness, "p1") != await owner(harness, "q1", OTHER_SOURCE)


async def test_a_replay_brings_no_old_mistake_back(harness: Harness) -> None:
    """Reading the topic again from the beginning changes nobody's identity, whatever was corrected since."""
    said = [
        patient("q1", source=OTHER_SOURCE, nhs_number=N1, contacts=OTHER_SMS),
        patient("p1", nhs_number=N1, contacts=SMS),
        patient("p1", MONDAY + timedelta(minutes=1), nhs_number=N2, contacts=SMS),
    ]
    topic = [harness.record(event, PATIENTS) for event in said]
    for record in topic:
        await harness.registrar.take([record])
    tables = ("people.patients", "people.identifiers", "people.details", "people.addresses", "schedule.holds")
    before = [await harness.pool.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608
    assert before[0]
    for record in topic:
        await harness.registrar.take([record])
    await harness.registrar.take(topic)
    assert [await harness.pool.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables] == before  # noqa: S608


async def test_an_event_that_comes_late_changes_no_identity(harness: Harness) -> None:
    """Within a batch as well the newest record of a patient counts, not the last."""
    await harness.registry_says(
        patient("p1", MONDAY + timedelta(minutes=1), nhs_number=N2), patient("p1", MONDAY, nhs_number=N1)
    )
    await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1))
    assert await owner(harness, "p1") != await owner(harness, "q1", OTHER_SOURCE)


async def test_who_was_merged_must_be_looked_up_again(harness: Harness) -> None:
    """Locking a patient who is one no longer says so, and an event for them reaches whom they are now."""
    await harness.clinic_says(appointment("1"), appointment("2", patient="q1", source=OTHER_SOURCE))
    absorbed = await owner(harness, "p1")
    await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1), patient("p1", nhs_number=N1))
    survivor = await owner(harness, "p1")
    assert survivor != absorbed
    async with harness.pool.acquire() as connection, connection.transaction():
        with pytest.raises(Merged):
            await identity.lock(connection, [absorbed])
    await harness.clinic_says(appointment("1", status="cancelled", at=MONDAY + timedelta(minutes=3)))
    facts = await harness.pool.fetch("SELECT patient_id FROM prompts.facts")
    assert {row["patient_id"] for row in facts} == {survivor}
    live = [row for row in await harness.messages() if row["state"] == "scheduled"]
    assert {row["patient_id"] for row in live} == {survivor}
    assert all("appointment/2" in row["key"] for row in live)


async def test_an_unreadable_patient_is_held_until_readable(harness: Harness) -> None:
    """A patient event that cannot be read may say that somebody died: nothing is sent to them until one can."""
    await harness.clinic_says(appointment())
    broken = patient(at=MONDAY + timedelta(minutes=4)) | {"data": "Ada 07700 900001"}
    [refused] = await harness.registry_says(broken)
    assert "Ada" not in refused.detail
    assert await harness.deliver_at(MONDAY + timedelta(days=14, hours=8)) == []
    assert ("agenda", "scheduled", "thing_held") in await harness.standing()
    await harness.registry_says(patient(at=MONDAY + timedelta(minutes=3), contacts=SMS))
    assert await harness.deliver() == []
    await harness.registry_says(patient(at=MONDAY + timedelta(days=2), contacts=SMS))
    assert len(await harness.deliver()) == 1


async def test_a_hold_goes_with_a_merge(harness: Harness) -> None:
    """Whoever is held stays held under the name of whom they turn out to be."""
    await harness.clinic_says(appointment("1"))
    await harness.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1))
    await harness.registry_says(patient("p1") | {"data": 17})
    await harness.registry_says(patient("q1", MONDAY + timedelta(minutes=3), OTHER_SOURCE, nhs_number=N2))
    await harness.pool.execute("UPDATE schedule.holds SET event_at = $1", MONDAY + timedelta(days=9))
    await harness.registry_says(patient("p1", MONDAY + timedelta(minutes=4), nhs_number=N2, contacts=SMS))
    assert await owner(harness, "p1") == await owner(harness, "q1", OTHER_SOURCE)
    assert await harness.deliver_at(MONDAY + timedelta(days=14, hours=8)) == []


async def test_an_unreadable_record_stops_no_other_patient(harness: Harness) -> None:
    """A broken record in the middle of a batch costs itself alone."""
    names = [f"p{n}" for n in range(5)]
    events: list[dict[str, Any] | bytes | None] = [patient(name, contacts=SMS) for name in names]
    refused = await harness.registry_says(*events[:2], b"{", patient("x" * 150) | {"data": ["Ada"]}, None, *events[2:])
    assert [one.reason for one in refused] == ["not_json", "invalid_data", "unknown_key"]
    assert len([await owner(harness, name) for name in names]) == 5


FLAGS = [
    ("paused", {"paused": True}, ("agenda", "scheduled", "paused")),
    ("deceased", {"deceased": True}, ("agenda", "withheld", "deceased")),
    ("opted out", {"opt_outs": ["appointments"]}, ("agenda", "withheld", "opted_out")),
    ("opted out of all", {"opt_outs": ["all"]}, ("agenda", "withheld", "opted_out")),
    ("known to have no contact", {"contacts": []}, ("agenda", "scheduled", "no_contact")),
    ("may not receive", {"contacts": [{**SMS[0], "may_receive": False}]}, ("agenda", "scheduled", "no_contact")),
]


@pytest.mark.parametrize(("said", "standing"), [case[1:] for case in FLAGS], ids=[case[0] for case in FLAGS])
async def test_what_a_patient_s_record_says_holds_at_the_claim(
    harness: Harness, said: dict[str, Any], standing: Any
) -> None:
    """A flag that comes after the plan, and before the claim, keeps the message back with its reason."""
    await harness.clinic_says(appointment())
    await harness.registry_says(patient(**said))
    assert await harness.deliver_at(MONDAY + timedelta(days=14, hours=8)) == []
    assert standing in await harness.standing()


LEFT_OUT: list[tuple[str, dict[str, Any] | None]] = [
    ("a record that leaves them out", {"contacts": SMS}),
    ("a tombstone", None),
]


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in one batch"])
@pytest.mark.parametrize("later", [case[1] for case in LEFT_OUT], ids=[case[0] for case in LEFT_OUT])
async def test_death_and_opt_outs_outlast_what_leaves_them_out(
    harness: Harness, later: dict[str, Any] | None, together: bool
) -> None:
    """Neither a record without them nor a tombstone takes them back: only a later record that says so does."""
    said = patient(deceased=True, opt_outs=["groups"], paused=True, contacts=OTHER_SMS, first_name="Ada")
    key = f"{SOURCE}/patient/p1".encode()
    minute = timedelta(minutes=1)
    records = [
        harness.record(said, PATIENTS),
        harness.record(None, PATIENTS, key=key, timestamp=MONDAY + minute)
        if later is None
        else harness.record(patient(at=MONDAY + minute, **later), PATIENTS),
    ]
    for batch in [records] if together else [records[:1], records[1:]]:
        assert await harness.registrar.take(batch) == []
    known = await person(harness, await owner(harness, "p1"))
    assert (known.deceased, known.opted_out, known.paused, known.first_name) == (
        True,
        frozenset({"groups"}),
        False,
        None,
    )
    assert [address.value for address in known.addresses] == ([] if later is None else ["+447700900001"])
    await harness.registry_says(patient(at=MONDAY + 2 * minute, deceased=False, opt_outs=[]))
    known = await person(harness, await owner(harness, "p1"))
    assert (known.deceased, known.opted_out) == (False, frozenset())


async def test_a_tombstone_keeps_no_more_than_it_must(harness: Harness) -> None:
    """Of whom nobody said that they died or stopped anything, a tombstone leaves nothing."""
    await harness.registry_says(patient(contacts=SMS, deceased=False, opt_outs=[]))
    gone = harness.record(None, PATIENTS, key=f"{SOURCE}/patient/p1".encode(), timestamp=MONDAY + timedelta(minutes=1))
    assert await harness.registrar.take([gone]) == []
    assert [row["sealed"] for row in await harness.pool.fetch("SELECT sealed FROM people.details")] == [None]


async def test_one_source_ends_no_other_s_pause(harness: Harness) -> None:
    """A patient whom one hospital paused stays paused whatever a newer record of another says, until it says so."""
    await harness.registry_says(patient("p1", nhs_number=N1, paused=True))
    later = MONDAY + timedelta(minutes=1)
    await harness.registry_says(patient("q1", later, OTHER_SOURCE, nhs_number=N1, paused=False, contacts=SMS))
    one = await owner(harness, "p1")
    assert one == await owner(harness, "q1", OTHER_SOURCE)
    assert (await person(harness, one)).paused
    await harness.registry_says(patient("p1", later, nhs_number=N1, paused=False))
    assert not (await person(harness, one)).paused


async def test_embedded_details_only_fill_gaps(harness: Harness) -> None:
    """An old number in an appointment overwrites no corrected one, and one that leaves it out takes nothing back."""
    await harness.clinic_says(appointment("1", phone="07700 900009"))
    one = await owner(harness, "p1")
    await harness.clinic_says(appointment("2", phone=None, first_name="Ada", at=MONDAY + timedelta(minutes=1)))
    event = appointment("3", at=MONDAY + timedelta(minutes=2))
    await harness.clinic_says(event | {"data": event["data"] | {"patient": {"id": "p1"}}})
    await harness.registry_says(patient(contacts=OTHER_SMS))
    await harness.clinic_says(appointment("1", phone="07700 900009", at=MONDAY + timedelta(minutes=3)))
    known = await person(harness, one)
    assert ([a.value for a in known.addresses], known.first_name) == (["+447700900002"], "Ada")


async def test_absent_embedded_contacts_take_nothing_back(harness: Harness) -> None:
    """A number that one appointment brought stays known when the next one names the patient alone."""
    await harness.clinic_says(appointment("1"))
    event = appointment("2", at=MONDAY + timedelta(minutes=2))
    await harness.clinic_says(event | {"data": event["data"] | {"patient": {"id": "p1", "language": "en"}}})
    known = await person(harness, await owner(harness, "p1"))
    assert [a.value for a in known.addresses] == ["+447700900001"]


async def test_a_patient_is_found_by_any_name(harness: Harness) -> None:
    """By local id, NHS number, phone number, e-mail address and our own id; an old number finds nobody."""
    contacts = [*SMS, {"channel": "email", "value": "ada@example.org"}]
    await harness.registry_says(patient(nhs_number=N1, contacts=[*OTHER_SMS]))
    await harness.registry_says(patient(at=MONDAY + timedelta(minutes=3), nhs_number=N1, contacts=contacts))
    one = await owner(harness, "p1")
    async with harness.pool.acquire() as connection:
        for text in ("p1", "943 476 5919", "07700 900001", "+44 7700 900001", "ada@example.org", str(one)):
            assert await identity.search(connection, harness.encryption, text) == [one], text
        assert await identity.search(connection, harness.encryption, "07700 900002") == []
