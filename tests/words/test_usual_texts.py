"""Texts with usual values: how long they are, what each may not say, and the wordings that ship as drafts alone."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from services.cli.words.shipped_drafts import ShippedDraft, shipped_drafts
from shared.clinic.places import Place, Places
from shared.words.book import Book, Rendered
from shared.words.lint import Rule, Severity, lint
from shared.words.rules.trial import WAYS
from shared.words.sample_readers import READERS, SOURCE, on_the_day
from shared.words.samples import ORDINARY, keys, values
from shared.words.wording import Language, Part, Recipient, Slot, Wording
from tests.words.test_defaults import BOOK, DOMAINS, FORMS, WORDINGS

USUAL_PLACES = Places.of(
    Place(source=SOURCE, clinic=clinic, name=name, phone=phone, sender="Riverside Hospital", staffed=True)
    for clinic, name, phone in (
        ("elm", "Riverside Health Centre", "0191 498 0001"),
        ("ash", "Hill Street Clinic", "0191 498 0002"),
    )
)
LOOK = replace(ORDINARY, start=ORDINARY.start.replace(month=9, day=30, hour=12, minute=45))
"""A Wednesday in September: as long a day as there is."""

CALLS = ("telephone", "video")


def texts(name: str, book: Book = BOOK) -> Iterator[tuple[dict[str, Any], Rendered]]:
    """Every English text of a message with usual values, to a patient and to a carer, before the day and on it."""
    for (_, data), (can_answer, can_write), recipient in product(
        values(FORMS["prompts", name], (LOOK,)), WAYS, (Recipient.PATIENT, Recipient.CARER)
    ):
        reader = replace(
            READERS["a short name"], language="en", recipient=recipient, can_answer=can_answer, can_write=can_write
        )
        for one in (reader, on_the_day(reader, data)):
            yield data, book.render("prompts", name, "sms", data, one, USUAL_PLACES, keys(data))


@pytest.mark.parametrize("name", ["short_notice", "booked", "agenda", "reminder", "moved"])
def test_two_segments_are_enough(name: str) -> None:
    """With usual names and places, in each branch, also on the day, when "today" stands before the date.

    What still stands beside what has moved may take a third.
    """
    assert max(text.segments for data, text in texts(name) if not data.get("others")) <= 2


@pytest.mark.parametrize(
    "name", ["cancelled", "not_for_now", "session.cancelled", "session.moved", "moved", "reinstated", "booked"]
)
def test_nobody_is_told_not_to_come_to_a_call(name: str) -> None:
    """A call has no place to stay away from; only what was in person before may have."""
    for data, text in texts(name):
        if data["mode"] in CALLS and data.get("old_mode", "telephone") in CALLS and not data.get("gone"):
            assert "come in" not in text.text, text.text
            assert "not come" not in text.text, text.text


@pytest.mark.parametrize("name", ["cancelled", "not_for_now", "session.cancelled"])
def test_what_still_stands_is_named_beside_what_does_not(name: str) -> None:
    """Where something else stands that day, it is said, and the place of what does not; else neither."""
    for data, text in texts(name):
        stands = "What still stands" in text.text
        assert stands == bool(data["others"]), text.text
        if stands and data["mode"] == "in-person" and data.get("what", "one") == "one":
            assert "at Riverside Health Centre" in text.text
            assert "Please do not come to this one." in text.text
            assert "12.45pm, at Hill Street Clinic" in text.text


@pytest.mark.parametrize("name", ["moved", "session.moved"])
def test_what_still_stands_is_named_beside_what_has_moved(name: str) -> None:
    """Where another visit stands on the old day, it is named, and so is the place of the old one."""
    for data, text in texts(name):
        in_person = data.get("old_mode", "in-person") == data["mode"] == "in-person" and data.get("gone", True)
        if not in_person or data.get("several") or data.get("back") or data["old"] == data["start"]:
            continue
        assert ("What still stands that day: 12.45pm, at Hill Street Clinic" in text.text) == bool(data["others"])
        off = "Please do not come on Wednesday 23 September at 12.45pm to Riverside Health Centre. "
        assert (off in text.text) == data["names_old_place"], text.text


@pytest.mark.parametrize(
    "name",
    [
        *("agenda", "short_notice", "reminder", "booked", "moved", "reinstated", "answer.coming"),
        *("session.reminder", "session.encourage", "session.moved"),
    ],
)
def test_a_video_visit_tells_how_to_join(name: str) -> None:
    """By the link of the event, by e-mail, or by a call; and nothing else has a link."""
    for data, text in texts(name):
        how = data["join"]
        assert (f"To join: {LOOK.link} " in text.text) == (how == "link") == ("https" in text.text)
        assert ("The link comes by e-mail from Riverside Hospital." in text.text) == (how == "email")
        assert ("To get the link, call 0191 498 0001." in text.text) == (how == "call")


DRAFTS = [pytest.param(draft, id=draft.name) for draft in shipped_drafts()]


def test_hallsworths_wordings_ship_as_drafts() -> None:
    """Both ship, each with its source and for whom it is not; and neither is among what is sent by default."""
    assert {draft.name for draft in shipped_drafts()} == {"hallsworth-cost", "hallsworth-general"}
    for draft in shipped_drafts():
        assert "PMC4569397" in draft.text
        assert "Not for mental health" in draft.text
    assert not any("costs the NHS" in wording.body for wording in WORDINGS)


@pytest.mark.parametrize("draft", DRAFTS)
def test_drafts_that_ship_could_be_published(draft: ShippedDraft) -> None:
    """The lint finds nothing to mend in them; with usual values two segments are enough."""
    for wording in draft.wordings():
        found = lint(wording, FORMS[wording.slot.planner, wording.slot.name], DOMAINS)
        assert [one for one in found if one.severity is Severity.ERROR] == []
    slots = {wording.slot for wording in draft.wordings()}
    book = Book([*(one for one in WORDINGS if one.slot not in slots), *draft.wordings()])
    for data, text in texts("reminder", book):
        assert text.segments <= 2
        assert not (data["wish"] != "none" and "costs" in text.text), "whoever asked for a change is not reproached"


def test_the_lint_warns_of_a_text_that_does_not_begin_with_its_sender() -> None:
    """An operator's own wording that still signs at its end is published all the same, but its author is told."""
    slot = Slot(planner="prompts", name="booked", part=Part.SMS, language=Language.ENGLISH)
    named = Wording(slot=slot, body="{{ place.sender }}: your visit is booked. Call {{ place.phone }}.")
    signed = Wording(slot=slot, body="Your visit is booked. Call {{ place.phone }}. {{ place.sender }}")
    assert lint(named, FORMS["prompts", "booked"], DOMAINS) == []
    [finding] = lint(signed, FORMS["prompts", "booked"], DOMAINS)
    assert (finding.rule, finding.severity) == (Rule.NO_SENDER, Severity.WARNING)
