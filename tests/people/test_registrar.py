"""Who is who: an NHS number unites, its correction parts, and neither loses, doubles or leaks a message."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.delivery.providers.outcomes import OptedOut
from services.people.merging import Claim, Step, step
from shared.clinic.nhs_number import nhs_number
from shared.clinic.patient import PATIENTS
from shared.patients import details, identity
from shared.patients.identity import Merged, Name
from shared.patients.person import Person
from tests.world import MONDAY, OTHER_SOURCE, SOURCE, World, appointment, patient

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
    assert step(Claim(P, bearer, other_numbers=numbers, other_records=records)) is expected


async def owner(world: World, local_id: str, source: str = SOURCE) -> UUID:
    async with world.pool.acquire() as connection:
        found = await identity.find(connection, [identity.reference(world.vault, source, local_id)])
    return next(iter(found.values()))


async def person(world: World, patient_id: UUID) -> Person:
    async with world.pool.acquire() as connection:
        return (await details.load(connection, world.vault, [patient_id], "GB"))[patient_id]


async def test_two_who_meet_a_new_patient_at_once_agree(world: World) -> None:
    """Eight connections that resolve the same new patients under three names at once all mean the same patients."""
    names = [Name(SOURCE, "p1", N1), Name(OTHER_SOURCE, "q1", N1), Name(SOURCE, "p2"), Name(SOURCE, "p3", N2)]

    async def resolved(order: list[Name]) -> dict[bytes, UUID]:
        async with world.pool.acquire() as connection, connection.transaction():
            return await identity.resolve(connection, world.vault, order)

    orders = [names, names[::-1], names[1:], names[:2], names[:1], names[1:2], names[2:], names]
    for_each = await asyncio.gather(*(resolved(order) for order in orders))
    together: dict[bytes, set[UUID]] = {}
    for one in for_each:
        for key, meant in one.items():
            together.setdefault(key, set()).add(meant)
    assert all(len(meant) == 1 for meant in together.values())
    assert await owner(world, "p1") == await owner(world, "q1", OTHER_SOURCE)
    assert len({await owner(world, "p1"), await owner(world, "p2"), await owner(world, "p3")}) == 3


@pytest.mark.parametrize("first", ["p1", "q1"])
async def test_a_number_unites_in_either_order(world: World, first: str) -> None:
    """Two sources that come to give one NHS number have one patient: details, opt-outs and what was told are shared."""
    await world.registry_says(patient("p1", contacts=SMS), patient("q1", source=OTHER_SOURCE, opt_outs=["groups"]))
    await world.clinic_says(appointment(), appointment("2", patient="q1", source=OTHER_SOURCE, phone=None))
    later = MONDAY + timedelta(minutes=3)
    told = {"p1": patient("p1", later, contacts=SMS, nhs_number=N1)}
    told["q1"] = patient("q1", later, OTHER_SOURCE, nhs_number=N1, opt_outs=["groups"])
    for name in sorted(told, key=lambda name: name != first):
        await world.registry_says(told[name])
    one = await owner(world, "p1")
    assert one == await owner(world, "q1", OTHER_SOURCE)
    known = await person(world, one)
    assert [address.value for address in known.addresses] == ["+447700900001"]
    assert known.opted_out == {"groups"}
    letters = []
    for day in range(22):
        letters += await world.deliver_at(MONDAY + timedelta(days=day, hours=8))
    rows = await world.messages()
    assert {row["patient_id"] for row in rows} == {one}
    assert sorted(row["kind"] for row in rows if row["state"] == "sent") == ["agenda", "reminder"]
    assert len({letter.message_id for letter in letters}) == len(letters) == 2


async def test_a_merge_doubles_nothing_that_was_told(world: World) -> None:
    """What one was told before the merge counts as told to both, and the daily cap counts it."""
    await world.clinic_says(
        appointment("1"),
        appointment("2", MONDAY + timedelta(days=22), patient="q1", source=OTHER_SOURCE, phone="07700 900002"),
    )
    first = []
    for day in range(15):
        first += await world.deliver_at(MONDAY + timedelta(days=day, hours=8))
    both = MONDAY + timedelta(days=14, hours=8)
    await world.registry_says(patient("p1", both, nhs_number=N1), patient("q1", both, OTHER_SOURCE, nhs_number=N1))
    again = await world.deliver()
    assert not {letter.message_id for letter in first} & {letter.message_id for letter in again}
    assert {row["patient_id"] for row in await world.messages()} == {await owner(world, "p1")}


async def test_a_merge_after_a_thing_changed_hands_keeps_it(world: World) -> None:
    """An appointment that went from one local id to another of one person is not cancelled when they unite."""
    await world.clinic_says(appointment(patient="p1"))
    await world.clinic_says(appointment(patient="p2", at=MONDAY + timedelta(minutes=1)))
    later = MONDAY + timedelta(minutes=3)
    await world.registry_says(patient("p1", later, contacts=SMS, nhs_number=N1))
    await world.registry_says(patient("p2", later, contacts=SMS, nhs_number=N1))
    letters = []
    for day in range(22):
        letters += await world.deliver_at(MONDAY + timedelta(days=day, hours=8))
    assert [row["kind"] for row in await world.messages() if row["state"] == "sent"] == ["agenda", "reminder"]


async def test_a_stop_outlives_a_merge(world: World) -> None:
    """Whoever stopped at one number stays stopped under the other name."""
    world.texts.answers = [OptedOut("21610")]
    await world.clinic_says(appointment("1"))
    for day in range(15):
        await world.deliver_at(MONDAY + timedelta(days=day, hours=8))
    now = MONDAY + timedelta(days=15)
    await world.registry_says(patient("p1", now, nhs_number=N1), patient("q1", now, OTHER_SOURCE, nhs_number=N1))
    await world.clinic_says(appointment("9", MONDAY + timedelta(days=40), patient="q1", source=OTHER_SOURCE, at=now))
    sent = len(world.texts.letters)
    for day in range(15, 41):
        await world.deliver_at(MONDAY + timedelta(days=day, hours=8))
    assert len(world.texts.letters) == sent == 1


async def test_a_corrected_number_moves_one_record_only(world: World) -> None:
    """Where others know the patient by the old number, only the record that was wrong goes to whom it means."""
    await world.registry_says(
        patient("p1", nhs_number=N1, contacts=SMS),
        patient("q1", source=OTHER_SOURCE, nhs_number=N1, contacts=OTHER_SMS),
    )
    assert await owner(world, "p1") == await owner(world, "q1", OTHER_SOURCE)
    await world.clinic_says(appointment("1"), appointment("2", patient="q1", source=OTHER_SOURCE))
    await world.registry_says(patient("p1", MONDAY + timedelta(minutes=1), nhs_number=N2, contacts=SMS))
    mine, theirs = await owner(world, "p1"), await owner(world, "q1", OTHER_SOURCE)
    assert mine != theirs
    assert [a.value for a in (await person(world, mine)).addresses] == ["+447700900001"]
    assert [a.value for a in (await person(world, theirs)).addresses] == ["+447700900002"]
    letters = []
    for day in range(22):
        letters += await world.deliver_at(MONDAY + timedelta(days=day, hours=8))
    rows = {row["id"]: row["patient_id"] for row in await world.messages()}
    assert {(rows[letter.message_id], letter.address) for letter in letters} == {
        (mine, "+447700900001"),
        (theirs, "+447700900002"),
    }


async def test_a_number_taken_back_unites_nobody_later(world: World) -> None:
    """A typing mistake that was corrected does not unite its patient with whom the number really belongs to."""
    await world.registry_says(patient("p1", nhs_number=N1, contacts=SMS))
    await world.registry_says(patient("p1", MONDAY + timedelta(minutes=1), nhs_number=N2, contacts=SMS))
    await world.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1, contacts=OTHER_SMS))
    assert await owner(world, "p1") != await owner(world, "q1", OTHER_SOURCE)


async def test_a_replay_brings_no_old_mistake_back(world: World) -> None:
    """Reading the topic again from the beginning changes nobody's identity, whatever was corrected since."""
    said = [
        patient("q1", source=OTHER_SOURCE, nhs_number=N1, contacts=OTHER_SMS),
        patient("p1", nhs_number=N1, contacts=SMS),
        patient("p1", MONDAY + timedelta(minutes=1), nhs_number=N2, contacts=SMS),
    ]
    topic = [world.record(event, PATIENTS) for event in said]
    for record in topic:
        await world.registrar.take([record])
    tables = ("people.patients", "people.identifiers", "people.details", "people.addresses", "schedule.holds")
    before = [await world.pool.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables]  # noqa: S608
    assert before[0]
    for record in topic:
        await world.registrar.take([record])
    await world.registrar.take(topic)
    assert [await world.pool.fetch(f"SELECT * FROM {table} ORDER BY 1") for table in tables] == before  # noqa: S608


async def test_an_event_that_comes_late_changes_no_identity(world: World) -> None:
    """Within a batch as well the newest record of a patient counts, not the last."""
    await world.registry_says(
        patient("p1", MONDAY + timedelta(minutes=1), nhs_number=N2), patient("p1", MONDAY, nhs_number=N1)
    )
    await world.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1))
    assert await owner(world, "p1") != await owner(world, "q1", OTHER_SOURCE)


async def test_who_was_merged_must_be_looked_up_again(world: World) -> None:
    """Locking a patient who is one no longer says so, and an event for them reaches whom they are now."""
    await world.clinic_says(appointment("1"), appointment("2", patient="q1", source=OTHER_SOURCE))
    absorbed = await owner(world, "p1")
    await world.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1), patient("p1", nhs_number=N1))
    survivor = await owner(world, "p1")
    assert survivor != absorbed
    async with world.pool.acquire() as connection, connection.transaction():
        with pytest.raises(Merged):
            await identity.lock(connection, [absorbed])
    await world.clinic_says(appointment("1", status="cancelled", at=MONDAY + timedelta(minutes=3)))
    facts = await world.pool.fetch("SELECT patient_id FROM prompts.facts")
    assert {row["patient_id"] for row in facts} == {survivor}
    live = [row for row in await world.messages() if row["state"] == "scheduled"]
    assert {row["patient_id"] for row in live} == {survivor}
    assert all("appointment/2" in row["key"] for row in live)


async def test_an_unreadable_patient_is_held_until_readable(world: World) -> None:
    """A patient event that cannot be read may say that somebody died: nothing is sent to them until one can."""
    await world.clinic_says(appointment())
    broken = patient(at=MONDAY + timedelta(minutes=4), contacts="Ada 07700 900001")
    [refused] = await world.registry_says(broken)
    assert "Ada" not in refused.detail
    assert await world.deliver_at(MONDAY + timedelta(days=14, hours=8)) == []
    assert ("agenda", "scheduled", "thing_held") in await world.standing()
    await world.registry_says(patient(at=MONDAY + timedelta(minutes=3), contacts=SMS))
    assert await world.deliver() == []
    await world.registry_says(patient(at=MONDAY + timedelta(days=2), contacts=SMS))
    assert len(await world.deliver()) == 1


async def test_a_hold_goes_with_a_merge(world: World) -> None:
    """Whoever is held stays held under the name of whom they turn out to be."""
    await world.clinic_says(appointment("1"))
    await world.registry_says(patient("q1", source=OTHER_SOURCE, nhs_number=N1))
    await world.registry_says(patient("p1", contacts=17))
    await world.registry_says(patient("q1", MONDAY + timedelta(minutes=3), OTHER_SOURCE, nhs_number=N2))
    await world.pool.execute("UPDATE schedule.holds SET event_at = $1", MONDAY + timedelta(days=9))
    await world.registry_says(patient("p1", MONDAY + timedelta(minutes=4), nhs_number=N2, contacts=SMS))
    assert await owner(world, "p1") == await owner(world, "q1", OTHER_SOURCE)
    assert await world.deliver_at(MONDAY + timedelta(days=14, hours=8)) == []


async def test_an_unreadable_record_stops_no_other_patient(world: World) -> None:
    """A broken record in the middle of a batch costs itself alone."""
    names = [f"p{n}" for n in range(5)]
    events: list[dict[str, Any] | bytes | None] = [patient(name, contacts=SMS) for name in names]
    refused = await world.registry_says(*events[:2], b"{", patient("x" * 150, deceased="Ada"), None, *events[2:])
    assert [one.reason for one in refused] == ["not_json", "invalid_data", "unknown_key"]
    assert len([await owner(world, name) for name in names]) == 5


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
    world: World, said: dict[str, Any], standing: Any
) -> None:
    """A flag that comes after the plan, and before the claim, keeps the message back with its reason."""
    await world.clinic_says(appointment())
    await world.registry_says(patient(**said))
    assert await world.deliver_at(MONDAY + timedelta(days=14, hours=8)) == []
    assert standing in await world.standing()


LEFT_OUT: list[tuple[str, dict[str, Any] | None]] = [
    ("a record that leaves them out", {"contacts": SMS}),
    ("a tombstone", None),
]


@pytest.mark.parametrize("together", [False, True], ids=["one by one", "in one batch"])
@pytest.mark.parametrize("later", [case[1] for case in LEFT_OUT], ids=[case[0] for case in LEFT_OUT])
async def test_death_and_opt_outs_outlast_what_leaves_them_out(
    world: World, later: dict[str, Any] | None, together: bool
) -> None:
    """Neither a record without them nor a tombstone takes them back: only a later record that says so does."""
    said = patient(deceased=True, opt_outs=["groups"], paused=True, contacts=OTHER_SMS, first_name="Ada")
    key = f"{SOURCE}/patient/p1".encode()
    minute = timedelta(minutes=1)
    records = [
        world.record(said, PATIENTS),
        world.record(None, PATIENTS, key=key, timestamp=MONDAY + minute)
        if later is None
        else world.record(patient(at=MONDAY + minute, **later), PATIENTS),
    ]
    for batch in [records] if together else [records[:1], records[1:]]:
        assert await world.registrar.take(batch) == []
    known = await person(world, await owner(world, "p1"))
    assert (known.deceased, known.opted_out, known.paused, known.first_name) == (
        True,
        frozenset({"groups"}),
        False,
        None,
    )
    assert [address.value for address in known.addresses] == ([] if later is None else ["+447700900001"])
    await world.registry_says(patient(at=MONDAY + 2 * minute, deceased=False, opt_outs=[]))
    known = await person(world, await owner(world, "p1"))
    assert (known.deceased, known.opted_out) == (False, frozenset())


async def test_a_tombstone_keeps_no_more_than_it_must(world: World) -> None:
    """Of whom nobody said that they died or stopped anything, a tombstone leaves nothing."""
    await world.registry_says(patient(contacts=SMS, deceased=False, opt_outs=[]))
    gone = world.record(None, PATIENTS, key=f"{SOURCE}/patient/p1".encode(), timestamp=MONDAY + timedelta(minutes=1))
    assert await world.registrar.take([gone]) == []
    assert [row["sealed"] for row in await world.pool.fetch("SELECT sealed FROM people.details")] == [None]


async def test_one_source_ends_no_other_s_pause(world: World) -> None:
    """A patient whom one hospital paused stays paused whatever a newer record of another says, until it says so."""
    await world.registry_says(patient("p1", nhs_number=N1, paused=True))
    later = MONDAY + timedelta(minutes=1)
    await world.registry_says(patient("q1", later, OTHER_SOURCE, nhs_number=N1, paused=False, contacts=SMS))
    one = await owner(world, "p1")
    assert one == await owner(world, "q1", OTHER_SOURCE)
    assert (await person(world, one)).paused
    await world.registry_says(patient("p1", later, nhs_number=N1, paused=False))
    assert not (await person(world, one)).paused


async def test_embedded_details_only_fill_gaps(world: World) -> None:
    """An old number in an appointment overwrites no corrected one, and one that leaves it out takes nothing back."""
    await world.clinic_says(appointment("1", phone="07700 900009"))
    one = await owner(world, "p1")
    await world.clinic_says(appointment("2", phone=None, first_name="Ada", at=MONDAY + timedelta(minutes=1)))
    event = appointment("3", at=MONDAY + timedelta(minutes=2))
    await world.clinic_says(event | {"data": event["data"] | {"patient": {"id": "p1"}}})
    await world.registry_says(patient(contacts=OTHER_SMS))
    await world.clinic_says(appointment("1", phone="07700 900009", at=MONDAY + timedelta(minutes=3)))
    known = await person(world, one)
    assert ([a.value for a in known.addresses], known.first_name) == (["+447700900002"], "Ada")


async def test_absent_embedded_contacts_take_nothing_back(world: World) -> None:
    """A number that one appointment brought stays known when the next one names the patient alone."""
    await world.clinic_says(appointment("1"))
    event = appointment("2", at=MONDAY + timedelta(minutes=2))
    await world.clinic_says(event | {"data": event["data"] | {"patient": {"id": "p1", "language": "en"}}})
    known = await person(world, await owner(world, "p1"))
    assert [a.value for a in known.addresses] == ["+447700900001"]


async def test_a_patient_is_found_by_any_name(world: World) -> None:
    """By local id, NHS number, phone number, e-mail address and our own id; an old number finds nobody."""
    contacts = [*SMS, {"channel": "email", "value": "ada@example.org"}]
    await world.registry_says(patient(nhs_number=N1, contacts=[*OTHER_SMS]))
    await world.registry_says(patient(at=MONDAY + timedelta(minutes=3), nhs_number=N1, contacts=contacts))
    one = await owner(world, "p1")
    async with world.pool.acquire() as connection:
        for text in ("p1", "943 476 5919", "07700 900001", "+44 7700 900001", "ada@example.org", str(one)):
            assert await identity.search(connection, world.vault, text) == [one], text
        assert await identity.search(connection, world.vault, "07700 900002") == []
