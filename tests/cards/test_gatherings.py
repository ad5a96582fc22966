"""Whose list a reunion is on, what is kept of it, and when its organiser gets the list."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from pydantic import ValidationError

from services.cards.app import TOPICS
from services.cards.forms import FORMS
from services.cards.gatherings import ListedReunion
from services.cards.rules import plan, says
from shared.calendar.sending_window import instant, spread
from shared.clinic.courses import COURSES, KINDS
from shared.rules.facts import Fact
from shared.rules.plan import Facts, Message, SentHistory
from shared.words.forms import misfits
from tests.cards.fixtures import LONDON, PLACES, POLICY, SOURCE, london

ORGANISER = "S.Stone@nhs.example.org"
THING = f"{SOURCE}/reunion/autumn"
SEED = "an organiser"


def reunion(start: str = "2026-12-08 14:00", **data: Any) -> dict[str, Any]:
    """A reunion as its event has it."""
    at = london(start).isoformat()
    usual = {"start": at, "rsvp_by": at, "capacity": 40, "courses": ["C1"], "clinic": "MSK"}
    return {**usual, "organiser_email": ORGANISER, **data}


def gathering(start: str = "2026-12-08 14:00", **data: Any) -> ListedReunion:
    """The same as an organiser's list has it."""
    return ListedReunion.model_validate(reunion(start, **data))


def wanted(*gatherings: ListedReunion) -> list[Message]:
    """What they want, each of its own name."""
    now = datetime(2026, 11, 1, tzinfo=UTC)
    facts = [
        Fact(
            thing=THING if number == 0 else f"{THING} {number}",
            patient_id=None,  # type: ignore[arg-type]
            reference=b"",
            source=SOURCE,
            kind="reunion",
            version="1",
            seen=(),
            first_at=now,
            since_at=now,
            digest="",
            holders_before=0,
            data=one.bare(""),
        )
        for number, one in enumerate(gatherings)
    ]
    return list(plan(Facts(patient=SEED, things=tuple(facts), places=PLACES), SentHistory(), POLICY).messages)


def test_a_list_is_its_organisers_of_that_day() -> None:
    """The address in small letters and the day are the name, apart from a clinician's; it takes no answers."""
    owner = gathering().patient
    assert owner is not None
    assert owner.id == "organiser s.stone@nhs.example.org 2026-12-08"
    told = [(c.channel, c.value, c.may_answer) for c in owner.contacts or ()]
    assert told == [("email", "s.stone@nhs.example.org", False)]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"organiser_email": None}, id="no address"),
        pytest.param({"organiser_email": "S. Stone"}, id="no address, but a name"),
        pytest.param({"organiser_email": f"{'a' * 60}@{'b.' * 60}org"}, id="an address longer than a name may be"),
        pytest.param({"status": "cancelled"}, id="cancelled"),
        pytest.param({"status": "entered-in-error"}, id="never was"),
    ],
)
def test_a_reunion_is_on_nobodys_list(data: dict[str, Any]) -> None:
    """Without an address, or where it does not take place, it is gone from whoever had it."""
    assert gathering(**data).patient is None


def test_no_address_is_kept() -> None:
    """What is kept says when and where, and the domain; it is read back as it was."""
    one = gathering(zone="Europe/London", kind="taster")
    kept = one.bare("00").model_dump_json(exclude_none=True)
    assert not [word for word in ("stone", "Stone", "@", "C1", "40") if word in kept]
    assert ListedReunion.model_validate_json(kept) == one.bare("00")
    assert ListedReunion.model_validate_json(kept).organiser_domain == "nhs.example.org"
    assert "stone" not in repr(one).lower()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"capacity": 0}, id="no places"),
        pytest.param({"courses": []}, id="nobody is invited"),
        pytest.param({"start": "in autumn"}, id="no start"),
        pytest.param({"organiser_domain": "nhs.example.org", "capacity": 0}, id="a field of ours in it"),
    ],
)
def test_what_is_no_reunion_is_refused(data: dict[str, Any]) -> None:
    """An event that `reunions` refuses must not count as readable here."""
    with pytest.raises(ValidationError):
        ListedReunion.model_validate({**reunion(), **data})


def test_the_topic_is_read_as_a_whole() -> None:
    """Courses and enrolments are taken, whatever they hold, and are on nobody's list."""
    ours = TOPICS[COURSES]
    assert {name: kind.name for name, kind in ours.items()} == {name: kind.name for name, kind in KINDS.items()}
    for name in ("cocreate.course.v1", "cocreate.enrolment.v1"):
        passed = ours[name].data.model_validate({"patient": {"id": "p1", "first_name": "Siân"}, "sessions": []})
        assert passed.patient is None
        assert passed.bare("").model_dump_json() == "{}"
        assert says(passed) == ""


@pytest.mark.parametrize(
    ("start", "eve"),
    [
        pytest.param("2026-12-08 14:00", "2026-12-07", id="the day before"),
        pytest.param("2026-12-07 10:30", "2026-12-04", id="on Friday for Monday"),
        pytest.param("2026-12-05 10:30", "2026-12-04", id="on Friday for Saturday"),
        pytest.param("2026-12-29 10:30", "2026-12-24", id="before Christmas"),
    ],
)
def test_when_it_is_sent(start: str, eve: str) -> None:
    """In the afternoon of the working day before; of use until it begins."""
    (one,) = wanted(gathering(start))
    clock = spread(SEED, POLICY.spread_from, POLICY.spread_until)
    assert one.send_at == instant(datetime.fromisoformat(eve).date(), clock, LONDON)
    assert time(14) <= clock < time(16)
    assert one.expires_at == london(start)


def test_a_list_holds_no_name() -> None:
    """It names the reunion; who comes is read at the claim. It asks for nothing, and in doubt is not sent twice."""
    (one,) = wanted(gathering())
    assert one.data == {
        "what": "reunion",
        "start": {"at": "2026-12-08T14:00:00+00:00", "zone": "Europe/London"},
        "place": {"place": f"{SOURCE}#MSK"},
        "people": {"thing": THING},
    }
    assert misfits(FORMS[1], one.data) == ()
    assert one.says == {THING: {"list": "2026-12-08"}}
    assert (one.category, one.on_unknown, one.calendar, one.answers_until) == ("cards", "park", (), None)


def test_each_reunion_has_a_list_and_no_other_domain_gets_one() -> None:
    """Two of one day are two e-mails; patients' names go only where the organisation has said so."""
    assert len(wanted(gathering(), gathering("2026-12-08 17:00"))) == 2
    assert wanted(gathering(organiser_email="s.stone@example.org")) == []
    assert wanted(gathering(organiser_email="s@xnhs.example.org")) == []


def test_a_change_is_another_state_of_the_same_list() -> None:
    """On the same day its key stays: what waits is brought up to date, and what was sent is not sent again."""
    (one,), (other,) = wanted(gathering()), wanted(gathering("2026-12-08 17:00", clinic="HILL"))
    (moved,) = wanted(gathering("2026-12-09 14:00"))
    assert one.id("cards") == other.id("cards") != moved.id("cards")
    assert one.digest() != other.digest()
    assert len({says(gathering()), says(gathering("2026-12-08 17:00")), says(gathering(clinic="HILL"))}) == 3
