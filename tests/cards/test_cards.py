"""Which cards a clinic's appointments want, for whom, and when."""

from datetime import timedelta
from itertools import permutations
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cards.forms import FORMS
from shared.words.forms import misfits
from tests.cards.fixtures import DR_ADA, DR_BO, POLICY, SOURCE, Clinic, london

OTHER_SOURCE = "https://hillside.example.org"
MSK, HILL = f"{SOURCE}#MSK", f"{SOURCE}#HILL"


def clinic() -> Clinic:
    return Clinic()


@pytest.mark.parametrize(
    ("events", "lists"),
    [
        pytest.param(clinic().says(), [(f"{MSK}/2026-12-08", ["1001"])], id="one appointment"),
        pytest.param(
            clinic().says("2", "2026-12-08 10:00").says("1"),
            [(f"{MSK}/2026-12-08", ["1", "2"])],
            id="a day is one card, in order of time",
        ),
        pytest.param(
            clinic().says("1").says("2", "2026-12-09 09:00"),
            [(f"{MSK}/2026-12-08", ["1"]), (f"{MSK}/2026-12-09", ["2"])],
            id="each day has its own",
        ),
        pytest.param(
            clinic().says("1").says("2", clinic="MSK-2"),
            [(f"{MSK}/2026-12-08", ["1", "2"])],
            id="two rooms of one site",
        ),
        pytest.param(
            clinic().says("1").says("2", "2026-12-08 14:00", clinic="HILL"),
            [(f"{HILL}/2026-12-08", ["2"]), (f"{MSK}/2026-12-08", ["1"])],
            id="two sites of one clinician are two cards",
        ),
        pytest.param(
            clinic().says("1").says("2", clinician_email=DR_BO),
            [(f"{MSK}/2026-12-08", ["1"]), (f"{MSK}/2026-12-08", ["2"])],
            id="two clinicians",
        ),
        pytest.param(
            clinic().says("1").says("2", source=OTHER_SOURCE),
            [(f"{OTHER_SOURCE}#MSK/2026-12-08", ["2"]), (f"{MSK}/2026-12-08", ["1"])],
            id="one clinician of two sources is two people",
        ),
        pytest.param(
            clinic().says("1").says("2", clinician_email=DR_ADA.upper()),
            [(f"{MSK}/2026-12-08", ["1", "2"])],
            id="however a feed spells the address",
        ),
        pytest.param(clinic().says(status="checked-in"), [(f"{MSK}/2026-12-08", ["1001"])], id="checked in from home"),
        pytest.param(clinic().says().says(status="cancelled"), [], id="cancelled"),
        pytest.param(clinic().says().says(status="fulfilled"), [], id="over"),
        pytest.param(clinic().says().says(attends=False), [], id="for information only"),
        pytest.param(clinic().says().deletes(), [], id="gone"),
        pytest.param(clinic().says().says(clinician_email=None), [], id="the address was taken away"),
        pytest.param(
            clinic().says("1").says("2").says("2", clinician_email=DR_BO).says("1", clinician_email=DR_BO),
            [(f"{MSK}/2026-12-08", ["1", "2"])],
            id="given to a colleague",
        ),
        pytest.param(
            clinic().says().says(start="2026-12-10 09:00"), [(f"{MSK}/2026-12-10", ["1001"])], id="moved to another day"
        ),
        pytest.param(clinic().says(clinician_email="ada@example.org"), [], id="a domain that is not allowed"),
        pytest.param(clinic().says(clinician_email="a@xnhs.example.org"), [], id="one that only ends alike"),
        pytest.param(clinic().says(clinician_email="a@nhs.example.org.evil.test"), [], id="one that begins alike"),
        pytest.param(Clinic(POLICY.model_copy(update={"domains": ()})).says(), [], id="no domain is allowed"),
    ],
)
def test_who_gets_which_list(events: Clinic, lists: list[tuple[str, list[str]]]) -> None:
    """One card for each clinician, day and site, with the appointments that are theirs now and nobody else's."""
    assert sorted(events.lists()) == sorted(lists)


@pytest.mark.parametrize(
    ("start", "due", "until"),
    [
        pytest.param("2026-12-08 10:30", "2026-12-07 CLOCK", "2026-12-08 09:00", id="the day before"),
        pytest.param("2026-12-07 10:30", "2026-12-04 CLOCK", "2026-12-07 09:00", id="on Friday for Monday"),
        pytest.param("2026-12-05 10:30", "2026-12-04 CLOCK", "2026-12-05 09:00", id="for a clinic on Saturday"),
        pytest.param("2026-12-29 10:30", "2026-12-24 CLOCK", "2026-12-29 09:00", id="before Christmas"),
        pytest.param("2026-12-08 08:30", "2026-12-07 CLOCK", "2026-12-08 08:30", id="never once the clinic has begun"),
        pytest.param("2026-12-08 00:10", "2026-12-07 CLOCK", "2026-12-08 00:10", id="by night"),
    ],
)
def test_when_it_is_sent(start: str, due: str, until: str) -> None:
    """In the afternoon of the working day before; of no use from nine, or from the first appointment on."""
    events = clinic().says("2", "2026-12-08 17:00" if start.startswith("2026-12-08") else start).says("1", start)
    card = events.cards()[0]
    assert events.clock(card) == due
    assert card.expires_at == london(until)


def test_it_goes_by_the_clock_of_its_clinic() -> None:
    """Where the clinic is, or where the event says that it is."""
    azores = clinic().says(clinic="AZORES", start="2026-12-08 15:00").cards()[0]
    hour = azores.send_at.astimezone(ZoneInfo("Atlantic/Azores")).hour
    assert 14 <= hour < 16
    assert azores.data["start"]["zone"] == "Atlantic/Azores"
    assert clinic().says(zone="Europe/Dublin").cards()[0].data["start"]["zone"] == "Europe/Dublin"


def test_a_card_holds_no_word_of_a_patient() -> None:
    """It names times and things; it is for nobody's calendar, asks for nothing, and in doubt is not sent twice."""
    events = clinic().says(patient={"id": "p1", "first_name": "Siân"}, clinician="Dr Grey", end="2026-12-08T09:30:00Z")
    card = events.cards()[0]
    start = {"at": "2026-12-08T09:00:00+00:00", "zone": "Europe/London"}
    assert card.data == {
        "start": start,
        "place": {"place": MSK},
        "count": "1",
        "visits": [
            {
                "start": start,
                "end": {"at": "2026-12-08T09:30:00+00:00", "zone": "Europe/London"},
                "mode": "in-person",
                "said": {"thing": f"{SOURCE}/appointment/1001"},
            }
        ],
    }
    assert card.says == {f"{SOURCE}/appointment/1001": {"card": "2026-12-08"}}
    assert (card.places, card.category, card.on_unknown) == ((MSK,), "cards", "park")
    assert card.calendar == ()
    assert card.answers_until is None


def test_a_change_is_another_state_of_the_same_card() -> None:
    """What waits is brought up to date, and what was sent is not sent again: the key stays, whatever else changes."""
    before = clinic().says("1").says("2", "2026-12-08 10:00")
    after = clinic().says("1", "2026-12-08 11:00").says("3", "2026-12-08 08:00")
    (one,), (other,) = before.cards(), after.cards()
    assert one.id("cards") == other.id("cards")
    assert one.digest() != other.digest()


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["1", "2", "3"]),
        st.sampled_from(["2026-12-07 09:00", "2026-12-08 08:10", "2026-12-08 09:00", "2026-12-09 00:05"]),
        st.sampled_from([DR_ADA, DR_BO, "ada@example.org", None]),
        st.sampled_from(["booked", "cancelled", "checked-in", "arrived"]),
        st.sampled_from(["MSK", "MSK-2", "HILL", None]),
    ),
    max_size=12,
)


@given(EVENTS)
def test_any_history_is_listed_once(events: list[tuple[str, str, str | None, str, str | None]]) -> None:
    """Each appointment stands on one card at most, its clinician's of its day; each card fits and ends in time."""
    told = clinic()
    last = {}
    for id_, start, email, status, code in events:
        told.says(id_, start, clinician_email=email, status=status, clinic=code)
        last[id_] = (start, email, status)
    listed = [thing for _, those in told.lists() for thing in those]
    expected = [
        i for i, (_, email, status) in last.items() if email in {DR_ADA, DR_BO} and status in {"booked", "checked-in"}
    ]
    assert sorted(listed) == sorted(expected)
    cards = told.cards()
    assert len({card.id("cards") for card in cards}) == len(cards)
    for card in cards:
        starts = [london(last[thing.rpartition("/")[2]][0]) for thing in card.says]
        assert misfits(FORMS[0], card.data) == ()
        assert card.send_at < card.expires_at <= min(starts)
        assert min(starts) - card.send_at < timedelta(days=5)
        assert POLICY.window(POLICY.zone).is_open(card.send_at)


def test_the_order_of_events_changes_nothing() -> None:
    """Things in any order make the same cards."""
    ids = ["1", "2", "3"]
    made = []
    for order in permutations(ids):
        events = clinic()
        for id_ in order:
            events.says(id_)
        made.append([(card.id("cards"), card.digest()) for card in events.cards()])
    assert all(one == made[0] for one in made)
