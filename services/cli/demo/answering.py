"""The demo's patients who answer: they confirm, ask, decline, write lists, opt out, and report on their goals.

A patient's text follows a text of ours (see `Turn`); this module also sets when the clinic reacts to it.
"""

from datetime import timedelta
from typing import Any

from services.cli.demo.patients import DemoPatients
from services.cli.demo.personas import FIRST_DAY, Persona, Story, goal_event

OWN_WORDS = ""

# A text about an appointment on the tenth day comes on the third (the agenda prompt) and on the eighth (the reminder).
BOOKED, PROMPTED, REMINDED = 10, 3, 8


def tell(troupe: DemoPatients) -> None:
    """Add the stories of all patients who answer."""
    for story in (_attends, _writes, _stops, _follows_up, _struggles, _was_missed):
        story(troupe)


def _known(
    troupe: DemoPatients, about: str, day: int = BOOKED, clinic: str = "C1", **extra: Any
) -> tuple[Persona, Story]:
    """Add a patient with an appointment that was booked long ago."""
    person = troupe.someone(about)
    story = troupe.story(person, day, clinic)
    # A start time of its own: an answer beside a time on a clinician's list is then one patient's.
    story.start = troupe.at(day, 9, 5) + timedelta(minutes=20 * len(troupe.shown))
    story.says(troupe.at(0, 7, 58), created=troupe.at(-20, 10).isoformat(), **extra)
    return person, story


def _attends(troupe: DemoPatients) -> None:
    """Add patients who confirm, get a new time, wait for one, withdraw the request for one, and decline."""
    comes, _ = _known(troupe, "says that they come")
    troupe.answers(comes, "1", "1 please", day=REMINDED, after=6)  # in the evening
    moves, story = _known(troupe, "asks for a new time, and gets one", clinic="C2")
    troupe.answers(moves, "2", "2", day=PROMPTED)
    story.says(troupe.at(PROMPTED + 1, 15), start=story.start + timedelta(days=1))
    waits, _ = _known(troupe, "asks for a new time, and waits", day=16, clinic="C2")
    troupe.answers(waits, "2", "2", day=9)
    undoes, _ = _known(troupe, "asks for a new time, then comes after all", clinic="C3")
    troupe.answers(undoes, "2", "2", day=PROMPTED)
    troupe.answers(undoes, "1", "1", day=PROMPTED, after=3)
    declines, story = _known(troupe, "does not need it, and the clinic cancels", clinic="C3")
    troupe.answers(declines, "3", "3", day=REMINDED)
    story.says(troupe.at(REMINDED + 1, 15), "cancelled", cancelled_by="patient")


def _writes(troupe: DemoPatients) -> None:
    """Add patients who send a list, ask in own words, and report something urgent."""
    lists, _ = _known(troupe, "sends a list")
    troupe.answers(lists, OWN_WORDS, "1. my knee at night\n2. the new tablets\n3. can i drive?", day=PROMPTED, after=2)
    asks, _ = _known(troupe, "writes what no rule may answer")
    troupe.answers(asks, OWN_WORDS, "can i come thursday instead, my daughter works mondays", day=PROMPTED)
    danger, _ = _known(troupe, "writes of something urgent")
    troupe.answers(danger, OWN_WORDS, "been having chest pain since last night", day=PROMPTED)


def _stops(troupe: DemoPatients) -> None:
    """Add a patient who opts out of everything, and one who opts out of goals and still gets reminders."""
    stops, _ = _known(troupe, "texts STOP")
    troupe.answers(stops, "2", "STOP", day=PROMPTED)
    fewer, _ = _known(troupe, "wants no more about goals", day=11)
    _goal(troupe, fewer, "none", set_on=-12)
    troupe.answers(fewer, "9", "9", day=2)


def _follows_up(troupe: DemoPatients) -> None:
    """Add patients with goals: done, partly done, and recorded as achieved by the clinic before any question."""
    did = troupe.someone("did what they set out to do")
    _goal(troupe, did, "did", set_on=-10, confidence=8)
    troupe.answers(did, "A", "A")
    troupe.answers(did, "SURE", "SURE 8")
    some = troupe.someone("did some of it, and says what would help")
    _goal(troupe, some, "some", set_on=-12, confidence=7)
    troupe.answers(some, "B", "B")
    troupe.answers(some, OWN_WORDS, "somebody to walk with would help")
    achieved = troupe.someone("goal achieved before anybody asked")
    _goal(troupe, achieved, "achieved", set_on=-8)
    troupe.other_posts.append(goal_event(achieved, "achieved", troupe.at(3, 9), status="achieved", set_on=_day(-8)))


def _struggles(troupe: DemoPatients) -> None:
    """Add patients who ask to talk, answer "not yet" twice, and never answer: staff call each."""
    talks = troupe.someone("not yet, and wants to talk")
    _goal(troupe, talks, "talks", set_on=-12, confidence=8)
    troupe.answers(talks, "C", "C")
    troupe.answers(talks, "TALK", "TALK")
    twice = troupe.someone("not yet, twice")
    _goal(troupe, twice, "first", set_on=-13)
    _goal(troupe, twice, "second", set_on=-6)
    troupe.answers(twice, "C", "C")
    troupe.answers(twice, "C", "c", day=7)
    silent = troupe.someone("never answers about the goal")
    _goal(troupe, silent, "silent", set_on=-13)
    troupe.shows(silent)


def _was_missed(troupe: DemoPatients) -> None:
    """Add missed appointments: one gets a new time, one is no longer needed, and a child was not brought."""
    for about, token, again in (("was missed, and comes another day", "2", True), ("was missed", "3", False)):
        person, story = _known(troupe, about, day=3, clinic="C2")
        story.says(story.start + timedelta(hours=1), "noshow")
        troupe.answers(person, token, token, day=4)
        if again:
            troupe.story(person, 16, "C2").says(troupe.at(7, 10))
    _, story = _known(troupe, "a child who was not brought", day=3, clinic="C2", brought_by_others=True)
    story.says(story.start + timedelta(hours=1), "noshow")


def _goal(troupe: DemoPatients, person: Persona, name: str, set_on: int, **data: Any) -> None:
    """Publish a goal set on that day of the fortnight; its question comes 14 days later unless `data` differs."""
    troupe.other_posts.append(goal_event(person, name, troupe.at(0, 7, 59), set_on=_day(set_on), **data))


def _day(day: int) -> str:
    return (FIRST_DAY + timedelta(days=day)).isoformat()
