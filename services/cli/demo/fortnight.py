"""The demo's fortnight: invented patients of an invented hospital, its clinics' events, and the patients' answers.

Every run has the same events and answers.
"""

from datetime import timedelta
from typing import Any

from services.cli.demo import answering, meeting
from services.cli.demo.patients import DemoPatients
from services.cli.demo.personas import GLANMOR, UNMAPPED, Post, patient_event
from shared.clinic.appointment import APPOINTMENTS


class Fortnight(DemoPatients):
    """About a hundred invented appointments, a course, a reunion and goals."""

    def __init__(self, seed: int = 7) -> None:
        super().__init__(seed)
        for tell in (
            self._regular,
            self._known_for_long,
            self._moved,
            self._cancelled,
            self._late,
            self._hard_to_reach,
            self._two_a_day,
            self._without_meeting,
            self._in_wales,
            self._read_otherwise,
            self._troubles,
        ):
            tell()
        answering.tell(self)
        meeting.tell(self)
        self._cancelled_and_rebooked()
        self._in_a_series()
        self._snowed_in()

    def _regular(self) -> None:
        """Add appointments booked in time, with prompt and reminder; most patients attend, some do not."""
        for number in range(24):
            story = self.story(self.someone(mail=number % 6 == 0), day=8 + number % 4)
            story.says(self.at(0, 7, number), created=self.at(-20, 10).isoformat())
            outcome = "noshow" if number % 8 == 0 else "fulfilled"
            story.says(story.start + timedelta(hours=1), outcome)

    def _known_for_long(self) -> None:
        """Add appointments booked before go-live: earlier messages are withheld, later ones are sent."""
        for number in range(8):
            story = self.story(self.someone(), day=2 + number % 4)
            story.says(self.at(0, 7, 30 + number), created=self.at(-40, 10).isoformat())
            story.says(story.start + timedelta(hours=1), "fulfilled")

    def _moved(self) -> None:
        """Add moved appointments: later, earlier, on the same day, before and after a message, and back again."""
        plans = (
            (10, 3, 11, 0), (10, 4, 9, 0), (9, 4, 9, 2), (8, 0, 10, 0), (11, 7, 11, -2), (11, 8, 9, 1),
        )  # fmt: skip
        for day, changed, new_day, hours in plans:
            story = self.story(self.someone("moved"), day)
            story.says(self.at(0, 7, 40), created=self.at(-9, 9).isoformat())
            start = story.start + timedelta(days=new_day - day, hours=hours)
            story.says(self.at(changed, 12), start=start)
        story = self.story(self.someone("moved there and back"), 10)
        first = story.start
        story.says(self.at(0, 7, 41)).says(self.at(4, 9), start=first + timedelta(days=1)).says(
            self.at(7, 9), start=first
        )

    def _cancelled(self) -> None:
        """Add cancelled appointments: before and after a message, by the patient, the evening before, and restored."""
        quiet = self.story(self.someone("cancelled before hearing of it"), 11)
        quiet.says(self.at(0, 7, 45)).says(self.at(1, 10), "cancelled")
        for day, changed, hour, by in ((9, 4, 15, "clinic"), (10, 7, 11, "patient"), (9, 8, 19, "clinic")):
            story = self.story(self.someone("cancelled"), day)
            story.says(self.at(0, 7, 46)).says(self.at(changed, hour), "cancelled", cancelled_by=by)
        for day, gone, back in ((10, 4, 7), (11, 1, 2)):
            story = self.story(self.someone("cancelled, and on again"), day)
            story.says(self.at(0, 7, 47)).says(self.at(gone, 10), "cancelled").says(self.at(back, 10), "booked")

    def _cancelled_and_rebooked(self) -> None:
        """Add a clinic whose system cancels and books again under other names, makes doubles, and mends mistakes."""
        for day, new_day, about in ((9, 11, "cancelled and rebooked"), (10, 10, "booked anew for the same hour")):
            person = self.someone(about)
            old, new = self.story(person, day, "C1"), self.story(person, new_day, "C1")
            new.start = old.start + timedelta(days=new_day - day)
            old.says(self.at(0, 7, 43), created=self.at(-9, 9).isoformat()).says(self.at(4, 11), "cancelled")
            new.says(self.at(4, 11, 1))
            self.shows(person)
        double = self.someone("booked twice, and one removed")
        first, second = self.story(double, 9, "C1"), self.story(double, 9, "C1")
        second.start = first.start
        first.says(self.at(0, 7, 43), created=self.at(-9, 9).isoformat())
        second.says(self.at(0, 7, 44), created=self.at(-9, 9).isoformat()).says(self.at(8, 9), "entered-in-error")
        mistake = self.story(self.someone("cancelled by mistake for four minutes"), 10, "C1")
        mistake.says(self.at(0, 7, 44), created=self.at(-9, 9).isoformat())
        mistake.says(self.at(7, 11), "cancelled").says(self.at(7, 11, 4), "booked")

    def _in_a_series(self) -> None:
        """Add somebody who comes every day of a week: asked once, and reminded of all visits in one message."""
        person = self.someone("comes every day")
        hour = self.story(person, 7, "C2").start
        visits = [self.stories[-1], *(self.story(person, day, "C2") for day in range(8, 12))]
        for number, visit in enumerate(visits):
            visit.start = hour + timedelta(days=number)
            visit.says(self.at(0, 7, 48), created=self.at(-9, 9).isoformat())
        self.shows(person)

    def _snowed_in(self) -> None:
        """Add a day on which snow shuts a site: at half past six all of its visits of that day are cancelled."""
        for number in range(3):
            story = self.story(self.someone("snow shuts the site"), 11, "C3")
            story.says(self.at(0, 7, 49), created=self.at(-9, 9).isoformat())
            story.says(self.at(11, 6, 30 + number), "cancelled", cancelled_by="clinic")

    def _late(self) -> None:
        """Add appointments booked late: with time for both messages, for one, in the evening, and for none."""
        for day, booked, hour in ((8, 3, 10), (4, 2, 11), (5, 4, 15), (3, 2, 17), (9, 8, 20), (11, 9, 9)):
            story = self.story(self.someone("booked late"), day)
            story.says(self.at(booked, hour, 5))
        soon = self.story(self.someone("booked an hour before"), 3)
        soon.says(soon.start - timedelta(hours=1))

    def _hard_to_reach(self) -> None:
        """Add patients without a phone, with a landline, e-mail only, opted out, and with an unreachable phone."""
        nobody = self.someone("no phone", phone=False)
        landline = self.someone("landline", phone=False, mail=True)
        landline.contacts.insert(0, {"channel": "sms", "value": "020 7946 0999"})
        for person in (
            nobody,
            landline,
            self.someone("e-mail only", phone=False, mail=True),
            self.someone("opted out"),
            self.someone("phone switched off for good", mail=True),
        ):
            story = self.story(person, 9)
            story.says(self.at(0, 7, 50), created=self.at(-9, 9).isoformat())

    def _two_a_day(self) -> None:
        """Add patients with two appointments on one day, which make one message."""
        for day in (9, 10):
            person = self.someone("two on one day")
            for clinic in ("C1", "C2"):
                self.story(person, day, clinic).says(self.at(0, 7, 52), created=self.at(-9, 9).isoformat())

    def _without_meeting(self) -> None:
        """Add appointments by telephone, at some time within two hours, and by video."""
        for mode, minutes in (("telephone", 120), ("telephone", 120), ("video", 30)):
            story = self.story(self.someone(f"by {mode}"), 9)
            story.says(self.at(0, 7, 54), mode=mode, minutes=minutes, created=self.at(-9, 9).isoformat())

    def _in_wales(self) -> None:
        """Add patients of a site with both languages: without a known preference, and with each preference."""
        preferences: tuple[tuple[str, dict[str, Any]], ...] = (
            ("language not known", {}),
            ("prefers Welsh", {"language": "cy"}),
            ("prefers English", {"language": "en"}),
            ("prefers both", {"language": "both"}),
        )
        names = (("Angharad", "Gethin", "Harriet", "Llŷr"), ("Meinir", "Eurwen", "Oliver", "Tegwen"))
        for by_mail, those in zip((False, True), names, strict=True):
            for name, (about, details) in zip(those, preferences, strict=True):
                reached = {"phone": not by_mail, "mail": by_mail}
                person = self.someone(f"in Wales, {about}", name=name, source=GLANMOR, **reached, **details)
                story = self.story(person, 9, "W1")
                story.says(self.at(0, 7, 55), created=self.at(-9, 9).isoformat())
        moved = self.someone("in Wales, moved", phone=False, mail=True, name="Brynmor", source=GLANMOR)
        story = self.story(moved, 9, "W1").says(self.at(0, 7, 55), created=self.at(-9, 9).isoformat())
        story.says(self.at(4, 11), start=story.start + timedelta(days=1))

    def _read_otherwise(self) -> None:
        """Add a patient with a carer, one who needs braille so that staff get a task, and names in other scripts."""
        cared_for = self.someone("a carer reads", name="Edith")
        cared_for.contacts[0]["role"] = "carer"
        braille = self.someone("reads braille: staff have a task", name="Ivor", formats=["braille"])
        others = (self.someone("a name in another script", name=name) for name in ("Олена", "秀英"))
        for person in (cared_for, braille, *others):
            self.story(person, 10).says(self.at(0, 7, 55), created=self.at(-9, 9).isoformat())

    def _troubles(self) -> None:
        """Add a clinic without an approved name, a death, unreadable events, and a duplicate event."""
        unmapped = self.story(self.someone("clinic without an approved name"), 9, UNMAPPED)
        unmapped.says(self.at(0, 7, 56), created=self.at(-9, 9).isoformat())
        late = self.someone("has died")
        self.story(late, 10).says(self.at(0, 7, 57), created=self.at(-9, 9).isoformat())
        self.other_posts.append(patient_event(late, self.at(2, 9), deceased=True))
        held = self.story(self.someone("an event of theirs cannot be read"), 10, "C3")  # no list waits for it
        held.says(self.at(0, 7, 58), created=self.at(-9, 9).isoformat())
        broken = {**(held.posts[0].event or {}), "id": "broken", "time": self.at(2, 9).isoformat()}
        broken["data"] = {"status": "cancelled", "start": "next Tuesday"}
        self.other_posts.append(Post(self.at(2, 9), APPOINTMENTS, held.posts[0].key, broken))
        self.other_posts.append(Post(self.at(2, 9, 1), APPOINTMENTS, "junk", None, b"{ this is not JSON"))
        again = self.stories[0].posts[0]
        self.other_posts.append(Post(self.at(3, 9), again.topic, again.key, again.event))
