"""An NHS number that somebody claims, mistypes or takes back: it unites nobody who is not the same, and parts again."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.people import merging
from shared.patients import identity
from shared.patients.sources import Grant, Source
from shared.schedule import tasks
from shared.schedule.tasks import Outcome
from tests.harness import MONDAY, OTHER_SOURCE, SOURCE, Harness, appointment, patient, register

N1, N2 = "9434765919", "9434765870"
TRACED, UNTRACED = "number-present-and-verified", "number-present-but-not-traced"
UNA = {"first_name": "Una", "birth_date": "1950-03-01"}
VIC = {"first_name": "Vic", "birth_date": "1971-11-30"}
UNAS, VICS = "+447700900001", "+447700900002"
DUE = MONDAY + timedelta(days=14, hours=8)
MINUTE = timedelta(minutes=1)


def sms(number: str) -> list[dict[str, str]]:
    return [{"channel": "sms", "value": number}]


def una(at: Any = MONDAY, status: str = UNTRACED, number: str | None = N1, **said: Any) -> dict[str, Any]:
    """Riverside's record of Una."""
    told = {**UNA, "contacts": sms(UNAS), **({"nhs_number": number, "nhs_number_status": status} if number else {})}
    return patient("p1", at, **told | said)


def vic(at: Any = MONDAY, status: str = UNTRACED, number: str | None = N1, **said: Any) -> dict[str, Any]:
    """A record of Vic, with Una's number, which somebody mistyped."""
    told = {**VIC, "contacts": sms(VICS), **({"nhs_number": number, "nhs_number_status": status} if number else {})}
    return patient(**{"id": "v1", "at": at, "source": OTHER_SOURCE} | told | said)


async def owner(harness: Harness, local_id: str, source: str = SOURCE) -> UUID:
    """The patient whom a source's own id means now."""
    async with harness.pool.acquire() as connection:
        found = await identity.find(connection, [identity.reference(harness.encryption, source, local_id)])
    return next(iter(found.values()))


async def are_one(harness: Harness, other: str = "v1", source: str = OTHER_SOURCE) -> bool:
    """Whether Una is the same patient as somebody else's."""
    return await owner(harness, "p1") == await owner(harness, other, source)


async def addresses(harness: Harness) -> list[tuple[str, str]]:
    """Whose name each text of the first days had, and where it went."""
    letters = [one for day in range(20) for one in await harness.deliver_at(MONDAY + timedelta(days=day, hours=8))]
    return sorted({(name, one.address) for one in letters for name in ("Una", "Vic") if name in one.text})


@pytest.mark.parametrize("source", [SOURCE, OTHER_SOURCE], ids=["one clinic", "two clinics"])
@pytest.mark.parametrize("status", [TRACED, UNTRACED])
@pytest.mark.parametrize("order", [1, -1], ids=["una first", "vic first"])
async def test_a_mistyped_number_sends_nobody_s_texts_elsewhere(
    partners: Harness, source: str, status: str, order: int
) -> None:
    """Vic bears Una's number by mistake: no text goes to the other's phone, neither before nor after it is mended."""
    for event in [una(), vic(source=source, status=status)][::order]:
        await partners.registry_says(event)
    await partners.clinic_says(
        appointment("1", first_name="Una", phone=None),
        appointment("2", patient="v1", source=source, first_name="Vic", phone=None),
    )
    assert not await are_one(partners, source=source)
    assert await partners.deliver_at(DUE) == []
    await partners.registry_says(vic(DUE, number=N2, source=source))
    for row in await partners.tasks(kind="whose_number"):
        async with partners.pool.acquire() as connection:
            await tasks.close(connection, row["id"], Outcome.NOT_NEEDED, "rees", DUE)
    await partners.turn(DUE)
    assert not await are_one(partners, source=source)
    sent = [(letter.address, "Una" in letter.text, "Vic" in letter.text) for letter in await partners.deliver()]
    assert sorted(sent) == [(UNAS, True, False), (VICS, False, True)]


async def test_both_clinics_have_a_task_with_a_true_reason(partners: Harness) -> None:
    """Where one number is said of two people, nothing goes to either, and each clinic is asked, of its own things."""
    await partners.registry_says(una())
    await partners.clinic_says(
        appointment("1", first_name="Una"), appointment("2", patient="v1", source=OTHER_SOURCE, phone=VICS)
    )
    await partners.registry_says(vic(MONDAY + MINUTE))
    asked = await partners.tasks(kind="whose_number")
    assert sorted((tuple(row["things"]), row["why"], row["patient_id"]) for row in asked) == [
        ((f"{OTHER_SOURCE}/appointment/2",), "records_disagree", await owner(partners, "v1", OTHER_SOURCE)),
        ((f"{SOURCE}/appointment/1",), "records_disagree", await owner(partners, "p1")),
    ]
    assert await partners.deliver_at(DUE) == []
    assert {row["why"] for row in await partners.messages(state="scheduled") if row["due_at"] > DUE} >= {
        "records_disagree"
    }


async def test_the_same_claim_every_night_asks_once(partners: Harness) -> None:
    """A feed that sends the wrong number again each night asks nobody again, nor holds what was let go."""
    await partners.registry_says(una(), vic())
    await partners.clinic_says(appointment("1", first_name="Una"))
    [first, second] = await partners.tasks(kind="whose_number")
    async with partners.pool.acquire() as connection:
        for row in (first, second):
            await tasks.close(connection, row["id"], Outcome.NOT_NEEDED, "rees", MONDAY)
    await partners.registry_says(vic(MONDAY + MINUTE), una(MONDAY + 2 * MINUTE))
    assert len(await partners.tasks(kind="whose_number", state="open")) == 0
    assert [letter.address for letter in await partners.deliver_at(DUE)] == [UNAS]


async def test_a_stranger_s_claim_holds_nobody(strangers: Harness) -> None:
    """A clinic that may not unite by number silences nobody by claiming one, whatever name it says."""
    await strangers.registry_says(una())
    await strangers.clinic_says(appointment("1", first_name="Una"))
    await strangers.registry_says(vic(MONDAY + MINUTE, TRACED))
    assert await strangers.tasks(kind="whose_number") == []
    assert [letter.address for letter in await strangers.deliver_at(DUE)] == [UNAS]


UNITES = [
    # label, what Riverside says, what Hillside says, whether they are one
    ("both traced", {"status": TRACED, "first_name": None}, {"status": TRACED, "first_name": None}, True),
    ("name and birth date", {}, UNA, True),
    ("another spelling", {}, {**UNA, "first_name": "UNA J."}, True),
    ("one traced, nothing else", {"status": TRACED}, {"first_name": None, "birth_date": None}, False),
    ("name alone", {}, {**UNA, "birth_date": None}, False),
    ("birth date alone", {}, {**UNA, "first_name": None}, False),
    ("neither name nor birth date", {}, {"first_name": None, "birth_date": None}, False),
    ("dead and alive", {"deceased": False}, {**UNA, "deceased": True}, False),
]


@pytest.mark.parametrize(("here", "there", "expected"), [case[1:] for case in UNITES], ids=[case[0] for case in UNITES])
async def test_what_unites(partners: Harness, here: dict[str, Any], there: dict[str, Any], expected: bool) -> None:
    """A number unites two clinics' records where both were traced, or name and birth date agree."""
    await partners.registry_says(una(**here), vic(**there))
    assert await are_one(partners) is expected


@pytest.mark.parametrize("granted", [(), (SOURCE,), (OTHER_SOURCE,)], ids=["neither", "the one", "the other"])
async def test_uniting_needs_both(partners: Harness, granted: tuple[str, ...]) -> None:
    """Sources of two organisations are united only where an operator lets both."""
    async with partners.pool.acquire() as connection:
        for one in (SOURCE, OTHER_SOURCE):
            grants = frozenset({Grant.UNITE} if one in granted else ())
            await register(connection, Source(source=one, organisation=one, grants=grants))
    await partners.registry_says(una(status=TRACED), vic(status=TRACED, **UNA))
    assert not await are_one(partners)


async def test_a_number_that_is_taken_back_unites_no_more(partners: Harness) -> None:
    """A record without the number parts from the others that it had been united with; each keeps its own things."""
    await partners.registry_says(una(status=TRACED), vic(status=TRACED, **UNA))
    await partners.clinic_says(appointment("1"), appointment("2", patient="v1", source=OTHER_SOURCE))
    assert await are_one(partners)
    await partners.registry_says(vic(MONDAY + MINUTE, number=None, **UNA))
    await partners.wake()
    assert not await are_one(partners)
    rows = {tuple(row["things"]): row["patient_id"] for row in await partners.messages(state="scheduled")}
    assert rows == {
        (f"{SOURCE}/appointment/1",): await owner(partners, "p1"),
        (f"{OTHER_SOURCE}/appointment/2",): await owner(partners, "v1", OTHER_SOURCE),
    }


async def test_a_number_that_cannot_be_read_parts_nobody(partners: Harness) -> None:
    """One whose check digit is wrong says neither that there is none, nor which it is."""
    await partners.registry_says(una(status=TRACED), vic(status=TRACED, **UNA))
    await partners.registry_says(vic(MONDAY + MINUTE, number="9434765918", **UNA))
    assert await are_one(partners)


async def test_who_turn_out_to_be_two_are_parted(partners: Harness) -> None:
    """A united record that comes to say another name and birth date is somebody else's: parted, and both held."""
    await partners.registry_says(una(status=TRACED), vic(status=TRACED, **UNA))
    await partners.clinic_says(appointment("1", first_name="Una"))
    await partners.registry_says(vic(MONDAY + MINUTE, status=TRACED))
    await partners.wake()
    assert not await are_one(partners)
    assert {row["why"] for row in await partners.tasks(kind="whose_number")} == {"records_disagree"}
    assert await partners.deliver_at(DUE) == []


async def test_a_number_in_an_appointment_unites_nobody(partners: Harness) -> None:
    """What comes along with an appointment is a claim, and never more."""
    for name, source in (("p1", SOURCE), ("v1", OTHER_SOURCE)):
        event = appointment(name, patient=name, source=source)
        event["data"]["patient"] |= {**UNA, "nhs_number": N1, "nhs_number_status": TRACED}
        await partners.clinic_says(event)
    assert not await are_one(partners)


async def test_what_an_operator_parted_stays_parted(partners: Harness) -> None:
    """Whatever the records say afterwards, a number that a person found not to unite them unites them no more."""
    await partners.registry_says(una(status=TRACED), vic(status=TRACED, **UNA))
    await partners.clinic_says(appointment("1"), appointment("2", patient="v1", source=OTHER_SOURCE))
    assert await are_one(partners)
    reference = identity.reference(partners.encryption, OTHER_SOURCE, "v1")
    async with partners.pool.acquire() as connection, connection.transaction():
        who = ("rees", "father and daughter")
        alone = await merging.part(connection, reference, who, MONDAY, partners.encryption)
        assert await merging.part(connection, reference, who, MONDAY, partners.encryption) is None
    assert alone == await owner(partners, "v1", OTHER_SOURCE)
    await partners.registry_says(vic(MONDAY + MINUTE, status=TRACED, **UNA), una(MONDAY + MINUTE, status=TRACED))
    await partners.wake()
    assert not await are_one(partners)
    assert {(row["things"][0], row["patient_id"]) for row in await partners.messages(state="scheduled")} == {
        (f"{SOURCE}/appointment/1", await owner(partners, "p1")),
        (f"{OTHER_SOURCE}/appointment/2", alone),
    }
